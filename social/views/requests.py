"""Who asks to follow the caller, and who does."""

from django.http import HttpResponse
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from echomate.schema.parameters import PAGE, USER
from echomate.views import ApiView
from social import services
from social.selectors import lists
from social.serializers import StandingSerializer, UserListSerializer
from social.views.person import PersonView, standing

NOTHING = OpenApiResponse(description="It is so.")


class FollowRequestsView(ApiView):
    @extend_schema(
        operation_id="listFollowRequests",
        tags=["users"],
        parameters=PAGE,
        responses={200: UserListSerializer},
    )
    def get(self, request: Request) -> HttpResponse:
        """Who asks to follow the caller, newest first."""
        page = self.page_request(f"follow-requests:{self.viewer_id}")
        return self.list_response(lists.follow_requests(self.viewer_id, page), page)


class AcceptView(PersonView):
    @extend_schema(
        operation_id="acceptFollowRequest",
        tags=["users"],
        parameters=[USER],
        request=None,
        responses={200: StandingSerializer},
    )
    def post(self, request: Request, user: str) -> Response:
        """Let a user follow who asks to."""
        person = self.person(user)
        services.accept(owner=self.viewer_id, follower=person.card.id)
        return standing(person, follows=1, followed_by=True)


class FollowRequestView(PersonView):
    @extend_schema(
        operation_id="rejectFollowRequest", tags=["users"], parameters=[USER], responses={204: NOTHING}
    )
    def delete(self, request: Request, user: str) -> Response:
        """Reject a user's request. They aren't told, and may ask again."""
        services.reject(owner=self.viewer_id, follower=self.person(user).card.id)
        return Response(status=204)


class FollowerView(PersonView):
    @extend_schema(operation_id="removeFollower", tags=["users"], parameters=[USER], responses={204: NOTHING})
    def delete(self, request: Request, user: str) -> Response:
        """Take a follower away. They aren't told; a locked account they have to ask again."""
        services.remove_follower(owner=self.viewer_id, follower=self.person(user).card.id)
        return Response(status=204)
