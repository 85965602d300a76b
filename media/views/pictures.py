"""The avatar and the cover of one's own user."""

from collections.abc import Callable, Sequence
from typing import ClassVar

from django.http import HttpResponse
from drf_spectacular.utils import OpenApiResponse, extend_schema, extend_schema_view
from rest_framework.request import Request

from accounts.selectors import own_user, present_me, stats
from accounts.serializers import OwnUserSerializer
from echomate import etags, keys
from echomate.cache import Command
from echomate.views import ApiView
from media import services
from media.purposes import Purpose
from media.serializers import PictureSerializer

NOT_READY = OpenApiResponse(description="`media-not-ready`: ask again after `Retry-After`. `media-attached`.")


class _PictureView(ApiView):
    purpose: ClassVar[Purpose]

    def opening_reads(self, viewer_id: int | None) -> Sequence[Command]:
        return [("GET", keys.cached_user_stats(viewer_id))] if viewer_id is not None else ()

    def put(self, request: Request) -> HttpResponse:
        """Show a medium that was uploaded for this. The one before is removed."""
        media = self.validated(PictureSerializer)["media_id"]
        services.show(user=self.viewer_id, purpose=self.purpose, media=media)
        return self._user(request)

    def delete(self, request: Request) -> HttpResponse:
        """Show it no more, and remove it."""
        services.hide(user=self.viewer_id, purpose=self.purpose)
        return self._user(request)

    def _user(self, request: Request) -> HttpResponse:
        user = own_user(self.viewer_id)
        counts = stats.get([user.id], found={user.id: self.opening[0]} if self.opening else None)[user.id]
        return etags.respond(request, present_me(user, counts), version=int(user.version))


def _named(picture: str) -> Callable[[type[_PictureView]], type[_PictureView]]:
    """The operations of a view, each with a name of its own."""
    return extend_schema_view(
        put=extend_schema(
            operation_id=f"set{picture}",
            tags=["users"],
            request=PictureSerializer,
            responses={200: OwnUserSerializer, 409: NOT_READY},
        ),
        delete=extend_schema(
            operation_id=f"remove{picture}", tags=["users"], request=None, responses={200: OwnUserSerializer}
        ),
    )


@_named("Avatar")
class AvatarView(_PictureView):
    purpose = Purpose.AVATAR


@_named("Cover")
class CoverView(_PictureView):
    purpose = Purpose.COVER
