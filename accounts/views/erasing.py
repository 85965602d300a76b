"""Coming back from an erasure that was asked for."""

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.serializers.erasing import RestoreSerializer
from accounts.services import erasing
from echomate.throttling import Policy
from echomate.views import ApiView

RESTORES = Policy("restore", 10, 3600, guards=True, scope="address")


class RestoreView(ApiView):
    anonymous = True
    authentication_classes = ()
    policies = {"POST": RESTORES}

    @extend_schema(operation_id="restoreMe", tags=["users"], request=RestoreSerializer, responses={204: None})
    def post(self, request: Request) -> Response:
        """Take back that one asked to be erased, with the token of the mail."""
        erasing.restore_by_token(self.validated(RestoreSerializer)["token"])
        return Response(status=204)
