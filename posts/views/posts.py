"""Posts: created, read, edited, deleted."""

from collections.abc import Sequence

import orjson
from django.http import HttpResponse
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.selectors import Card, cards
from echomate import etags, keys
from echomate.cache import Command
from echomate.errors import Unauthenticated
from echomate.schema.parameters import IF_MATCH, IF_NONE_MATCH, POST, ids
from echomate.throttling import Policy
from echomate.views import ApiView, id_or_404, ids_from_query
from posts import reading, services
from posts.hydration import cards_for, show
from posts.presentation import present
from posts.selectors import NO_COUNTS
from posts.serializers import (
    EditedPostSerializer,
    NewPostSerializer,
    PostListSerializer,
    PostSerializer,
)
from posts.services import Draft
from posts.text import guess_language
from posts.views.one import OnePostView

POSTS = Policy("posts", 300, 3 * 3600)
IDS_AT_MOST = 50

NOT_YOURS = OpenApiResponse(description="It is somebody else's post.")


class PostsView(ApiView):
    anonymous = True
    idempotent = frozenset({"POST"})
    policies = {"POST": POSTS}

    def opening_reads(self, viewer_id: int | None) -> Sequence[Command]:
        is_creation = viewer_id is not None and self.request.method == "POST"
        return [("GET", keys.cached_user(viewer_id))] if is_creation and viewer_id else ()

    @extend_schema(
        operation_id="listPostsById",
        tags=["posts"],
        parameters=[ids(IDS_AT_MOST)],
        responses={200: PostListSerializer},
    )
    def get(self, request: Request) -> Response:
        """Posts by their ids; those that the caller may not know of are left out."""
        ids = dict.fromkeys(ids_from_query(request, most=IDS_AT_MOST))
        shown = show(self.viewer_id_or_none, list(ids))
        results = [orjson.Fragment(post) for post in shown if post is not None]
        return self.whole_list(results)

    @extend_schema(
        operation_id="createPost",
        tags=["posts"],
        request=NewPostSerializer,
        responses={201: PostSerializer, 409: OpenApiResponse()},
    )
    def post(self, request: Request) -> HttpResponse:
        """Publish a post."""
        author = self._author()
        given = self.validated(NewPostSerializer)
        draft = Draft(**{**_defaults(author, given["content"]), **given})
        post = services.create(author=author.id, draft=draft, creation=self.creation)
        people = {author.id: author, **cards_for(author.id, post.mentioned)}
        answer = etags.respond(request, present(post, people, NO_COUNTS, 0), version=post.version)
        answer.status_code = 201
        answer.headers["Location"] = f"/api/v1/posts/{post.id}"
        return answer

    def _author(self) -> Card:
        """Who posts. Their session stands, so they were active a moment ago."""
        found = self.opening[0] if self.opening else None
        card = cards.one(self.viewer_id, found=found)
        if card is None:
            raise Unauthenticated(type="session-revoked")
        return card


def _defaults(author: Card, content: str) -> dict[str, str]:
    """What the text tells, else the author's settings, where they say nothing themselves."""
    language = guess_language(content) or author.default_language
    return {"visibility": author.default_visibility, "language": language}


class PostView(OnePostView):
    anonymous = True

    @extend_schema(
        operation_id="readPost",
        tags=["posts"],
        parameters=[POST, IF_NONE_MATCH],
        responses={200: PostSerializer},
    )
    def get(self, request: Request, post: str) -> HttpResponse:
        """A post as the caller sees it."""
        seen = self.must_see(post)
        return etags.respond(request, seen.body, version=seen.version)

    @extend_schema(
        operation_id="replacePost",
        tags=["posts"],
        parameters=[POST, IF_MATCH],
        request=EditedPostSerializer,
        responses={200: PostSerializer, 403: NOT_YOURS, 409: OpenApiResponse()},
    )
    def put(self, request: Request, post: str) -> HttpResponse:
        """Replace what one wrote; what is left out takes its default."""
        return self._edit(request, id_or_404(post), partial=False)

    @extend_schema(
        operation_id="editPost",
        tags=["posts"],
        parameters=[POST, IF_MATCH],
        request=EditedPostSerializer,
        responses={200: PostSerializer, 403: NOT_YOURS, 409: OpenApiResponse()},
    )
    def patch(self, request: Request, post: str) -> HttpResponse:
        """Change what is given of one's own post."""
        return self._edit(request, id_or_404(post), partial=True)

    def _edit(self, request: Request, post: int, *, partial: bool) -> HttpResponse:
        editor = self.viewer_id
        changes = self.validated(
            EditedPostSerializer, partial=partial, permit=lambda: services.own_post(editor, post)
        )
        services.edit(editor=editor, post=post, changes=changes, expected=etags.expected_versions(request))
        seen = reading.must_see(editor, post)
        return etags.respond(request, seen.body, version=seen.version)

    @extend_schema(
        operation_id="deletePost",
        tags=["posts"],
        parameters=[POST, IF_MATCH],
        request=None,
        responses={204: OpenApiResponse(), 403: NOT_YOURS},
    )
    def delete(self, request: Request, post: str) -> Response:
        """Delete one's own post."""
        expected = etags.expected_versions(request)
        services.delete(author=self.viewer_id, post=id_or_404(post), expected=expected)
        return Response(status=204)
