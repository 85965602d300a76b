"""Tokens and sessions."""

import re
from typing import Any, cast

from django.http import HttpResponse
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from accounts import cookies, own_sessions, sessions, tokens
from accounts.authentication import SignatureAuthentication, TokenViewer
from accounts.serializers.sessions import SessionPageSerializer
from accounts.serializers.signing_in import RefreshSerializer, TokensSerializer
from accounts.tokens import TokenPair
from accounts.views.base import NEVER_STORED, OwnView
from echomate.errors import NotFound, Unauthenticated
from echomate.schema.parameters import PAGE
from echomate.views import ApiView

FOREIGN_ORIGIN = OpenApiResponse(description="The cookie came with an `Origin` that is not allowed.")
SID = re.compile("[0-9a-f]{24}")
SESSION = OpenApiParameter(
    "sid",
    {"type": "string", "pattern": f"^{SID.pattern}$", "maxLength": 24},
    OpenApiParameter.PATH,
    description="The id of a session.",
)


def token_response(pair: TokenPair, delivery: str, *, status: int = 200, **more: Any) -> Response:
    in_body = {"refresh": pair.refresh} if delivery == "body" else {}
    response = Response({**more, "access": pair.access, **in_body}, status=status, headers=NEVER_STORED)
    if not in_body:
        cookies.put(response, pair.refresh)
    return response


class RefreshView(ApiView):
    anonymous = True
    authentication_classes = ()

    @extend_schema(
        operation_id="refreshTokens",
        tags=["auth"],
        auth=[{"refreshCookie": []}, {}],  # type: ignore[list-item]  # it says str, and takes these
        request=RefreshSerializer,
        responses={
            200: TokensSerializer,
            401: OpenApiResponse(description="The refresh token is not valid, or its session has ended."),
            403: FOREIGN_ORIGIN,
        },
    )
    def post(self, request: Request) -> Response:
        """New tokens for the refresh token, which is used up. One that came as a cookie stays out of the body."""
        given = self.validated(RefreshSerializer)
        token, delivery = given.get("refresh"), given["token_delivery"]
        if not token:
            token, delivery = cookies.read(request), "cookie"
        if token is None:
            raise Unauthenticated
        return token_response(sessions.refresh(tokens.read_refresh(token)), delivery)


class LogoutView(ApiView):
    """Needs no session that stands: ending one again does no harm, and makes sure that no cache calls it good."""

    anonymous = True
    authentication_classes = (SignatureAuthentication,)

    @extend_schema(
        operation_id="logOut",
        tags=["auth"],
        request=None,
        responses={204: OpenApiResponse(), 403: FOREIGN_ORIGIN},
    )
    def post(self, request: Request) -> Response:
        """End this session: the access token's, or the cookie's."""
        viewer = cast("TokenViewer | None", self.viewer)
        if viewer is not None:
            sessions.end(viewer.id, viewer.sid)
        elif token := cookies.read(request):
            claims = tokens.read_refresh(token)
            sessions.end(claims.user, claims.sid)
        else:
            raise Unauthenticated
        return _no_session()


class LogoutAllView(OwnView):
    authentication_classes = (SignatureAuthentication,)

    @extend_schema(
        operation_id="logOutAll",
        tags=["auth"],
        auth=[{"bearer": []}],  # type: ignore[list-item]  # it says str, and takes these
        request=None,
        responses={204: OpenApiResponse()},
    )
    def post(self, request: Request) -> Response:
        """End all of one's sessions."""
        sessions.end_all(self.viewer.id, by=self.viewer.sid)
        return _no_session()


class SessionsView(OwnView):
    @extend_schema(
        operation_id="listSessions",
        tags=["auth"],
        parameters=PAGE,
        responses={200: SessionPageSerializer},
    )
    def get(self, request: Request) -> HttpResponse:
        """One's sessions, the one that was begun last first."""
        asked = self.page_request("sessions")
        return self.list_response(own_sessions.page(self.viewer.id, asked, current=self.viewer.sid), asked)


class SessionView(OwnView):
    @extend_schema(
        operation_id="endSession",
        tags=["auth"],
        parameters=[SESSION],
        request=None,
        responses={204: OpenApiResponse()},
    )
    def delete(self, request: Request, sid: str) -> Response:
        """End one of one's sessions."""
        if not SID.fullmatch(sid):
            raise NotFound
        sessions.end_one(self.viewer.id, sid)
        return _no_session() if sid == self.viewer.sid else Response(status=204, headers=NEVER_STORED)


def _no_session() -> Response:
    response = Response(status=204, headers=NEVER_STORED)
    cookies.remove(response)
    return response
