"""Pictures of those who have chosen none."""

from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts import avatars
from echomate.bodies import PassThroughRenderer
from echomate.schema.parameters import USER_ID
from echomate.views import id_or_404

DRAWING = {"type": "string", "format": "binary", "maxLength": 10_000}


class SvgRenderer(PassThroughRenderer):
    """What it refuses is a problem document all the same."""

    media_type = "image/svg+xml"
    format = "svg"


class AvatarView(APIView):
    """Asks for no token and no store: a page shows dozens, and each is the same for ever."""

    authentication_classes = ()
    renderer_classes = [SvgRenderer]
    http_method_names = ["get", "head"]

    @extend_schema(
        operation_id="readDefaultAvatar",
        tags=["users"],
        parameters=[USER_ID],
        responses={(200, SvgRenderer.media_type): DRAWING, 404: OpenApiResponse()},
    )
    def get(self, request: Request, user: str) -> Response:
        """The picture that is drawn from an id, whosever it is."""
        headers = {
            "Cache-Control": "public, max-age=604800, immutable",
            "Content-Security-Policy": "default-src 'none'",
            "Cross-Origin-Resource-Policy": "cross-origin",
        }
        return Response(avatars.draw(id_or_404(user)), headers=headers)
