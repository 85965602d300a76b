"""Recovery codes: ten, each good once, for one who has lost the other factors.

125 random bits each, so that a plain hash keeps them (ASVS 6.5.2 asks for 112 bits, or a slow hash); five groups of
five letters and digits, without 0, 1, 8 and 9, which are taken for others.
"""

import base64
import hashlib
import re
import secrets

COUNT = 10
GROUPS, GROUP_LENGTH = 5, 5
LENGTH = GROUPS * GROUP_LENGTH

_CODE = re.compile(r"[a-z2-7]{25}", re.ASCII)


def new() -> list[str]:
    """Ten, as they are shown: `abcde-fghij-klmno-pqrst-uvwxy`."""
    return [_shown(secrets.token_bytes(16)) for _ in range(COUNT)]


def _shown(random: bytes) -> str:
    letters = base64.b32encode(random).decode().lower()[:LENGTH]
    return "-".join(letters[at : at + GROUP_LENGTH] for at in range(0, LENGTH, GROUP_LENGTH))


def digest(typed: str) -> str | None:
    """What is stored of a code, whatever its case and hyphens; None where it can't be one."""
    letters = typed.replace("-", "").lower()
    return hashlib.sha256(letters.encode()).hexdigest() if _CODE.fullmatch(letters) else None
