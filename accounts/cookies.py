"""The refresh token as a cookie, which only pages of allowed origins may use; and the device's token as another.

The second opens nothing: it tells a login that the device is known.
"""

import re

from django.conf import settings
from rest_framework.request import Request
from rest_framework.response import Response

from echomate.config import config
from echomate.errors import Forbidden

NAME = "echomate_refresh"
DEVICE = "echomate_device"
PATH = "/api/v1/auth"
DEVICE_SECONDS = 365 * 24 * 3600


def read(request: Request) -> str | None:
    """The token of the cookie. Raises `Forbidden` (`csrf`) where there is one, but no allowed `Origin`."""
    token = request.COOKIES.get(NAME)
    if token and not is_allowed(request.headers.get("Origin", "")):
        raise Forbidden(type="csrf")
    return token or None


def is_allowed(origin: str) -> bool:
    """Whether pages of an origin may make credentialed calls."""
    patterns: list[str] = settings.CORS_ALLOWED_ORIGIN_REGEXES
    return origin in settings.CORS_ALLOWED_ORIGINS or any(
        re.fullmatch(pattern, origin) for pattern in patterns
    )


def put(response: Response, token: str) -> None:
    _put(response, NAME, token, seconds=config.refresh_token_seconds)


def put_device(response: Response, token: str) -> None:
    _put(response, DEVICE, token, seconds=DEVICE_SECONDS)


def _put(response: Response, name: str, token: str, *, seconds: int) -> None:
    response.set_cookie(
        name,
        token,
        max_age=seconds,
        path=PATH,
        secure=not config.is_local,
        httponly=True,
        samesite="Lax",
    )


def remove(response: Response) -> None:
    response.delete_cookie(NAME, path=PATH, samesite="Lax")
