"""Users as their viewer sees them."""

from django.http import HttpResponse
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.selectors import present_me
from accounts.serializers import OwnUserSerializer, ProfileSerializer, UserSerializer
from accounts.services import replace_profile
from echomate import etags
from echomate.errors import Forbidden
from echomate.ids import parse_id
from echomate.schema.parameters import IF_MATCH, IF_NONE_MATCH, PAGE, USER, ids
from echomate.views import ApiView, ids_from_query
from social import selectors
from social.selectors.search import QUERY_AT_MOST, SHORTEST, normal, search
from social.serializers import RelationListSerializer, UserListSerializer
from social.views.person import PersonView

RELATIONS_AT_MOST = 50


class UserView(PersonView):
    anonymous = True

    @extend_schema(
        operation_id="readUser",
        tags=["users"],
        parameters=[USER, IF_NONE_MATCH],
        responses={200: UserSerializer, 307: OpenApiResponse(description="They have another name now.")},
    )
    def get(self, request: Request, user: str) -> HttpResponse:
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
    def put(self, request: Request, user: str) -> HttpResponse:
        """Replace one's whole profile: what is left out is emptied; `locked` and `phone_number` stay then."""
        person = self.person(user)
        if person.card.id != self.viewer_id:
            raise Forbidden("A profile is changed by its owner.")
        given = self.validated(ProfileSerializer)
        changed = replace_profile(self.viewer_id, given, versions=etags.expected_versions(request))
        return etags.respond(request, present_me(changed, person.counts), version=int(changed.version))


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
    list_parameters = frozenset({"q"})
    anonymous = True

    @extend_schema(
        operation_id="searchUsers",
        tags=["users"],
        parameters=[
            OpenApiParameter(
                "q",
                {"type": "string", "minLength": SHORTEST, "maxLength": QUERY_AT_MOST},
                required=True,
                description="The beginning of a username.",
            ),
            *PAGE,
        ],
        responses={200: UserListSerializer},
    )
    def get(self, request: Request) -> HttpResponse:
        """Users whose name begins so, in the order of names."""
        query = request.query_params.get("q", "")
        page = self.page_request(f"search:{normal(query)}")
        return self.list_response(search(self.viewer_id_or_none, query, page), page)
