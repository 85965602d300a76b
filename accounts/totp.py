"""One-time passwords by time (RFC 6238), as every authenticator app makes them: SHA-1, six digits, 30 seconds."""

import base64
import re
import secrets
import time
from hmac import compare_digest
from urllib.parse import quote, urlencode

from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.twofactor.totp import TOTP

from echomate.config import config

DIGITS = 6
STEP_SECONDS = 30
DRIFT_STEPS = 1
"""So many steps a clock may be early or late."""
SECRET_BYTES = 20
"""As RFC 4226 advises for SHA-1."""

_CODE = re.compile(r"[0-9]{6}", re.ASCII)


def new_secret() -> str:
    """In base32, as apps take it."""
    return base64.b32encode(secrets.token_bytes(SECRET_BYTES)).decode()


def uri(secret: str, *, account: str) -> str:
    """The `otpauth` URI that an app reads as a QR code."""
    issuer = config.instance_name.replace(":", " ")  # it would end the issuer
    about = {
        "secret": secret,
        "issuer": issuer,
        "algorithm": "SHA1",
        "digits": DIGITS,
        "period": STEP_SECONDS,
    }
    return f"otpauth://totp/{quote(issuer, safe='')}:{quote(account, safe='')}?{urlencode(about, quote_via=quote)}"


def is_code(typed: str) -> bool:
    return bool(_CODE.fullmatch(typed))


def code_at(secret: str, step: int) -> str:
    made = TOTP(base64.b32decode(secret), DIGITS, SHA1(), STEP_SECONDS)  # noqa: S303 - the apps' algorithm, in an HMAC
    return made.generate(step * STEP_SECONDS).decode()


def present_step() -> int:
    return int(time.time()) // STEP_SECONDS


def step_of(code: str, secret: str, *, after: int) -> int | None:
    """The step whose code it is, among those near the present that come after `after`; None where it is none's."""
    if not is_code(code):
        return None
    now = present_step()
    near = range(max(after + 1, now - DRIFT_STEPS), now + DRIFT_STEPS + 1)
    return next((step for step in near if compare_digest(code_at(secret, step), code)), None)
