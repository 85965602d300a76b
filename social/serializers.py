"""Shapes of the graph's answers, for the schema."""

from typing import Any

from drf_spectacular.utils import extend_schema_serializer
from rest_framework import serializers

from accounts.serializers import CountsSerializer, RelationSerializer, UserSerializer
from echomate.fields import IdField, PageSerializer


class StandingSerializer(serializers.Serializer[Any]):
    """What a toggle answers: how one stands to the user now, and the user's counts with one's own change in them."""

    viewer = RelationSerializer()
    counts = CountsSerializer()


@extend_schema_serializer(component_name="UserList")
class UserListSerializer(PageSerializer):
    results = UserSerializer(many=True)


class RelationOfSerializer(serializers.Serializer[Any]):
    id = IdField()
    viewer = RelationSerializer()


class RelationListSerializer(PageSerializer):
    results = RelationOfSerializer(many=True)
