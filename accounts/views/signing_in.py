"""Signup and login."""

import hashlib
from collections.abc import Mapping
from typing import Any, ClassVar, cast

import orjson
from django.utils import translation
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from accounts import names, selectors, services
from accounts.origins import origin_of
from accounts.presentation import present_me
from accounts.serializers.signing_in import LoggedInSerializer, LoginSerializer, SignupSerializer
from accounts.services import LoggedIn, NewAccount
from accounts.views.sessions import token_response
from echomate import cache, keys
from echomate.throttling import Limit, Policy
from echomate.views import ApiView

SIGNUPS = Policy("signup", 5, 1800, guards=True, scope="address")
LOGINS = Policy("login", 25, 300, guards=True, scope="address")
GUESSES = Policy("login-account", 10, 3600, guards=True, scope="own")


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
        logged_in = services.sign_up(account, password=given["password"], origin=origin_of(request))
        response = logged_in_response(logged_in, given["token_delivery"], status=201)
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
        logged_in = services.log_in(given["login"], given["password"], origin=origin_of(request))
        cache.forget(keys.throttle(GUESSES.name, self.guesses.subject))
        return logged_in_response(logged_in, given["token_delivery"])


def _typed(login: object) -> str:
    name = names.login(login) if isinstance(login, str) else ""
    return hashlib.blake2b(name.encode(), digest_size=12).hexdigest()


def logged_in_response(logged_in: LoggedIn, delivery: str, *, status: int = 200) -> Response:
    counts = selectors.stats.get([logged_in.user.id])[logged_in.user.id]
    user = present_me(logged_in.user, counts)
    return token_response(logged_in.tokens, delivery, status=status, user=orjson.Fragment(user))
