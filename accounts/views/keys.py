"""The public keys of our tokens, at the root."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts import keyset
from echomate.views import ApiView


class KeySerializer(serializers.Serializer[Any]):
    kty = serializers.CharField()
    crv = serializers.CharField(required=False)
    x = serializers.CharField(required=False)
    n = serializers.CharField(required=False)
    e = serializers.CharField(required=False)
    kid = serializers.CharField()
    use = serializers.CharField()
    alg = serializers.CharField()


class KeySetSerializer(serializers.Serializer[Any]):
    keys = KeySerializer(many=True)


class KeySetView(ApiView):
    anonymous = True
    authentication_classes = ()

    @extend_schema(operation_id="readKeySet", tags=["auth"], responses={200: KeySetSerializer})
    def get(self, request: Request) -> Response:
        """The public keys of access and refresh tokens (a JWKS); none where they are signed with a secret."""
        return Response(keyset.document(), headers={"Cache-Control": "public, max-age=300"})
