"""Shapes of the graph's answers, for the schema."""

from typing import Any

from drf_spectacular.utils import extend_schema_serializer
from rest_framework import serializers

from accounts.serializers import CountsSerializer, RelationSerializer, UserSerializer


class StandingSerializer(serializers.Serializer[Any]):
    """What a toggle answers: how one stands to the user now, and the user's counts with one's own change in them."""

    viewer = RelationSerializer()
    counts = CountsSerializer()


@extend_schema_serializer(component_name="UserList")
class UserPageSerializer(serializers.Serializer[Any]):
    results = UserSerializer(many=True)
    next = serializers.CharField(allow_null=True)
    previous = serializers.CharField(allow_null=True)


class RelationOfSerializer(serializers.Serializer[Any]):
    id = serializers.CharField()
    viewer = RelationSerializer()


class RelationListSerializer(serializers.Serializer[Any]):
    results = RelationOfSerializer(many=True)
    next = serializers.CharField(allow_null=True, help_text="Always null.")
    previous = serializers.CharField(allow_null=True, help_text="Always null.")
