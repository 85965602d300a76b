"""What the graph takes, and the shapes of its answers."""

from datetime import UTC, datetime, timedelta
from typing import Any

from drf_spectacular.utils import extend_schema_serializer
from rest_framework import serializers

from accounts.serializers import CountsSerializer, RelationSerializer, UserSerializer
from echomate.fields import BodySerializer, FlagField, IdField, MomentField, PageSerializer

MUTED_AT_MOST = timedelta(days=3653)


class StandingSerializer(serializers.Serializer[Any]):
    """What a toggle answers: how one stands to the user now, and the user's counts with one's own change in them."""

    viewer = RelationSerializer()
    counts = CountsSerializer()


class MuteSerializer(BodySerializer):
    until = MomentField(
        required=False,
        allow_null=True,
        default=None,
        help_text="In the future, within ten years; null or nothing: for good.",
    )
    notifications = FlagField(default=True, help_text="Whether there are no notifications either.")

    def validate_until(self, value: datetime | None) -> datetime | None:
        now = datetime.now(UTC)
        if value is not None and not now < value <= now + MUTED_AT_MOST:
            raise serializers.ValidationError("A moment in the future, within ten years.")
        return value


@extend_schema_serializer(component_name="UserList")
class UserListSerializer(PageSerializer):
    results = UserSerializer(many=True)


class RelationOfSerializer(serializers.Serializer[Any]):
    id = IdField()
    viewer = RelationSerializer()


class RelationListSerializer(PageSerializer):
    results = RelationOfSerializer(many=True)
