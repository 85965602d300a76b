"""What viewers do with posts."""

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from echomate.schema.parameters import POST
from echomate.views import id_or_404
from posts import services
from posts.presentation import present_reaction
from posts.serializers import ReactionSerializer
from posts.services import Reaction
from posts.views.one import OnePostView


class MarkView(OnePostView):
    methods_that_see = ("POST", "DELETE")


class LikeView(MarkView):
    @extend_schema(
        operation_id="likePost",
        tags=["posts"],
        parameters=[POST],
        request=None,
        responses={200: ReactionSerializer},
    )
    def post(self, request: Request, post: str) -> Response:
        """Like a post. Done twice, it is the same."""
        return _reaction(services.like(user=self.viewer_id, post=id_or_404(post), found=self.found()))

    @extend_schema(
        operation_id="unlikePost",
        tags=["posts"],
        parameters=[POST],
        request=None,
        responses={200: ReactionSerializer},
    )
    def delete(self, request: Request, post: str) -> Response:
        """Take a like back, also where the post is out of sight."""
        return _reaction(services.unlike(user=self.viewer_id, post=id_or_404(post), found=self.found()))


def _reaction(reaction: Reaction) -> Response:
    return Response(present_reaction(reaction.bits, reaction.counts))


class BookmarkView(MarkView):
    @extend_schema(
        operation_id="addBookmark",
        tags=["posts"],
        parameters=[POST],
        request=None,
        responses={200: ReactionSerializer},
    )
    def post(self, request: Request, post: str) -> Response:
        """Bookmark a post. Done twice, it is the same. Nobody else learns of it."""
        return _reaction(services.bookmark(user=self.viewer_id, post=id_or_404(post), found=self.found()))

    @extend_schema(
        operation_id="removeBookmark",
        tags=["posts"],
        parameters=[POST],
        request=None,
        responses={200: ReactionSerializer},
    )
    def delete(self, request: Request, post: str) -> Response:
        """Take a bookmark back, also where the post is out of sight."""
        return _reaction(services.unbookmark(user=self.viewer_id, post=id_or_404(post), found=self.found()))
