"""The JSON shapes of a user. Pure: what they are made of was read before."""

from functools import lru_cache
from typing import Any, NamedTuple

import orjson

from accounts import pictures
from accounts.models import Settings, User
from echomate.config import config
from echomate.ids import rfc3339

PARSED_AT_MOST = 1024
"""So many cards, of authors who are read all the time, the process keeps as they were parsed, by their bytes."""

SHORT = ("id", "username", "full_name", "avatar_url")
"""What a post shows of its author."""

NO_RELATION = {
    "following": False,
    "requested": False,
    "followed_by": False,
    "blocking": False,
    "muting": False,
}


class Card(NamedTuple):
    """A user as others see it: `short` is what a post shows of its author, `full` lacks counts and viewer."""

    id: int
    username: str
    version: int
    locked: bool
    show_followers: bool
    show_likes: bool
    default_visibility: str
    default_language: str
    short: bytes
    full: bytes


class UserCounts(NamedTuple):
    posts: int
    followers: int
    following: int
    likes: int


NO_COUNTS = UserCounts(0, 0, 0, 0)


def render_card(user: User) -> bytes:
    """A card as it is cached: a line `id username version visibility language flags…`, then two lines of JSON."""
    settings = user.settings
    flags = {
        "locked": user.locked,
        "show_followers": settings.show_followers,
        "show_likes": settings.show_likes,
    }
    defaults = (settings.default_visibility, settings.default_language)
    about = (str(user.id), user.username, str(user.version), *defaults)
    header = " ".join([*about, *(flag for flag, is_set in flags.items() if is_set)])
    full = public(user)
    short = {name: full[name] for name in SHORT}
    return b"\n".join([header.encode(), orjson.dumps(short), orjson.dumps(full)])


@lru_cache(maxsize=PARSED_AT_MOST)
def parse_card(value: bytes) -> Card:
    header, short, full = value.split(b"\n")
    id_, username, version, visibility, language, *flags = header.decode().split(" ")
    return Card(
        int(id_),
        username,
        int(version),
        locked="locked" in flags,
        show_followers="show_followers" in flags,
        show_likes="show_likes" in flags,
        default_visibility=visibility,
        default_language=language,
        short=short,
        full=full,
    )


def public(user: User) -> dict[str, Any]:
    """The public shape, without counts and viewer."""
    return {
        "id": str(user.id),
        "username": user.username,
        "full_name": user.full_name,
        "bio": user.bio,
        "location": user.location,
        "website": user.website,
        "avatar_url": pictures.avatar_url(user),
        "cover_url": pictures.cover_url(user),
        "url": user_url(user.username),
        "type": user.type,
        "verified": user.verified,
        "locked": user.locked,
        "created_at": rfc3339(user.id),
    }


def user_url(username: str) -> str:
    """Where a person looks at the user: the web client; without one, the API."""
    return f"{config.web_url}/users/{username}" if config.web_url else f"/api/v1/users/{username}"


def parse_counts(value: bytes) -> UserCounts:
    return UserCounts._make(map(int, value.split(b" ")))


def present_user(card: Card, counts: UserCounts, relation: dict[str, bool] | None) -> bytes:
    """The `user` shape as one viewer sees it; no relation is an anonymous viewer."""
    posts, followers, following, likes = counts
    return b'%b,"counts":{"posts":%d,"followers":%d,"following":%d,"likes":%d},"viewer":%b}' % (
        *(card.full[:-1], posts, followers, following, likes),
        orjson.dumps(relation),
    )


def present_barely(card: Card, relation: dict[str, bool]) -> bytes:
    """The `user` shape for one who may know no more than whom they themselves block: the id and the name."""
    known = orjson.loads(card.full)
    nothing = {"full_name": "", "bio": "", "location": "", "website": "", "cover_url": None}
    plain = {
        "avatar_url": pictures.default_url(card.id),
        "type": "person",
        "verified": False,
        "locked": False,
    }
    return orjson.dumps({**known, **nothing, **plain, "counts": NO_COUNTS._asdict(), "viewer": relation})


def present_me(user: User, counts: UserCounts) -> bytes:
    """The shape of one's own user."""
    return orjson.dumps(
        {
            **public(user),
            "counts": counts._asdict(),
            "viewer": NO_RELATION,
            "email": user.email,
            "email_verified": user.email_verified,
            "phone_number": user.phone_number,
            "settings": own_settings(user.settings),
            "roles": list(user.roles),
            "totp": user.totp,
            "passkeys": int(user.passkeys),
        }
    )


def own_settings(settings: Settings) -> dict[str, Any]:
    return {
        "locale": settings.locale,
        "timezone": settings.timezone,
        "default_visibility": settings.default_visibility,
        "default_language": settings.default_language,
        "show_followers": settings.show_followers,
        "show_likes": settings.show_likes,
        "discoverable": settings.discoverable,
        "mail_notices": settings.mail_notices,
    }
