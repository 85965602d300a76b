"""What happens to accounts: one verb each."""

from accounts.services.changing_password import change_password
from accounts.services.creating import NewAccount, create_account, create_with_password, hash_of, sign_up
from accounts.services.editing import edit_profile
from accounts.services.granting import grant_role, revoke_role
from accounts.services.logging_in import LoggedIn, begin_session
from accounts.services.password_login import log_in
from accounts.services.picturing import Chosen, set_picture
from accounts.services.profiles import edit_account, replace_account, replace_profile
from accounts.services.removing_factors import remove_factors
from accounts.services.renaming import change_username
from accounts.services.suspending import suspend, unsuspend
from accounts.stepping_up import require as require_step_up

__all__ = [
    "Chosen",
    "LoggedIn",
    "NewAccount",
    "begin_session",
    "change_password",
    "change_username",
    "create_account",
    "create_with_password",
    "edit_account",
    "edit_profile",
    "grant_role",
    "hash_of",
    "log_in",
    "remove_factors",
    "replace_account",
    "replace_profile",
    "require_step_up",
    "revoke_role",
    "set_picture",
    "sign_up",
    "suspend",
    "unsuspend",
]
