"""Comments by their post, by themselves and by their author."""

from collections.abc import Sequence

import orjson
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from echomate import etags
from echomate.cache import Command
from echomate.errors import Invalid
from echomate.schema.parameters import IF_MATCH, IF_NONE_MATCH, PAGE, POST, USER
from echomate.throttling import Policy
from echomate.views import ApiView, id_or_404
from posts import reading as posts
from posts.comments import lists, reading, services
from posts.comments.lists import Sort
from posts.comments.presentation import present_hiding, present_reaction
from posts.comments.rendering import comment_url
from posts.comments.serializers import (
    CommentListSerializer,
    CommentReactionSerializer,
    CommentSerializer,
    EditedCommentSerializer,
    HidingSerializer,
    NewCommentSerializer,
    ThreadSerializer,
)
from posts.comments.services import Draft, Reaction
from posts.comments.thread import Beyond, thread
from social.selectors import person, person_reads

COMMENTS = Policy("comments", 600, 3 * 3600)

COMMENT = OpenApiParameter(
    "comment",
    {"$ref": "#/components/schemas/Id"},
    OpenApiParameter.PATH,
    description="The id of a comment.",
)
SORT = OpenApiParameter(
    "sort",
    {"type": "string", "enum": [sort.value for sort in Sort], "default": Sort.OLDEST.value},
    description="Which come first.",
)
NOT_YOURS = OpenApiResponse(description="It is somebody else's comment.")
NOT_YOUR_POST = OpenApiResponse(description="It is on somebody else's post.")


def sort_of(request: Request) -> Sort:
    """`?sort=`. Raises `Invalid`."""
    given = request.query_params.get("sort", Sort.OLDEST.value)
    try:
        return Sort(given)
    except ValueError as error:
        raise Invalid(errors={"sort": [f"One of {', '.join(sort.value for sort in Sort)}."]}) from error


class CommentsView(ApiView):
    anonymous = True
    idempotent = frozenset({"POST"})
    policies = {"POST": COMMENTS}

    @extend_schema(
        operation_id="listComments",
        tags=["comments"],
        parameters=[POST, SORT, *PAGE],
        responses={200: CommentListSerializer},
    )
    def get(self, request: Request, post: str) -> Response:
        """The comments right under a post; their answers are lists of their own."""
        id_, viewer, sort = id_or_404(post), self.viewer_id_or_none, sort_of(request)
        asked = self.page_request(f"comments:{id_}:{sort.value}")
        posts.must_see(viewer, id_)
        return self.list_response(lists.comments_on(id_, viewer=viewer, request=asked, sort=sort), asked)

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
    def post(self, request: Request, post: str) -> Response:
        """Comment on a post, or answer a comment on it."""
        author = self.viewer_id
        given = self.validated(NewCommentSerializer)
        draft = Draft(given["content"], given.get("parent_id"))
        comment = services.create(author=author, post=id_or_404(post), draft=draft, creation=self.creation)
        answer = etags.respond(request, reading.present_new(author, comment), version=comment.version)
        answer.status_code = 201
        answer.headers["Location"] = comment_url(comment.id)
        return answer


class CommentView(ApiView):
    anonymous = True

    @extend_schema(
        operation_id="readComment",
        tags=["comments"],
        parameters=[COMMENT, IF_NONE_MATCH],
        responses={200: CommentSerializer},
    )
    def get(self, request: Request, comment: str) -> Response:
        """A comment as the caller sees it."""
        seen = reading.must_see(self.viewer_id_or_none, id_or_404(comment))
        return etags.respond(request, seen.body, version=seen.comment.version)

    @extend_schema(
        operation_id="replaceComment",
        tags=["comments"],
        parameters=[COMMENT, IF_MATCH],
        request=EditedCommentSerializer,
        responses={200: CommentSerializer, 403: NOT_YOURS},
    )
    def put(self, request: Request, comment: str) -> Response:
        """Write one's own comment anew."""
        editor, id_ = self.viewer_id, id_or_404(comment)
        content = self.validated(EditedCommentSerializer)["content"]
        expected = etags.expected_versions(request)
        services.edit(editor=editor, comment=id_, content=content, expected=expected)
        seen = reading.must_see(editor, id_)
        return etags.respond(request, seen.body, version=seen.comment.version)

    @extend_schema(
        operation_id="deleteComment",
        tags=["comments"],
        parameters=[COMMENT],
        request=None,
        responses={204: OpenApiResponse(), 403: NOT_YOURS},
    )
    def delete(self, request: Request, comment: str) -> Response:
        """Delete one's own comment. If it was answered, its place stays, empty."""
        services.delete(author=self.viewer_id, comment=id_or_404(comment))
        return Response(status=204)


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


class RepliesView(ApiView):
    anonymous = True

    @extend_schema(
        operation_id="listReplies",
        tags=["comments"],
        parameters=[COMMENT, SORT, *PAGE],
        responses={200: CommentListSerializer},
    )
    def get(self, request: Request, comment: str) -> Response:
        """The answers to a comment; theirs are lists of their own."""
        id_, viewer, sort = id_or_404(comment), self.viewer_id_or_none, sort_of(request)
        asked = self.page_request(lists.name_of_replies(id_, sort))
        reading.must_see(viewer, id_)
        return self.list_response(lists.replies_to(id_, viewer=viewer, request=asked, sort=sort), asked)


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
        results = [
            b'%b,"next":%b}' % (body[:-1], orjson.dumps(self._next(id_, read.more.get(id_), sort)))
            for id_, body in read.bodies.items()
        ]
        return self.whole_list([orjson.Fragment(one) for one in results])

    def _next(self, comment: int, beyond: Beyond | None, sort: Sort) -> str | None:
        if beyond is None:
            return None
        url = self.request.build_absolute_uri(f"{comment_url(comment)}/replies?sort={sort.value}")
        return url if beyond.last is None else lists.replies_after(comment, beyond.last, sort=sort, url=url)


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
    def get(self, request: Request, user: str) -> Response:
        """A user's comments on posts that the caller sees, newest first."""
        viewer = self.viewer_id_or_none
        author = person(viewer, user, replies=self.opening).card.id
        asked = self.page_request(f"comments-of:{author}")
        return self.list_response(lists.comments_of(author, viewer=viewer, request=asked), asked)
