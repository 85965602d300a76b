"""What asking to be erased, and coming back, take and give."""

from typing import Any

from rest_framework import serializers

from echomate.fields import BodySerializer, StringField


class ErasingSerializer(serializers.Serializer[Any]):
    """An account that nobody sees any more."""

    erased_at = serializers.DateTimeField(help_text="Until then one may come back.")


class RestoreSerializer(BodySerializer):
    token = StringField(max_length=128, help_text="From the link in the mail.")
