"""Bringing the export of another account along."""

from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.services import require_step_up
from echomate.errors import EchomateError
from echomate.jobs import Job
from echomate.jobs.presentation import present
from echomate.jobs.serializers import StartedJobSerializer
from echomate.throttling import Limit, Policy
from echomate.views import ApiView
from media.serializers import ImportSerializer
from media.services import importing

IMPORTS = Policy("import", 5, 24 * 3600, scope="own")


class ImportView(ApiView):
    idempotent = frozenset({"POST"})

    @extend_schema(
        operation_id="startImport",
        tags=["users"],
        request=ImportSerializer,
        responses={
            202: StartedJobSerializer,
            403: OpenApiResponse(description="`step-up-required`: this session has to be stepped up first."),
            409: OpenApiResponse(),
        },
    )
    def post(self, request: Request) -> Response:
        """Take the ZIP of an export, which was uploaded for that, into one's own new account. Asks for a step-up.

        Posts that the file dates later than a week before the account are on its profile and in its followers' homes,
        and in no public timeline. Of comments, those that one wrote on one's own posts are taken, right under them or
        in answer to one's own comments; those among the words of others are not.

        When the job is done, its `result` counts by file what was taken (`taken`) and, by reason, what was not
        (`refused`), with some lines as `examples`; `left_out` names the files of which no import takes anything.
        """
        viewer = require_step_up(self.viewer)
        job = self._start(self.validated(ImportSerializer)["media_id"])
        return Response({"job": present(job, viewer)}, status=202)

    def _start(self, media: int) -> Job:
        """Only what is begun counts towards the limit."""
        owner = self.viewer_id
        self.count_for(IMPORTS, str(owner))
        try:
            return importing.start_import(owner=owner, media=media, creation=self.creation)
        except EchomateError:
            Limit(IMPORTS, str(owner)).take_back()
            raise
