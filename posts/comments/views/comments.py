"""The comments of a post, and one by itself."""

from collections.abc import Sequence

from django.http import HttpResponse
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from echomate import etags
from echomate.cache import Command
from echomate.schema.parameters import IF_MATCH, IF_NONE_MATCH, PAGE, POST
from echomate.throttling import Policy
from echomate.views import id_or_404
from posts.comments import lists, reading, services
from posts.comments.rendering import comment_url
from posts.comments.serializers import (
    CommentListSerializer,
    CommentSerializer,
    EditedCommentSerializer,
    NewCommentSerializer,
)
from posts.comments.services import Draft
from posts.comments.views.one import OneCommentView
from posts.comments.views.parameters import COMMENT, SORT, sort_of
from posts.views.one import OnePostView

COMMENTS = Policy("comments", 600, 3 * 3600)
NOT_YOURS = OpenApiResponse(description="It is somebody else's comment.")


class CommentsView(OnePostView):
    list_parameters = frozenset({SORT.name})
    anonymous = True
    idempotent = frozenset({"POST"})
    policies = {"POST": COMMENTS}

    def opening_reads(self, viewer_id: int | None) -> Sequence[Command]:
        """The post, and where it is only read, the head of its comments."""
        reads = super().opening_reads(viewer_id)
        if not reads:
            return reads
        return [*reads, *lists.comments_reads(id_or_404(self.kwargs["post"]), sort_of(self.request))]

    @extend_schema(
        operation_id="listComments",
        tags=["comments"],
        parameters=[POST, SORT, *PAGE],
        responses={200: CommentListSerializer},
    )
    def get(self, request: Request, post: str) -> HttpResponse:
        """The comments right under a post; their answers are lists of their own."""
        id_, viewer, sort = id_or_404(post), self.viewer_id_or_none, sort_of(request)
        asked = self.page_request(f"comments:{id_}:{sort.value}")
        self.must_see(post)
        page = lists.comments_on(
            id_, viewer=viewer, request=asked, sort=sort, replies=self.opening and self.opening[-1:]
        )
        return self.list_response(page, asked)

    @extend_schema(
        operation_id="createComment",
        tags=["comments"],
        parameters=[POST],
        request=NewCommentSerializer,
        responses={
            201: CommentSerializer,
            403: OpenApiResponse(description="The post's author doesn't take this reply."),
            409: OpenApiResponse(),
        },
    )
    def post(self, request: Request, post: str) -> HttpResponse:
        """Comment on a post, or answer a comment on it."""
        author, id_ = self.viewer_id, id_or_404(post)
        given = self.validated(NewCommentSerializer, permit=lambda: services.check_reply(author, id_))
        draft = Draft(given["content"], given.get("parent_id"))
        comment = services.create(author=author, post=id_, draft=draft, creation=self.creation)
        answer = etags.respond(request, reading.present_new(author, comment), version=comment.version)
        answer.status_code = 201
        answer.headers["Location"] = comment_url(comment.id)
        return answer


def _own(editor: int, comment: int) -> None:
    """Raises `NotFound` and `Forbidden` where it isn't a comment that the editor sees and has written."""
    reading.must_see(editor, comment)
    services.own_comment(editor, comment)


class CommentView(OneCommentView):
    anonymous = True

    @extend_schema(
        operation_id="readComment",
        tags=["comments"],
        parameters=[COMMENT, IF_NONE_MATCH],
        responses={200: CommentSerializer},
    )
    def get(self, request: Request, comment: str) -> HttpResponse:
        """A comment as the caller sees it."""
        seen = self.must_see(comment)
        return etags.respond(request, seen.body, version=seen.comment.version)

    @extend_schema(
        operation_id="replaceComment",
        tags=["comments"],
        parameters=[COMMENT, IF_MATCH],
        request=EditedCommentSerializer,
        responses={200: CommentSerializer, 403: NOT_YOURS},
    )
    def put(self, request: Request, comment: str) -> HttpResponse:
        """Write one's own comment anew."""
        editor, id_ = self.viewer_id, id_or_404(comment)
        given = self.validated(EditedCommentSerializer, permit=lambda: _own(editor, id_))
        content = given["content"]
        expected = etags.expected_versions(request)
        services.edit(editor=editor, comment=id_, content=content, expected=expected)
        seen = reading.must_see(editor, id_)
        return etags.respond(request, seen.body, version=seen.comment.version)

    @extend_schema(
        operation_id="deleteComment",
        tags=["comments"],
        parameters=[COMMENT, IF_MATCH],
        request=None,
        responses={204: OpenApiResponse(), 403: NOT_YOURS},
    )
    def delete(self, request: Request, comment: str) -> Response:
        """Delete one's own comment. If it was answered, its place stays, empty."""
        expected = etags.expected_versions(request)
        services.delete(author=self.viewer_id, comment=id_or_404(comment), expected=expected)
        return Response(status=204)
