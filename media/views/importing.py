"""Bringing the export of another account along."""

from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from echomate.errors import Unauthenticated
from echomate.jobs.presentation import present
from echomate.jobs.serializers import StartedJobSerializer
from echomate.views import ApiView
from media.serializers import ImportSerializer
from media.services import importing


class ImportView(ApiView):
    idempotent = frozenset({"POST"})

    @extend_schema(
        operation_id="startImport",
        tags=["users"],
        request=ImportSerializer,
        responses={202: StartedJobSerializer, 409: OpenApiResponse()},
    )
    def post(self, request: Request) -> Response:
        """Take the ZIP of an export, which was uploaded for that, into one's own new account."""
        given = self.validated(ImportSerializer)
        if self.viewer is None:
            raise Unauthenticated
        job = importing.start_import(owner=self.viewer.id, media=given["media_id"], creation=self.creation)
        return Response({"job": present(job, self.viewer)}, status=202)
