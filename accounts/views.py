"""Signup, login, tokens and one's own user."""

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, cast

import orjson
from django.utils import translation
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from accounts import cookies, names, selectors, services, sessions, tokens
from accounts.authentication import SignatureAuthentication, TokenViewer
from accounts.models import User
from accounts.presentation import present_me
from accounts.serializers import (
    LoggedInSerializer,
    LoginSerializer,
    OwnUserSerializer,
    ProfileSerializer,
    RefreshSerializer,
    SignupSerializer,
    TokensSerializer,
)
from accounts.services import LoggedIn, NewAccount
from accounts.tokens import TokenPair
from echomate import cache, etags, keys
from echomate.errors import PreconditionFailed, Unauthenticated
from echomate.schema.parameters import IF_MATCH, IF_NONE_MATCH
from echomate.throttling import Limit, Policy
from echomate.views import ApiView

SIGNUPS = Policy("signup", 5, 1800, guards=True, scope="address")
LOGINS = Policy("login", 25, 300, guards=True, scope="address")
GUESSES = Policy("login-account", 10, 3600, guards=True, scope="own")

FOREIGN_ORIGIN = OpenApiResponse(description="The cookie came with an `Origin` that is not allowed.")
NEVER_STORED = {"Cache-Control": "no-store"}


class SignupView(ApiView):
    anonymous = True
    policies: ClassVar[Mapping[str, Policy]] = {"POST": SIGNUPS}
    authentication_classes = ()

    @extend_schema(
        operation_id="signUp",
        tags=["auth"],
        request=SignupSerializer,
        responses={
            201: LoggedInSerializer,
            409: OpenApiResponse(description="The username or the address is taken."),
        },
    )
    def post(self, request: Request) -> Response:
        """Make an account and a session."""
        given = self.validated(SignupSerializer)
        account = NewAccount(
            username=given["username"],
            email=given["email"],
            full_name=given["full_name"],
            locale=translation.get_language_from_request(request._request),
        )
        logged_in = services.sign_up(account, password=given["password"])
        response = _logged_in(logged_in, given["token_delivery"], status=201)
        response.headers["Location"] = f"/api/v1/users/{logged_in.user.id}"
        return response


class LoginView(ApiView):
    anonymous = True
    policies: ClassVar[Mapping[str, Policy]] = {"POST": LOGINS}
    authentication_classes = ()

    def _limits(self, request: Request, viewer: Any) -> list[Limit]:
        """One for the account too, under the name that was typed, whether or not it is anybody's."""
        limits = super()._limits(request, viewer)
        if request.method != "POST":
            return limits
        self.guesses = Limit(GUESSES, _typed(cast("dict[str, Any]", request.data).get("login")))
        return [*limits, self.guesses]

    @extend_schema(
        operation_id="logIn",
        tags=["auth"],
        request=LoginSerializer,
        responses={
            200: LoggedInSerializer,
            401: OpenApiResponse(description="The login or the password is wrong."),
            403: OpenApiResponse(description="The account is suspended."),
        },
    )
    def post(self, request: Request) -> Response:
        """Begin a session."""
        given = self.validated(LoginSerializer)
        logged_in = services.log_in(given["login"], given["password"])
        cache.forget(keys.throttle(GUESSES.name, self.guesses.subject))
        return _logged_in(logged_in, given["token_delivery"])


def _typed(login: object) -> str:
    name = names.login(login) if isinstance(login, str) else ""
    return hashlib.blake2b(name.encode(), digest_size=12).hexdigest()


def _logged_in(logged_in: LoggedIn, delivery: str, *, status: int = 200) -> Response:
    counts = selectors.stats.get([logged_in.user.id])[logged_in.user.id]
    user = present_me(logged_in.user, counts)
    return _token_response(logged_in.tokens, delivery, status=status, user=orjson.Fragment(user))


def _token_response(pair: TokenPair, delivery: str, *, status: int = 200, **more: Any) -> Response:
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
        """New tokens for the refresh token, which is used up."""
        given = self.validated(RefreshSerializer)
        token = given.get("refresh") or cookies.read(request)
        if token is None:
            raise Unauthenticated
        pair = sessions.refresh(tokens.read_refresh(token))
        return _token_response(pair, given["token_delivery"])


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


class LogoutAllView(ApiView):
    @extend_schema(operation_id="logOutAll", tags=["auth"], request=None, responses={204: OpenApiResponse()})
    def post(self, request: Request) -> Response:
        """End all of one's sessions."""
        sessions.end_all(self.viewer_id)
        return _no_session()


def _no_session() -> Response:
    response = Response(status=204, headers=NEVER_STORED)
    cookies.remove(response)
    return response


class MeView(ApiView):
    def opening_reads(self, viewer_id: int | None) -> Sequence[cache.Command]:
        return [("GET", keys.cached_user_stats(viewer_id or 0))]

    @extend_schema(
        operation_id="readMe", tags=["users"], parameters=[IF_NONE_MATCH], responses={200: OwnUserSerializer}
    )
    def get(self, request: Request) -> Response:
        """One's own user."""
        return self._show(request, selectors.own_user(self.viewer_id))

    @extend_schema(
        operation_id="editMe",
        tags=["users"],
        parameters=[IF_MATCH],
        request=ProfileSerializer,
        responses={200: OwnUserSerializer},
    )
    def patch(self, request: Request) -> Response:
        """Change one's profile and settings."""
        changes = _by_attribute(self.validated(ProfileSerializer, partial=True))
        user = selectors.own_user(self.viewer_id)
        expected = etags.expected_versions(request)
        if expected is not None and user.version not in expected:
            raise PreconditionFailed
        if changes:
            user = services.edit_profile(user, changes, version=int(user.version) if expected else None)
        return self._show(request, user)

    def _show(self, request: Request, user: User) -> Response:
        found = self.opening[0] if self.opening else None
        counts = selectors.stats.one(user.id, found=found if isinstance(found, bytes) else None)
        return etags.respond(
            request, present_me(user, counts or selectors.NO_COUNTS), version=int(user.version)
        )


def _by_attribute(given: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    """The changes by the names of the table: `settings.show_likes` is `Settings.ShowLikes`."""
    changes: dict[str, Any] = {}
    for name, value in given.items():
        path = prefix + name.title().replace("_", "")
        changes |= _by_attribute(value, f"{path}.") if isinstance(value, dict) else {path: value}
    return changes
