"""The home feed, the public timeline, and those of hashtags."""

from collections.abc import Sequence

from django.http import HttpResponse
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request

from echomate.cache import Command
from echomate.errors import NotFound
from echomate.schema.parameters import PAGE, TAG
from echomate.views import ApiView, list_response
from feeds import selectors
from feeds.serializers import FeedSerializer
from posts.selectors import tag_name
from posts.serializers import PostListSerializer


class FeedView(ApiView):
    """GET /feed."""

    def opening_reads(self, viewer_id: int | None) -> Sequence[Command]:
        if viewer_id is None:
            return ()
        self.page = self.page_request(f"feed:{viewer_id}")
        return selectors.home_reads(viewer_id, self.page)

    @extend_schema(operation_id="readFeed", tags=["feeds"], parameters=PAGE, responses={200: FeedSerializer})
    def get(self, request: Request) -> HttpResponse:
        """The caller's own posts and those of the people they follow, newest first."""
        page, state = selectors.home(self.viewer_id, self.page, opening=self.opening)
        return list_response(request, page, self.page, state=state)


class TimelineView(ApiView):
    """GET /timeline."""

    anonymous = True

    def opening_reads(self, viewer_id: int | None) -> Sequence[Command]:
        self.page = self.page_request("timeline")
        return selectors.public_reads(self.page)

    @extend_schema(
        operation_id="readTimeline", tags=["feeds"], parameters=PAGE, responses={200: PostListSerializer}
    )
    def get(self, request: Request) -> HttpResponse:
        """All public posts, newest first."""
        page = selectors.public(self.viewer_id_or_none, self.page, opening=self.opening)
        return list_response(request, page, self.page)


class TagTimelineView(ApiView):
    """GET /tags/{tag}/timeline."""

    anonymous = True

    def opening_reads(self, viewer_id: int | None) -> Sequence[Command]:
        tag = tag_name(self.kwargs["tag"])
        if tag is None:
            raise NotFound
        self.tag, self.page = tag, self.page_request(f"tag:{tag}")
        return selectors.tagged_reads(self.tag, self.page)

    @extend_schema(
        operation_id="readTagTimeline",
        tags=["feeds"],
        parameters=[TAG, *PAGE],
        responses={200: PostListSerializer},
    )
    def get(self, request: Request, tag: str) -> HttpResponse:
        """The public posts that bear a hashtag, newest first."""
        page = selectors.tagged(self.viewer_id_or_none, self.tag, self.page, opening=self.opening)
        return list_response(request, page, self.page)
