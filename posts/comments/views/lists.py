"""The answers to a comment, its thread, and the comments of a user."""

from collections.abc import Sequence

import orjson
from django.http import HttpResponse
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from echomate.cache import Command
from echomate.schema.parameters import PAGE, USER
from echomate.views import ApiView, base_url, id_or_404
from posts.comments import lists
from posts.comments.rendering import comment_url
from posts.comments.serializers import CommentListSerializer, ThreadSerializer
from posts.comments.sort import Sort
from posts.comments.thread import Beyond, thread
from posts.comments.views.one import OneCommentView
from posts.comments.views.parameters import COMMENT, SORT, sort_of
from social.selectors import person, person_reads


class RepliesView(OneCommentView):
    list_parameters = frozenset({SORT.name})
    anonymous = True

    def opening_reads(self, viewer_id: int | None) -> Sequence[Command]:
        """The comment, and the head of the answers to it."""
        reads = super().opening_reads(viewer_id)
        if not reads:
            return reads
        return [*reads, *lists.replies_reads(id_or_404(self.kwargs["comment"]), sort_of(self.request))]

    @extend_schema(
        operation_id="listReplies",
        tags=["comments"],
        parameters=[COMMENT, SORT, *PAGE],
        responses={200: CommentListSerializer},
    )
    def get(self, request: Request, comment: str) -> HttpResponse:
        """The answers to a comment; theirs are lists of their own."""
        id_, viewer, sort = id_or_404(comment), self.viewer_id_or_none, sort_of(request)
        asked = self.page_request(lists.name_of_replies(id_, sort))
        self.must_see(comment)
        page = lists.replies_to(
            id_, viewer=viewer, request=asked, sort=sort, replies=self.opening and self.opening[-1:]
        )
        return self.list_response(page, asked)


class ThreadView(ApiView):
    anonymous = True

    @extend_schema(
        operation_id="readThread",
        tags=["comments"],
        parameters=[COMMENT, SORT],
        responses={200: ThreadSerializer},
    )
    def get(self, request: Request, comment: str) -> Response:
        """A comment and what stands below it, breadth first: at most 200 comments on 8 levels.

        The `next` of a comment is a list of those answers to it that are not here.
        """
        sort = sort_of(request)
        read = thread(id_or_404(comment), viewer=self.viewer_id_or_none, sort=sort)
        base = base_url(request._request)
        following = {id_: _next(base, id_, beyond, sort) for id_, beyond in read.more.items()}
        results = [
            b'%b,"next":%b}' % (body[:-1], following.get(id_, b"null")) for id_, body in read.bodies.items()
        ]
        return self.whole_list([orjson.Fragment(one) for one in results])


def _next(base: str, comment: int, beyond: Beyond, sort: Sort) -> bytes:
    """As JSON."""
    url = f"{base}{comment_url(comment)}/replies?sort={sort.value}"
    return orjson.dumps(
        url if beyond.last is None else lists.replies_after(comment, beyond.last, sort=sort, url=url)
    )


class UserCommentsView(ApiView):
    anonymous = True

    def opening_reads(self, viewer_id: int | None) -> Sequence[Command]:
        return person_reads(viewer_id, self.kwargs["user"])

    @extend_schema(
        operation_id="listUserComments",
        tags=["comments"],
        parameters=[USER, *PAGE],
        responses={200: CommentListSerializer},
    )
    def get(self, request: Request, user: str) -> HttpResponse:
        """A user's comments on posts that the caller sees, newest first."""
        viewer = self.viewer_id_or_none
        author = person(viewer, user, replies=self.opening).card.id
        asked = self.page_request(f"comments-of:{author}")
        return self.list_response(lists.comments_of(author, viewer=viewer, request=asked), asked)
