"""Follow, block, mute, and the way back."""

from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from echomate.schema.parameters import USER
from echomate.throttling import Policy
from social import services
from social.selectors import Relation
from social.serializers import MuteSerializer, StandingSerializer
from social.views.person import PersonView, standing

FOLLOWS = Policy("follows", 400, 86_400)

ONESELF = OpenApiResponse(description="It is oneself.")


class FollowView(PersonView):
    with_follows = False  # the answer says what has become of it
    policies = {"POST": FOLLOWS}

    @extend_schema(
        operation_id="followUser",
        tags=["users"],
        parameters=[USER],
        request=None,
        responses={
            200: StandingSerializer,
            400: ONESELF,
            403: OpenApiResponse(description="One blocks this user."),
        },
    )
    def post(self, request: Request, user: str) -> Response:
        """Follow a user, or ask to, where the account is locked. Done twice, it is the same."""
        person = self.person(user)
        done = services.follow(follower=self.viewer_id, followed=person.card.id)
        return standing(
            person,
            followers=int(done.following and done.is_new),
            following=done.following,
            requested=not done.following,
        )

    @extend_schema(
        operation_id="unfollowUser",
        tags=["users"],
        parameters=[USER],
        responses={200: StandingSerializer, 400: ONESELF},
    )
    def delete(self, request: Request, user: str) -> Response:
        """Follow a user no longer, or ask no longer."""
        person = self.person(user)
        existed = services.unfollow(follower=self.viewer_id, followed=person.card.id)
        return standing(person, followers=-int(existed), following=False, requested=False)


class BlockView(PersonView):
    @extend_schema(
        operation_id="blockUser",
        tags=["users"],
        parameters=[USER],
        request=None,
        responses={200: StandingSerializer, 400: ONESELF},
    )
    def post(self, request: Request, user: str) -> Response:
        """Block a user: neither sees the other any more, and follows between them end."""
        person = self.person(user, even_if_blocked=True)
        services.block(blocker=self.viewer_id, blocked=person.card.id)
        before = person.relation or Relation()
        return standing(
            person,
            followers=-int(before.following),
            follows=-int(before.followed_by),
            blocking=True,
            following=False,
            requested=False,
            followed_by=False,
        )

    @extend_schema(
        operation_id="unblockUser",
        tags=["users"],
        parameters=[USER],
        responses={200: StandingSerializer, 400: ONESELF},
    )
    def delete(self, request: Request, user: str) -> Response:
        """Lift a block. Follows don't come back."""
        person = self.person(user, even_if_blocked=True)
        services.unblock(blocker=self.viewer_id, blocked=person.card.id)
        return standing(person, blocking=False)


class MuteView(PersonView):
    @extend_schema(
        operation_id="muteUser",
        tags=["users"],
        parameters=[USER],
        request=MuteSerializer,
        responses={200: StandingSerializer},
    )
    def post(self, request: Request, user: str) -> Response:
        """Keep a user's posts out of one's feeds, for good or until a moment. Nobody is told."""
        person = self.person(user)
        given = self.validated(MuteSerializer)
        services.mute(muter=self.viewer_id, muted=person.card.id, **given)
        return standing(person, muting=True)

    @extend_schema(
        operation_id="unmuteUser",
        tags=["users"],
        parameters=[USER],
        responses={200: StandingSerializer, 400: ONESELF},
    )
    def delete(self, request: Request, user: str) -> Response:
        """Meet a user's posts again."""
        person = self.person(user)
        services.unmute(muter=self.viewer_id, muted=person.card.id)
        return standing(person, muting=False)
