"""Signup and login."""

import orjson
from django.utils import translation
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from accounts import cookies, selectors, services
from accounts.origins import origin_of
from accounts.presentation import present_me
from accounts.serializers.login import LoginSerializer
from accounts.serializers.signing_in import LoggedInSerializer, SignupSerializer
from accounts.services import LoggedIn, NewAccount
from accounts.views.sessions import token_response
from echomate.throttling import Policy
from echomate.views import ApiView

SIGNUPS = Policy("signup", 5, 1800, guards=True, scope="address")
LOGINS = Policy("login", 25, 300, guards=True, scope="address")
WRONG = (
    "The login or the password is wrong (`bad-credentials`), or the second factor is; or one is missing:"
    " `otp-required` lists the `methods` that will do and, as `passkey`, the options of a passkey's assertion."
)


class SignupView(ApiView):
    anonymous = True
    policies = {"POST": SIGNUPS}
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
        origin = origin_of(request, device_token=given.get("device_token"))
        logged_in = services.sign_up(account, password=given["password"], origin=origin)
        response = logged_in_response(request, logged_in, given["token_delivery"], status=201)
        response.headers["Location"] = f"/api/v1/users/{logged_in.user.id}"
        return response


class LoginView(ApiView):
    anonymous = True
    policies = {"POST": LOGINS}
    authentication_classes = ()

    @extend_schema(
        operation_id="logIn",
        tags=["auth"],
        request=LoginSerializer,
        responses={
            200: LoggedInSerializer,
            401: OpenApiResponse(description=WRONG),
            403: OpenApiResponse(
                description="The account is suspended, or it is being erased (`erased_at` says when)."
            ),
        },
    )
    def post(self, request: Request) -> Response:
        """Begin a session.

        Where the account asks for a second factor, the same call is made again with it.
        """
        given = self.validated(LoginSerializer)
        logged_in = services.log_in(
            given["login"],
            given["password"],
            origin=origin_of(request, device_token=given.get("device_token")),
            otp=given.get("otp"),
            passkey=given.get("passkey"),
            restore=given["restore"],
        )
        return logged_in_response(request, logged_in, given["token_delivery"])


def logged_in_response(
    request: Request, logged_in: LoggedIn, delivery: str, *, status: int = 200
) -> Response:
    """What every way in answers: one's own user, the tokens, and the device's token as the other cookie.

    A device's token that came as a cookie, which scripts can't read, stays one.
    """
    counts = selectors.stats.get([logged_in.user.id])[logged_in.user.id]
    user = orjson.Fragment(present_me(logged_in.user, counts))
    is_cookie = delivery != "body" or request.COOKIES.get(cookies.DEVICE) == logged_in.device_token
    in_body = {} if is_cookie else {"device_token": logged_in.device_token}
    response = token_response(logged_in.tokens, delivery, status=status, user=user, **in_body)
    if not in_body:
        cookies.put_device(response, logged_in.device_token)
    return response
