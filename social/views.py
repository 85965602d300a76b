"""Users as their viewer sees them, and the graph between them."""

from collections.abc import Sequence
from dataclasses import replace

from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.selectors import present_me
from accounts.serializers import OwnUserSerializer, ProfileSerializer, UserSerializer
from accounts.services import replace_profile
from echomate import etags
from echomate.cache import Command
from echomate.errors import Forbidden
from echomate.ids import parse_id
from echomate.schema.parameters import IF_MATCH, IF_NONE_MATCH, PAGE, USER, ids
from echomate.throttling import Policy
from echomate.views import ApiView, ids_from_query
from social import selectors, services
from social.selectors import Person, Relation, lists
from social.selectors.search import normal, search
from social.serializers import RelationListSerializer, StandingSerializer, UserListSerializer

FOLLOWS = Policy("follows", 400, 86_400)
RELATIONS_AT_MOST = 50

NOT_SHOWN = OpenApiResponse(description="The user doesn't show it.")
ONESELF = OpenApiResponse(description="It is oneself.")


class PersonView(ApiView):
    """Base of what is about one user: they are read in the round trip that admits the caller."""

    def opening_reads(self, viewer_id: int | None) -> Sequence[Command]:
        return selectors.person_reads(viewer_id, self.kwargs["user"])

    def person(self, user: str, *, even_if_blocked: bool = False) -> Person:
        return selectors.person(
            self.viewer_id_or_none, user, replies=self.opening, even_if_blocked=even_if_blocked
        )


class UserView(PersonView):
    anonymous = True

    @extend_schema(
        operation_id="readUser",
        tags=["users"],
        parameters=[USER, IF_NONE_MATCH],
        responses={200: UserSerializer, 307: OpenApiResponse(description="They have another name now.")},
    )
    def get(self, request: Request, user: str) -> Response:
        """A user as the caller sees them. A name that was changed lately leads to the present one."""
        person = self.person(user)
        if parse_id(user) is None and user.lower() != person.card.username:
            return Response(status=307, headers={"Location": _renamed(request, person.card.username)})
        return etags.respond(request, person.present(), version=person.card.version)


def _renamed(request: Request, username: str) -> str:
    """The request's own path, query included, with another name."""
    base, _, query = request.get_full_path().partition("?")
    path = f"{base.rpartition('/')[0]}/{username}"
    return f"{path}?{query}" if query else path


class ProfileView(PersonView):
    @extend_schema(
        operation_id="replaceProfile",
        tags=["users"],
        parameters=[USER, IF_MATCH],
        request=ProfileSerializer,
        responses={200: OwnUserSerializer, 403: OpenApiResponse(description="It is another's.")},
    )
    def put(self, request: Request, user: str) -> Response:
        """Replace one's whole profile: what is left out is emptied; `locked` and `phone_number` stay then."""
        person = self.person(user)
        if person.card.id != self.viewer_id:
            raise Forbidden("A profile is changed by its owner.")
        given = self.validated(ProfileSerializer)
        changed = replace_profile(self.viewer_id, given, versions=etags.expected_versions(request))
        return etags.respond(request, present_me(changed, person.counts), version=int(changed.version))


class FollowView(PersonView):
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
        """Follow a user. Done twice, it is the same."""
        person = self.person(user)
        is_new = services.follow(follower=self.viewer_id, followed=person.card.id)
        return _standing(person, followers=int(is_new), following=True)

    @extend_schema(
        operation_id="unfollowUser",
        tags=["users"],
        parameters=[USER],
        responses={200: StandingSerializer, 400: ONESELF},
    )
    def delete(self, request: Request, user: str) -> Response:
        """Follow a user no longer."""
        person = self.person(user)
        existed = services.unfollow(follower=self.viewer_id, followed=person.card.id)
        return _standing(person, followers=-int(existed), following=False)


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
        return _standing(
            person,
            followers=-int(before.following),
            follows=-int(before.followed_by),
            blocking=True,
            following=False,
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
        return _standing(person, blocking=False)


def _standing(person: Person, *, followers: int = 0, follows: int = 0, **changed: bool) -> Response:
    """The answer to a toggle.

    Counts were read before the write and hold this very change on top. They trail by what others, or earlier
    calls, wrote a moment ago, which the projector is yet to count.
    """
    before = person.counts
    counts = before._replace(
        followers=max(0, before.followers + followers), following=max(0, before.following + follows)
    )
    relation = replace(person.relation or Relation(), **changed)
    return Response({"viewer": relation.shown, "counts": counts._asdict()})


class FollowersView(PersonView):
    @extend_schema(
        operation_id="listFollowers",
        tags=["users"],
        parameters=[USER, *PAGE],
        responses={200: UserListSerializer, 403: NOT_SHOWN},
    )
    def get(self, request: Request, user: str) -> Response:
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
    def get(self, request: Request, user: str) -> Response:
        """Whom a user follows, newest first, if the user shows it."""
        owner = self.person(user)
        page = self.page_request(f"following:{owner.card.id}")
        return self.list_response(lists.following(self.viewer_id, owner, page), page)


class FriendsView(ApiView):
    @extend_schema(
        operation_id="listFriends", tags=["users"], parameters=PAGE, responses={200: UserListSerializer}
    )
    def get(self, request: Request) -> Response:
        """Those who follow the caller and whom the caller follows, by account."""
        page = self.page_request(f"friends:{self.viewer_id}")
        return self.list_response(lists.friends(self.viewer_id, page), page)


class BlocksView(ApiView):
    @extend_schema(
        operation_id="listBlocks", tags=["users"], parameters=PAGE, responses={200: UserListSerializer}
    )
    def get(self, request: Request) -> Response:
        """Whom the caller blocks, by account."""
        page = self.page_request(f"blocks:{self.viewer_id}")
        return self.list_response(lists.blocks(self.viewer_id, page), page)


class RelationsView(ApiView):
    @extend_schema(
        operation_id="listRelations",
        tags=["users"],
        parameters=[ids(RELATIONS_AT_MOST)],
        responses={200: RelationListSerializer},
    )
    def get(self, request: Request) -> Response:
        """How the caller stands to users; those that the caller may not know of are left out."""
        ids = ids_from_query(request, most=RELATIONS_AT_MOST)
        found = selectors.people(self.viewer_id, list(dict.fromkeys(ids)), with_blocked=True)
        results = [
            {"id": str(one.card.id), "viewer": one.relation.shown}
            for one in found
            if one and one.relation and not one.relation.blocked_by
        ]
        return self.whole_list(results)


class SearchView(ApiView):
    anonymous = True

    @extend_schema(
        operation_id="searchUsers",
        tags=["users"],
        parameters=[
            OpenApiParameter(
                "q",
                {"type": "string", "minLength": 2},
                required=True,
                description="The beginning of a username.",
            ),
            *PAGE,
        ],
        responses={200: UserListSerializer},
    )
    def get(self, request: Request) -> Response:
        """Users whose name begins so, in the order of names."""
        query = request.query_params.get("q", "")
        page = self.page_request(f"search:{normal(query)}")
        return self.list_response(search(self.viewer_id_or_none, query, page), page)
