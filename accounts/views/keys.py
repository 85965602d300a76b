"""The public keys of our tokens, at the root."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts import keyset, tokens
from echomate.views import ApiView

WORD_MAX, KEYS_MAX = 32, 100
NUMBER_MAX = 2800
"""Base64url of 16,384 bits."""


class KeySerializer(serializers.Serializer[Any]):
    kty = serializers.CharField(max_length=WORD_MAX)
    crv = serializers.CharField(max_length=WORD_MAX, required=False)
    x = serializers.CharField(max_length=NUMBER_MAX, required=False)
    n = serializers.CharField(max_length=NUMBER_MAX, required=False)
    e = serializers.CharField(max_length=NUMBER_MAX, required=False)
    kid = serializers.CharField(max_length=tokens.MAX_LENGTH)
    use = serializers.CharField(max_length=WORD_MAX)
    alg = serializers.CharField(max_length=WORD_MAX)


class KeySetSerializer(serializers.Serializer[Any]):
    keys = serializers.ListField(child=KeySerializer(), max_length=KEYS_MAX)


class KeySetView(ApiView):
    anonymous = True
    authentication_classes = ()

    @extend_schema(operation_id="readKeySet", tags=["auth"], responses={200: KeySetSerializer})
    def get(self, request: Request) -> Response:
        """The public keys of access and refresh tokens (a JWKS); none where they are signed with a secret."""
        return Response(keyset.document(), headers={"Cache-Control": "public, max-age=300"})
