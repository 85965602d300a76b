"""Lists of users."""

from django.http import HttpResponse
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework.request import Request

from echomate.schema.parameters import PAGE, USER
from echomate.views import ApiView
from social.selectors import lists
from social.serializers import UserListSerializer
from social.views.person import PersonView

NOT_SHOWN = OpenApiResponse(description="The user doesn't show it.")


class FollowersView(PersonView):
    @extend_schema(
        operation_id="listFollowers",
        tags=["users"],
        parameters=[USER, *PAGE],
        responses={200: UserListSerializer, 403: NOT_SHOWN},
    )
    def get(self, request: Request, user: str) -> HttpResponse:
        """Who follows a user, newest first, if the user shows it."""
        owner = self.person(user)
        page = self.page_request(f"followers:{owner.card.id}")
        return self.list_response(lists.followers(self.viewer_id, owner, page), page)


class FollowingView(PersonView):
    @extend_schema(
        operation_id="listFollowing",
        tags=["users"],
        parameters=[USER, *PAGE],
        responses={200: UserListSerializer, 403: NOT_SHOWN},
    )
    def get(self, request: Request, user: str) -> HttpResponse:
        """Whom a user follows, newest first, if the user shows it."""
        owner = self.person(user)
        page = self.page_request(f"following:{owner.card.id}")
        return self.list_response(lists.following(self.viewer_id, owner, page), page)


class FriendsView(ApiView):
    @extend_schema(
        operation_id="listFriends", tags=["users"], parameters=PAGE, responses={200: UserListSerializer}
    )
    def get(self, request: Request) -> HttpResponse:
        """Those who follow the caller and whom the caller follows, by account."""
        page = self.page_request(f"friends:{self.viewer_id}")
        return self.list_response(lists.friends(self.viewer_id, page), page)


class BlocksView(ApiView):
    @extend_schema(
        operation_id="listBlocks", tags=["users"], parameters=PAGE, responses={200: UserListSerializer}
    )
    def get(self, request: Request) -> HttpResponse:
        """Whom the caller blocks, by account."""
        page = self.page_request(f"blocks:{self.viewer_id}")
        return self.list_response(lists.blocks(self.viewer_id, page), page)


class MutesView(ApiView):
    @extend_schema(
        operation_id="listMutes", tags=["users"], parameters=PAGE, responses={200: UserListSerializer}
    )
    def get(self, request: Request) -> HttpResponse:
        """Whom the caller mutes, by account."""
        page = self.page_request(f"mutes:{self.viewer_id}")
        return self.list_response(lists.mutes(self.viewer_id, page), page)
