"""Who calls: the bearer token, and whether its session still stands."""

from collections.abc import Sequence
from typing import Any

from rest_framework.authentication import BaseAuthentication
from rest_framework.request import Request

from accounts import cookies, sessions, tokens
from accounts.origins import origin_of
from echomate import keys
from echomate.cache import Command
from echomate.config import config
from echomate.errors import Unauthenticated


class TokenViewer:
    """One who showed a good access token."""

    __slots__ = ("id", "sid")

    is_authenticated = True

    def __init__(self, user: int, sid: str) -> None:
        self.id = user
        self.sid = sid

    def opening_reads(self) -> Sequence[Command]:
        return (("GET", keys.session_state(self.sid)),)

    def admit(self, replies: Sequence[Any] | None) -> None:
        """Raises `Unauthenticated` where the session has ended. Redis away: the table is asked."""
        reply = replies[0] if replies and isinstance(replies[0], bytes) else None
        if sessions.is_good(reply):
            return
        if not sessions.stands(self.id, self.sid, found=reply):
            raise Unauthenticated(type="session-revoked")


class TokenAuthentication(BaseAuthentication):
    """`Authorization: Bearer <access>`; another scheme, or none, is an anonymous call."""

    viewer: type[TokenViewer] = TokenViewer

    def authenticate(self, request: Request) -> tuple[TokenViewer, None] | None:
        scheme, _, token = request._request.META.get("HTTP_AUTHORIZATION", "").partition(" ")
        if scheme.lower() != "bearer":
            return None
        return self.viewer(*_user_and_session(token.strip(), request)), None

    def authenticate_header(self, request: Request) -> str:
        return 'Bearer realm="api"'


def _user_and_session(token: str, request: Request) -> tuple[int, str]:
    """Of our own token; or of a login provider's, where the settings name any."""
    if config.oidc_issuers:
        from accounts.services import oidc_bearers

        if known := oidc_bearers.remembered(token):
            return known
        try:
            claims = tokens.read_access(token)
        except Unauthenticated:
            if found := oidc_bearers.recognised(token, origin=origin_of(request)):
                return found
            raise
    else:
        claims = tokens.read_access(token)
    return claims.user, claims.sid


class _Bearer(TokenViewer):
    """One whose session may have ended."""

    __slots__ = ()

    def opening_reads(self) -> Sequence[Command]:
        return ()

    def admit(self, replies: Sequence[Any] | None) -> None:
        pass


class SignatureAuthentication(TokenAuthentication):
    """The same without a look at the session: only for ending it. The cookie stands in for a token that is over."""

    viewer = _Bearer

    def authenticate(self, request: Request) -> tuple[TokenViewer, None] | None:
        try:
            return super().authenticate(request)
        except Unauthenticated:
            if cookies.NAME in request.COOKIES:
                return None
            raise
