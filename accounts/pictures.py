"""Where the avatar and the cover of a user are."""

from accounts.models import Picture, User
from echomate import objects
from echomate.config import config

HOURS = 4
"""A card is kept for an hour, and what it leads to lives two more at least."""


def avatar_url(user: User) -> str:
    """The one that was chosen, else the one that is drawn."""
    return _url(user.avatar) or default_url(user.id)


def cover_url(user: User) -> str | None:
    return _url(user.cover)


def default_url(user: int) -> str:
    """Absolute, for whoever shows it, on whatever site."""
    return f"{config.public_url}/avatars/{user}"


def _url(picture: Picture | None) -> str | None:
    if picture is None:
        return None
    hour = objects.this_hour()
    (url,) = objects.sign(picture.folder, [picture.name], hour=hour, hours=HOURS, is_public=True)
    return url
