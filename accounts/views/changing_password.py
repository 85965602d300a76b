"""A new password for one who is logged in."""

from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from accounts import selectors, services, stepping_up
from accounts.origins import origin_of
from accounts.serializers.sessions import ChangePasswordSerializer
from accounts.views.base import NEVER_STORED, OwnView


class ChangePasswordView(OwnView):
    @extend_schema(
        operation_id="changePassword",
        tags=["auth"],
        request=ChangePasswordSerializer,
        responses={
            204: OpenApiResponse(),
            401: OpenApiResponse(
                description="The present password is wrong (`bad-credentials`), or as elsewhere."
            ),
            403: OpenApiResponse(description="Who has no password yet has to step up first."),
            409: OpenApiResponse(description="It was changed by another call at the same time."),
        },
    )
    def post(self, request: Request) -> Response:
        """Set another password; all other sessions end."""
        given = self.validated(ChangePasswordSerializer)
        user = selectors.own_user(self.viewer.id)
        if not user.password_hash:
            stepping_up.require(self.viewer)
        services.change_password(
            user,
            given.get("password"),
            given["new_password"],
            session=self.viewer.sid,
            origin=origin_of(request, device_token=given.get("device_token")),
        )
        return Response(status=204, headers=NEVER_STORED)
