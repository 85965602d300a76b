"""Lists: of posts, of who likes one, of what one was."""

from collections.abc import Sequence

from django.http import HttpResponse
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework.request import Request

from accounts.selectors import Card
from echomate.cache import Command
from echomate.errors import Forbidden
from echomate.schema.parameters import PAGE, POST, USER
from echomate.views import ApiView, id_or_404
from posts import lists
from posts.serializers import PostListSerializer, PostVersionListSerializer
from posts.views.one import OnePostView
from social.selectors import person, person_reads
from social.serializers import UserListSerializer


class HistoryView(OnePostView):
    anonymous = True

    @extend_schema(
        operation_id="listPostVersions",
        tags=["posts"],
        parameters=[POST, *PAGE],
        responses={200: PostVersionListSerializer},
    )
    def get(self, request: Request, post: str) -> HttpResponse:
        """What a post was before its edits, the last one first; for all who see the post.

        At most 50 are kept: the first and the latest. Of a post for those it mentions, they see the versions that
        mentioned them.
        """
        seen, id_ = self.must_see(post), id_or_404(post)
        asked = self.page_request(f"history:{id_}")
        page = lists.history(id_, seen=seen, viewer=self.viewer_id_or_none, request=asked)
        return self.list_response(page, asked)


class BookmarksView(ApiView):
    @extend_schema(
        operation_id="listBookmarks",
        tags=["posts"],
        parameters=[*PAGE],
        responses={200: PostListSerializer},
    )
    def get(self, request: Request) -> HttpResponse:
        """The posts that one has bookmarked and still sees, latest bookmark first."""
        asked = self.page_request(f"bookmarks:{self.viewer_id}")
        return self.list_response(lists.bookmarks(self.viewer_id, request=asked), asked)


class LikersView(OnePostView):
    @extend_schema(
        operation_id="listLikers",
        tags=["posts"],
        parameters=[POST, *PAGE],
        responses={200: UserListSerializer},
    )
    def get(self, request: Request, post: str) -> HttpResponse:
        """Who likes a post, by account."""
        self.must_see(post)
        id_ = id_or_404(post)
        asked = self.page_request(f"likers:{id_}")
        return self.list_response(lists.likers(id_, viewer=self.viewer_id, request=asked), asked)


class _OfUser(ApiView):
    """Base of what is about one user: they are read in the round trip that admits the caller."""

    def opening_reads(self, viewer_id: int | None) -> Sequence[Command]:
        return person_reads(viewer_id, self.kwargs["user"])

    def person(self, user: str) -> Card:
        """Raises `NotFound`, also for one who blocks the viewer."""
        return person(self.viewer_id_or_none, user, replies=self.opening).card


class UserPostsView(_OfUser):
    anonymous = True

    @extend_schema(
        operation_id="listUserPosts",
        tags=["posts"],
        parameters=[USER, *PAGE],
        responses={200: PostListSerializer},
    )
    def get(self, request: Request, user: str) -> HttpResponse:
        """A user's posts, newest first."""
        author = self.person(user).id
        asked = self.page_request(f"posts:{author}")
        return self.list_response(lists.posts_of(author, viewer=self.viewer_id_or_none, request=asked), asked)


class UserLikesView(_OfUser):
    @extend_schema(
        operation_id="listUserLikes",
        tags=["posts"],
        parameters=[USER, *PAGE],
        responses={200: PostListSerializer, 403: OpenApiResponse(description="The user doesn't show it.")},
    )
    def get(self, request: Request, user: str) -> HttpResponse:
        """The posts that a user likes, latest like first, if the user shows it."""
        owner = self.person(user)
        if owner.id != self.viewer_id and not owner.show_likes:
            raise Forbidden("What they like is for themselves.")
        asked = self.page_request(f"likes:{owner.id}")
        return self.list_response(lists.posts_liked_by(owner.id, viewer=self.viewer_id, request=asked), asked)
