"""Taking one's data along."""

from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from accounts import selectors, stepping_up
from accounts.models import User
from accounts.services import exporting
from accounts.views.base import STEP_UP, OwnView
from echomate.jobs import Job
from echomate.jobs.presentation import present
from echomate.jobs.serializers import StartedJobSerializer
from echomate.throttling import Policy

EXPORTS = Policy("export", 3, 24 * 3600, scope="own")


class ExportView(OwnView):
    idempotent = frozenset({"POST"})

    @extend_schema(
        operation_id="startExport",
        tags=["users"],
        request=None,
        responses={
            202: StartedJobSerializer,
            403: STEP_UP,
            409: OpenApiResponse(),
        },
    )
    def post(self, request: Request) -> Response:
        """Let a copy of all of one's data be made; the job that makes one already, where there is one."""
        stepping_up.require(self.viewer)
        user = selectors.own_user(self.viewer.id)
        job = exporting.export_begun(user, self.creation) or self._start(user)
        shown = present(job, self.viewer)
        return Response(
            {"job": {**shown, "result_url": None}}, status=202
        )  # this answer is kept, a link never

    def _start(self, user: User) -> Job:
        """Only what is begun counts towards the limit."""
        self.count_for(EXPORTS, str(user.id))
        return exporting.start_export(user, self.creation)
