"""What this installation is and what it allows: GET /instance, for clients that talk to several."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from echomate import VERSION, paging
from echomate.config import config
from echomate.fields import URL_AT_MOST
from echomate.views import ApiView

NAME_MAX, WORD_MAX, PARTS_MAX = 200, 100, 100
_limits: dict[str, int] = {"page": paging.MAX_LIMIT}
_media_types: list[str] = []


def declare_limits(**limits: int) -> None:
    """Enter limits of an app, by names that say what they count: `post_characters=5000`."""
    _limits.update(limits)


def declare_media_types(*types: str) -> None:
    """Enter what may be uploaded."""
    _media_types.extend(types)


class InstanceSerializer(serializers.Serializer[Any]):
    name = serializers.CharField(max_length=NAME_MAX)
    version = serializers.CharField(max_length=WORD_MAX)
    limits = serializers.DictField(
        child=serializers.IntegerField(min_value=0), help_text="By what they count."
    )
    media_types = serializers.ListField(
        child=serializers.CharField(max_length=WORD_MAX),
        max_length=PARTS_MAX,
        help_text="What may be uploaded.",
    )
    features = serializers.ListField(
        child=serializers.CharField(max_length=WORD_MAX),
        max_length=PARTS_MAX,
        help_text="Optional parts that are on.",
    )
    vapid_key = serializers.CharField(max_length=128, allow_null=True, help_text="Public key of Web Push.")
    oidc_issuers = serializers.ListField(
        child=serializers.CharField(max_length=URL_AT_MOST),
        max_length=PARTS_MAX,
        help_text="Who else may log one in.",
    )


class InstanceView(ApiView):
    anonymous = True

    @extend_schema(operation_id="readInstance", tags=["instance"], responses={200: InstanceSerializer})
    def get(self, request: Request) -> Response:
        """What this installation is and what it allows."""
        return Response(
            {
                "name": config.instance_name,
                "version": VERSION,
                "limits": _limits,
                "media_types": _media_types,
                "features": [],
                "vapid_key": None,
                "oidc_issuers": [one.issuer for one in config.oidc_issuers],
            }
        )
