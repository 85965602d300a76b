"""Logging in with a provider, and the providers of one's account."""

from typing import Any

from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from accounts import selectors, stepping_up
from accounts.models import OidcLink
from accounts.origins import origin_of
from accounts.serializers.oidc import (
    OidcCodeSerializer,
    OidcLinkListSerializer,
    OidcLinkSerializer,
    OidcLoginSerializer,
)
from accounts.serializers.signing_in import LoggedInSerializer
from accounts.services import oidc, oidc_links
from accounts.services.oidc import SecondFactor
from accounts.views.base import STEP_UP, OwnView
from accounts.views.signing_in import LOGINS, logged_in_response
from echomate.ids import at_milliseconds, rfc3339
from echomate.throttling import Policy
from echomate.views import ApiView

LINKS = Policy("oidc-links", 20, 3600)
LINK = OpenApiParameter(
    "link",
    {"type": "string", "pattern": "^[0-9a-f]{64}$", "maxLength": 64},
    OpenApiParameter.PATH,
    description="The id of a link.",
)


class OidcLoginView(ApiView):
    anonymous = True
    policies = {"POST": LOGINS}
    authentication_classes = ()

    @extend_schema(
        operation_id="logInWithProvider",
        tags=["auth"],
        request=OidcLoginSerializer,
        responses={
            200: LoggedInSerializer,
            401: OpenApiResponse(
                description="`oidc-refused`: begin again at the provider's login page. `otp-required`: send the same "
                "again with a second factor, within 5 minutes; it lists the `methods` and the options of `passkey`."
            ),
            403: OpenApiResponse(description="The account is suspended, or is being erased."),
        },
    )
    def post(self, request: Request) -> Response:
        """Begin a session with the code of a login provider.

        The first login of somebody makes an account, with a username made of what the provider says; it may be
        changed. It is never joined to an account that is there, but where both sides have verified the same address.
        """
        given = self.validated(OidcLoginSerializer)
        logged_in = oidc.sign_in(
            oidc.code_grant(given),
            second=SecondFactor(given.get("otp"), given.get("passkey")),
            restore=given["restore"],
            origin=origin_of(request, device_token=given.get("device_token")),
        )
        return logged_in_response(request, logged_in, given["token_delivery"])


class OidcLinksView(OwnView):
    idempotent = frozenset({"POST"})
    policies = {"POST": LINKS}

    @extend_schema(operation_id="listOidcLinks", tags=["auth"], responses={200: OidcLinkListSerializer})
    def get(self, request: Request) -> Response:
        """The login providers of one's account, the oldest first."""
        results = [_shown(link) for link in oidc_links.links_of(self.viewer_id)]
        return self.whole_list(results)

    @extend_schema(
        operation_id="addOidcLink",
        tags=["auth"],
        request=OidcCodeSerializer,
        responses={
            201: OidcLinkSerializer,
            403: STEP_UP,
            409: OpenApiResponse(description="The login belongs to another account."),
        },
    )
    def post(self, request: Request) -> Response:
        """Let a login provider open one's account, too. Asks for a step-up.

        A code that is refused is `401 oidc-refused`.
        """
        stepping_up.require(self.viewer)
        grant = oidc.code_grant(self.validated(OidcCodeSerializer))
        link = oidc_links.add_link(selectors.own_user(self.viewer_id), grant, self.creation)
        return Response(
            _shown(link), status=201, headers={"Location": f"/api/v1/auth/oidc/links/{link.digest}"}
        )


class OidcLinkView(OwnView):
    @extend_schema(
        operation_id="removeOidcLink",
        tags=["auth"],
        parameters=[LINK],
        responses={
            204: OpenApiResponse(),
            403: STEP_UP,
            409: OpenApiResponse(description="It is the only way into the account."),
        },
    )
    def delete(self, request: Request, link: str) -> Response:
        """Let a login provider open one's account no more. Asks for a step-up.

        Sessions of the provider's own tokens end.
        """
        stepping_up.require(self.viewer)
        oidc_links.remove_link(selectors.own_user(self.viewer_id), link)
        return Response(status=204)


def _shown(link: OidcLink) -> dict[str, Any]:
    return {
        "id": link.digest,
        "issuer": link.issuer,
        "name": oidc_links.provider_name(link),
        "account": link.label,
        "created_at": rfc3339(at_milliseconds(int(link.created_at or 0))),
    }
