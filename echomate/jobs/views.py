"""How far one's jobs have come."""

from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from echomate import jobs, keys
from echomate.errors import NotFound, Unauthenticated
from echomate.jobs import Job
from echomate.jobs.presentation import present
from echomate.jobs.serializers import JobSerializer
from echomate.schema.parameters import JOB
from echomate.views import ApiView, id_or_404


class JobView(ApiView):
    @extend_schema(
        operation_id="readJob",
        tags=["jobs"],
        parameters=[JOB],
        responses={
            200: JobSerializer,
            403: OpenApiResponse(description="What it made is shown only after a step-up."),
        },
    )
    def get(self, request: Request, job: str) -> Response:
        """How far a job of one's own has come, and what came of it."""
        if self.viewer is None:
            raise Unauthenticated
        found = Job.read(keys.job(id_or_404(job)))
        if found is None or found.gsi1pk != keys.jobs_of(self.viewer.id) or not jobs.is_shown(found):
            raise NotFound
        shown = present(found, self.viewer)
        return Response(
            shown, headers={"Cache-Control": "no-store"}
        )  # what it links to opens to whoever has the link
