"""The profile and the settings, changed by their owner: in part, or as a whole."""

from collections.abc import Collection, Mapping
from typing import Any

from accounts.models import Settings, User
from accounts.presentation import own_settings
from accounts.selectors import own_user
from accounts.services import imitating, verifying
from accounts.services.editing import edit_profile
from echomate.errors import PreconditionFailed

PROFILE = {"full_name": "", "bio": "", "location": "", "website": "", "type": "person"}
"""What a profile has that nobody has written yet."""
ACCOUNT = {**PROFILE, "locked": False, "phone_number": None}


def edit_account(user_id: int, given: Mapping[str, Any], *, versions: Collection[int] | None = None) -> User:
    """Change what is given, by the names of the API. Without `versions` the last edit wins.

    Raises `PreconditionFailed` where the present version is none of them, `Invalid` for a full name that imitates.
    """
    user = own_user(user_id)
    if versions is not None and user.version not in versions:
        raise PreconditionFailed
    changes = _by_attribute(given)
    full_name = changes.get("FullName", user.full_name)
    if full_name != user.full_name:
        imitating.refuse_full_name(full_name, by=user.id, roles=user.roles)
        user = verifying.unverify(user)
    if not changes:
        return user
    return edit_profile(user, changes, version=int(user.version) if versions else None)


def replace_account(
    user_id: int, given: Mapping[str, Any], *, versions: Collection[int] | None = None
) -> User:
    """The same for the profile and all settings: what is not given takes its default."""
    settings = own_settings(Settings()) | given.get("settings", {})  # type: ignore[no-untyped-call]  # PynamoDB's
    return edit_account(user_id, {**ACCOUNT, **given, "settings": settings}, versions=versions)


def replace_profile(
    user_id: int, given: Mapping[str, Any], *, versions: Collection[int] | None = None
) -> User:
    """The same for the profile alone: what it lets others do and what is private stays, if it isn't given."""
    return edit_account(user_id, {**PROFILE, **given}, versions=versions)


def _by_attribute(given: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    """The changes by the names of the table: `settings.show_likes` is `Settings.ShowLikes`."""
    changes: dict[str, Any] = {}
    for name, value in given.items():
        path = prefix + name.title().replace("_", "")
        changes |= _by_attribute(value, f"{path}.") if isinstance(value, dict) else {path: value}
    return changes
