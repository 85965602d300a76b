"""What happens to accounts: one verb each."""

from accounts.services.changing_password import change_password
from accounts.services.creating import NewAccount, create_account, hash_of, sign_up
from accounts.services.editing import edit_profile
from accounts.services.logging_in import LoggedIn, begin_session
from accounts.services.password_login import log_in
from accounts.services.suspending import suspend, unsuspend

__all__ = [
    "LoggedIn",
    "NewAccount",
    "begin_session",
    "change_password",
    "create_account",
    "edit_profile",
    "hash_of",
    "log_in",
    "sign_up",
    "suspend",
    "unsuspend",
]
