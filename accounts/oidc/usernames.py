"""A username for somebody who comes from a provider, made of what the provider says of them."""

import re
import secrets
import unicodedata
from collections.abc import Iterator

from accounts import lookalikes, names
from accounts.oidc.identities import Identity

SOURCES = ("preferred_username", "nickname", "cognito:username", "username", "email", "name")
DIGITS = (2, 3, 4, 6, 8, 10)
"""How many are added, one try after the other, where a name is taken."""
LAST_RESORT = "user"
_MACHINE_MADE = re.compile(r"[0-9a-f]{8}-?([0-9a-f]{4}-?){3}[0-9a-f]{12}|.*_[0-9a-f]{16,}", re.IGNORECASE)
"""A UUID, or one provider's prefix and a number: a name for machines."""


def candidates(identity: Identity) -> Iterator[str]:
    """Names that may be had, the best first; whether they are taken, the claim will tell."""
    base = next(filter(None, (_name(identity.text(source)) for source in SOURCES)), None)
    if base is not None:
        yield base
    stem = base or LAST_RESORT
    for digits in DIGITS:
        number = f"{secrets.randbelow(10**digits):0{digits}d}"
        yield stem[: names.USERNAME_MAX - digits] + number


def _name(text: str) -> str | None:
    if not text or _MACHINE_MADE.fullmatch(text):
        return None
    plain = unicodedata.normalize("NFKD", text.partition("@")[0]).encode("ascii", "ignore").decode()
    cleaned = re.sub(r"[^a-z0-9]+", "_", plain.lower()).strip("_")[: names.USERNAME_MAX].strip("_")
    name = names.username(cleaned)
    return None if name is None or lookalikes.is_reserved(name) else name
