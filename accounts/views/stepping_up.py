"""Stepping up a session."""

from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from accounts import selectors
from accounts.origins import origin_of
from accounts.serializers.second_factors import StepUpSerializer
from accounts.services import stepping_up
from accounts.views.base import OwnView
from echomate.throttling import Policy

STEP_UPS = Policy("step-up", 30, 300, guards=True)
MAILED_CODES = Policy("step-up-code", 5, 3600, guards=True)


class StepUpView(OwnView):
    policies = {"POST": STEP_UPS}

    @extend_schema(
        operation_id="stepUp",
        tags=["auth"],
        request=StepUpSerializer,
        responses={
            204: OpenApiResponse(),
            401: OpenApiResponse(
                description="The proof is wrong; or it is right and not enough: `otp-required` lists the `methods` "
                "that are, and the options of `passkey`."
            ),
        },
    )
    def post(self, request: Request) -> Response:
        """Show by one proof that it is still you: for 10 minutes this session may do what asks for it.

        Who has a second factor shows that: a one-time password or a recovery code (`otp`) or a passkey. A login is
        no step-up, and a refresh of the tokens neither adds to it nor takes it away.
        """
        ((proof, given),) = self.validated(StepUpSerializer).items()
        user = selectors.own_user(self.viewer.id)
        stepping_up.step_up(user, self.viewer.sid, proof=proof, given=given, origin=origin_of(request))
        return Response(status=204)


class StepUpCodeView(OwnView):
    policies = {"POST": MAILED_CODES}

    @extend_schema(
        operation_id="mailStepUpCode",
        tags=["auth"],
        request=None,
        responses={
            202: OpenApiResponse(description="The mail is on its way."),
            409: OpenApiResponse(
                description="There is a password or a second factor, or no verified address."
            ),
        },
    )
    def post(self, request: Request) -> Response:
        """Get a code by mail, for who has neither password nor second factor.

        It steps up this session only, within 10 minutes, and bears five tries. It takes the place of an earlier one.
        """
        stepping_up.send_code(selectors.own_user(self.viewer.id), self.viewer.sid)
        return Response(status=202)
