"""Uploads: begun here, sent to S3 by the browser, completed here, and looked at until they are ready."""

from typing import Any

from django.utils import translation
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from echomate import objects
from echomate.ids import at_milliseconds, rfc3339
from echomate.schema.parameters import MEDIA
from echomate.throttling import Policy
from echomate.views import ApiView, id_or_404
from media import selectors, services
from media.models import Media
from media.presentation import present
from media.purposes import Purpose
from media.serializers import AltSerializer, CreatedMediaSerializer, MediaSerializer, NewMediaSerializer
from media.services import Declaration

MEDIA_LIMIT = Policy("media", 30, 30 * 60)


def shown(request: Request, media: Media) -> dict[str, Any]:
    """As its owner sees it, in their language."""
    described, progress = selectors.describe(media), selectors.progress_of(media)
    with translation.override(translation.get_language_from_request(request._request)):
        return present(described, hour=objects.this_hour(), progress=progress)


class MediaView(ApiView):
    idempotent = frozenset({"POST"})
    policies = {"POST": MEDIA_LIMIT}

    @extend_schema(
        operation_id="createMedia",
        tags=["media"],
        request=NewMediaSerializer,
        responses={201: CreatedMediaSerializer},
    )
    def post(self, request: Request) -> Response:
        """Announce a file and get the form by which a browser uploads it to S3 itself, within the hour."""
        given = self.validated(NewMediaSerializer)
        declared = Declaration(**{**given, "purpose": Purpose(given["purpose"])})
        media = services.create(owner=self.viewer_id, declared=declared, creation=self.creation)
        form = services.form(media)
        expires_at = rfc3339(at_milliseconds(form.expires_at * 1000))
        upload = {"url": form.url, "fields": form.fields, "expires_at": expires_at}
        location = f"/api/v1/media/{int(media.id)}"
        return Response(
            {"media": shown(request, media), "upload": upload}, status=201, headers={"Location": location}
        )


class CompleteView(ApiView):
    @extend_schema(
        operation_id="completeMedia",
        tags=["media"],
        parameters=[MEDIA],
        request=None,
        responses={202: MediaSerializer, 409: OpenApiResponse(description="The upload has not arrived.")},
    )
    def post(self, request: Request, media: str) -> Response:
        """Say that the file is uploaded. Ask for the medium then, until it is ready or rejected."""
        completed = services.complete(owner=self.viewer_id, media=id_or_404(media))
        return Response(shown(request, completed), status=202)


class MediumView(ApiView):
    @extend_schema(
        operation_id="readMedia", tags=["media"], parameters=[MEDIA], responses={200: MediaSerializer}
    )
    def get(self, request: Request, media: str) -> Response:
        """A medium of one's own: what others may see is in the post that shows it."""
        return Response(shown(request, selectors.read(id_or_404(media), owner=self.viewer_id)))

    @extend_schema(
        operation_id="editMedia",
        tags=["media"],
        parameters=[MEDIA],
        request=AltSerializer,
        responses={200: MediaSerializer},
    )
    def patch(self, request: Request, media: str) -> Response:
        """Give it another alternative text, also where it is shown already."""
        found = selectors.read(id_or_404(media), owner=self.viewer_id)
        given = self.validated(AltSerializer, partial=True)
        if "alt" in given:
            found = services.describe_anew(owner=self.viewer_id, media=int(found.id), alt=given["alt"])
        return Response(shown(request, found))

    @extend_schema(
        operation_id="deleteMedia",
        tags=["media"],
        parameters=[MEDIA],
        responses={204: None, 409: OpenApiResponse(description="Something shows it.")},
    )
    def delete(self, request: Request, media: str) -> Response:
        """Remove a medium that nothing shows, with all its files."""
        services.delete(owner=self.viewer_id, media=id_or_404(media))
        return Response(status=204)
