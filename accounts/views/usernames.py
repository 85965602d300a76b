"""Another username."""

from django.http import HttpResponse
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework.request import Request

from accounts import selectors, services, stepping_up
from accounts.presentation import present_me
from accounts.serializers.signing_in import ChangeUsernameSerializer
from accounts.serializers.users import OwnUserSerializer
from accounts.views.base import STEP_UP, OwnView
from echomate import etags
from echomate.throttling import Policy

CHANGES = Policy("change-username", 20, 3600)


class ChangeUsernameView(OwnView):
    policies = {"POST": CHANGES}

    @extend_schema(
        operation_id="changeUsername",
        tags=["auth"],
        request=ChangeUsernameSerializer,
        responses={
            200: OwnUserSerializer,
            403: STEP_UP,
            409: OpenApiResponse(
                description="The name is another's, or looks like that of a verified account."
            ),
            412: OpenApiResponse(description="The account was changed at the same moment."),
            429: OpenApiResponse(description="It was changed twice in 30 days, or too many calls were made."),
        },
    )
    def post(self, request: Request) -> HttpResponse:
        """Take another username, at most twice in 30 days. Asks for a step-up.

        For 30 days the old name leads to the account, is nobody else's, and may be taken back. A mark of verification
        is of the name, and goes with it.
        """
        stepping_up.require(self.viewer)
        name = self.validated(ChangeUsernameSerializer)["username"]
        user = services.change_username(self.viewer_id, name)
        counts = selectors.stats.one(user.id) or selectors.NO_COUNTS
        return etags.respond(request, present_me(user, counts), version=int(user.version))
