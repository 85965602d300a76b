"""What a username and an e-mail address may be, and the form in which they are unique."""

import re
import unicodedata

from django.core.exceptions import ValidationError
from django.core.validators import EmailValidator

USERNAME_MIN, USERNAME_MAX = 3, 30
EMAIL_MAX = 254
EMAIL_LOCAL_MAX = 64
USERNAME_RULE = "From 3 to 30 letters a to z, digits and underscores, at least one of them a letter."

_WORDS = """
    about account accounts admin administrator anonymous api app auth billing blog bot contact docs
    echomate everyone explore feed feeds follow followers following friends health help home info
    instance login logout mail me media messages metrics moderation moderator news nobody
    notifications null official post posts privacy profile root search security settings signup
    staff static support system tags team terms timeline trending undefined user users webmaster
    well_known www
"""
RESERVED = frozenset(_WORDS.split())

_USERNAME = re.compile(r"[A-Za-z0-9_]{3,30}", re.ASCII)
_is_email = EmailValidator(allowlist=[])


def username(text: str) -> str | None:
    """A username in its one form, lower case; None where the text can't be one."""
    if not _USERNAME.fullmatch(text) or not re.search("[A-Za-z]", text):
        return None
    return text.lower()


def email(text: str) -> str | None:
    """The canonical form of an address, by which it is claimed; None where the text can't be one.

    Letters' case and Unicode form don't count, an international domain is in ASCII; `+` and dots do count.
    Mail goes to names of hosts only, not to their numbers.
    """
    local, at, domain = unicodedata.normalize("NFKC", text.strip()).rpartition("@")
    if not at or '"' in local or len(local) > EMAIL_LOCAL_MAX or domain.startswith("["):
        return None
    try:
        address = f"{local.lower()}@{domain.lower().encode('idna').decode()}"
        _is_email(address)
    except (UnicodeError, ValidationError):
        return None
    return address if len(address) <= EMAIL_MAX else None


def login(text: str) -> str:
    """What somebody typed to log in, in the form of the claim that it would be: however it is written, it is one."""
    typed = text.strip()
    return (email(typed) if "@" in typed else username(typed)) or typed.casefold()
