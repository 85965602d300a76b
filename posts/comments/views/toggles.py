"""What is done to a comment and taken back: liking and hiding it."""

from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from echomate.views import ApiView, id_or_404
from posts.comments import services
from posts.comments.presentation import present_hiding, present_reaction
from posts.comments.serializers import CommentReactionSerializer, HidingSerializer
from posts.comments.services import Reaction
from posts.comments.views.parameters import COMMENT

NOT_YOUR_POST = OpenApiResponse(description="It is on somebody else's post.")


class CommentLikeView(ApiView):
    @extend_schema(
        operation_id="likeComment",
        tags=["comments"],
        parameters=[COMMENT],
        request=None,
        responses={200: CommentReactionSerializer},
    )
    def post(self, request: Request, comment: str) -> Response:
        """Like a comment. Done twice, it is the same."""
        return _reaction(services.like(user=self.viewer_id, comment=id_or_404(comment)))

    @extend_schema(
        operation_id="unlikeComment",
        tags=["comments"],
        parameters=[COMMENT],
        request=None,
        responses={200: CommentReactionSerializer},
    )
    def delete(self, request: Request, comment: str) -> Response:
        """Take a like back, also where the comment is out of sight."""
        return _reaction(services.unlike(user=self.viewer_id, comment=id_or_404(comment)))


def _reaction(reaction: Reaction) -> Response:
    return Response(present_reaction(liked=reaction.liked, counts=reaction.counts))


class CommentHideView(ApiView):
    @extend_schema(
        operation_id="hideComment",
        tags=["comments"],
        parameters=[COMMENT],
        request=None,
        responses={200: HidingSerializer, 403: NOT_YOUR_POST},
    )
    def post(self, request: Request, comment: str) -> Response:
        """Hide a comment on one's own post: only oneself and its author see it then. Done twice, it is the same."""
        seen = services.hide(user=self.viewer_id, comment=id_or_404(comment))
        return Response(present_hiding(hidden=True, liked=seen.liked, counts=seen.counts))

    @extend_schema(
        operation_id="unhideComment",
        tags=["comments"],
        parameters=[COMMENT],
        request=None,
        responses={200: HidingSerializer, 403: NOT_YOUR_POST},
    )
    def delete(self, request: Request, comment: str) -> Response:
        """Show a comment again that one has hidden."""
        seen = services.unhide(user=self.viewer_id, comment=id_or_404(comment))
        return Response(present_hiding(hidden=False, liked=seen.liked, counts=seen.counts))
