"""What happens to accounts: one verb each."""

from accounts.services.creating import NewAccount, create_account, hash_of, sign_up
from accounts.services.editing import edit_profile
from accounts.services.logging_in import LoggedIn, begin_session, log_in

__all__ = [
    "LoggedIn",
    "NewAccount",
    "begin_session",
    "create_account",
    "edit_profile",
    "hash_of",
    "log_in",
    "sign_up",
]
