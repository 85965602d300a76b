"""One's own user."""

from collections.abc import Callable, Sequence

from django.http import HttpResponse
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from accounts import selectors, services, stepping_up
from accounts.models import User
from accounts.presentation import present_me
from accounts.serializers.erasing import ErasingSerializer
from accounts.serializers.profile import AccountSerializer
from accounts.serializers.users import OwnUserSerializer
from accounts.services import erasing
from accounts.views.base import STEP_UP, OwnView
from echomate import cache, etags, keys
from echomate.ids import rfc3339
from echomate.schema.parameters import IF_MATCH, IF_NONE_MATCH


class MeView(OwnView):
    def opening_reads(self, viewer_id: int | None) -> Sequence[cache.Command]:
        return [("GET", keys.cached_user_stats(viewer_id or 0))]

    @extend_schema(
        operation_id="readMe", tags=["users"], parameters=[IF_NONE_MATCH], responses={200: OwnUserSerializer}
    )
    def get(self, request: Request) -> HttpResponse:
        """One's own user."""
        return self._show(request, selectors.own_user(self.viewer_id))

    @extend_schema(
        operation_id="editMe",
        tags=["users"],
        parameters=[IF_MATCH],
        request=AccountSerializer,
        responses={200: OwnUserSerializer},
    )
    def patch(self, request: Request) -> HttpResponse:
        """Change one's profile and settings: what is given."""
        return self._edit(request, services.edit_account)

    @extend_schema(
        operation_id="replaceMe",
        tags=["users"],
        parameters=[IF_MATCH],
        request=AccountSerializer,
        responses={200: OwnUserSerializer},
    )
    def put(self, request: Request) -> HttpResponse:
        """Replace one's profile and settings: what is left out takes its default."""
        return self._edit(request, services.replace_account)

    @extend_schema(
        operation_id="eraseMe",
        tags=["users"],
        parameters=[IF_MATCH],
        request=None,
        responses={
            202: ErasingSerializer,
            403: STEP_UP,
        },
    )
    def delete(self, request: Request) -> Response:
        """Ask for one's account to be erased. It is hidden at once and sessions end; one may come back for a time."""
        stepping_up.require(self.viewer)
        erased_at = erasing.request_erasure(self.viewer_id, versions=etags.expected_versions(request))
        return Response({"erased_at": rfc3339(erased_at)}, status=202)

    def _edit(self, request: Request, edit: Callable[..., User]) -> HttpResponse:
        given = self.validated(AccountSerializer)
        return self._show(request, edit(self.viewer_id, given, versions=etags.expected_versions(request)))

    def _show(self, request: Request, user: User) -> HttpResponse:
        found = self.opening[0] if self.opening else None
        counts = selectors.stats.one(user.id, found=found if isinstance(found, bytes) else None)
        return etags.respond(
            request, present_me(user, counts or selectors.NO_COUNTS), version=int(user.version)
        )
