"""What the calls of sessions and the password take and give."""

from typing import Any

from rest_framework import serializers

from accounts import passwords
from accounts.serializers.signing_in import DeviceTokenField, SecretField
from echomate.fields import BodySerializer, PageSerializer

SESSION = {
    "id": "5f0c2a7be1d94c36a8b1c2d3",
    "device": "Firefox on Linux",
    "address": "192.0.2.0/24",
    "created_at": "2026-11-20T09:30:00.000Z",
    "last_used_at": "2026-11-20T18:12:00.000Z",
    "current": True,
}


class SessionSerializer(serializers.Serializer[Any]):
    example = SESSION

    id = serializers.CharField(max_length=24)
    device = serializers.CharField(
        max_length=100, allow_blank=True, help_text="Browser and system; empty where it told neither."
    )
    address = serializers.CharField(
        max_length=43,
        allow_blank=True,
        help_text="Coarsely: the /24 of an IPv4 address, the /48 of an IPv6 one.",
    )
    created_at = serializers.DateTimeField()
    last_used_at = serializers.DateTimeField(help_text="Noted every 10 minutes at most.")
    current = serializers.BooleanField(help_text="Whether it is the one that asks.")


class SessionPageSerializer(PageSerializer):
    results = SessionSerializer(many=True)


class ChangePasswordSerializer(BodySerializer):
    example = {"password": "correct9horse", "new_password": "battery7staple"}

    password = SecretField(
        required=False, help_text="The present one. Who has none yet steps up instead and leaves it out."
    )
    new_password = SecretField(min_length=passwords.MIN_LENGTH)
    device_token = DeviceTokenField(required=False)
