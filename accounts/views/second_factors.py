"""One-time passwords and recovery codes."""

from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from accounts import selectors, stepping_up
from accounts.serializers.second_factors import (
    CodesLeftSerializer,
    ConfirmTotpSerializer,
    EnrolmentSerializer,
    RecoveryCodesSerializer,
)
from accounts.services import enrolling, second_factors
from accounts.views.base import NEVER_STORED, STEP_UP, OwnView

CHANGED = OpenApiResponse(description="The account's credentials changed meanwhile.")


class TotpView(OwnView):
    @extend_schema(
        operation_id="beginTotp",
        tags=["auth"],
        request=None,
        responses={200: EnrolmentSerializer, 403: STEP_UP},
    )
    def post(self, request: Request) -> Response:
        """Get a secret for an authenticator app. Asks for a step-up.

        It is asked for at logins once a code has confirmed it, within 15 minutes; until then what was confirmed
        before stays. A new one takes the place of one that isn't confirmed.
        """
        stepping_up.require(self.viewer)
        enrolment = enrolling.begin_totp(selectors.own_user(self.viewer.id), self.viewer.sid)
        shown = {"secret": enrolment.secret, "otpauth_uri": enrolment.uri}
        return Response(shown, headers=NEVER_STORED)

    @extend_schema(
        operation_id="deleteTotp",
        tags=["auth"],
        request=None,
        responses={204: OpenApiResponse(), 403: STEP_UP, 409: CHANGED},
    )
    def delete(self, request: Request) -> Response:
        """Ask for no one-time passwords any more. Asks for a step-up.

        The recovery codes go with it, unless a passkey is a second factor still.
        """
        stepping_up.require(self.viewer)
        enrolling.remove_totp(selectors.own_user(self.viewer_id))
        return Response(status=204)


class ConfirmTotpView(OwnView):
    @extend_schema(
        operation_id="confirmTotp",
        tags=["auth"],
        request=ConfirmTotpSerializer,
        responses={200: RecoveryCodesSerializer, 409: CHANGED},
    )
    def post(self, request: Request) -> Response:
        """Ask for one-time passwords at logins from now on: the app's first code shows that it works.

        The answer holds new recovery codes; earlier ones are void.
        """
        given = self.validated(ConfirmTotpSerializer)
        codes = enrolling.confirm_totp(selectors.own_user(self.viewer.id), self.viewer.sid, given["otp"])
        return Response({"recovery_codes": codes}, headers=NEVER_STORED)


class RecoveryCodesView(OwnView):
    @extend_schema(operation_id="readRecoveryCodes", tags=["auth"], responses={200: CodesLeftSerializer})
    def get(self, request: Request) -> Response:
        """How many recovery codes are unused."""
        return Response({"left": second_factors.codes_left(self.viewer_id)})

    @extend_schema(
        operation_id="replaceRecoveryCodes",
        tags=["auth"],
        request=None,
        responses={
            200: RecoveryCodesSerializer,
            403: STEP_UP,
            409: OpenApiResponse(
                description="There is no second factor, or the credentials changed meanwhile."
            ),
        },
    )
    def post(self, request: Request) -> Response:
        """Get new recovery codes; earlier ones are void. Asks for a step-up."""
        stepping_up.require(self.viewer)
        codes = enrolling.renew_recovery_codes(selectors.own_user(self.viewer_id))
        return Response({"recovery_codes": codes}, headers=NEVER_STORED)
