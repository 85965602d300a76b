"""Serializer fields that take a JSON type for what it is: no number becomes a text, no text a boolean."""

import re
import unicodedata
from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

_LINE_ENDS = re.compile(r"\r\n?")


class TextField(serializers.CharField):
    """A string, in NFC and with single newlines; its length counts after that. NUL is refused."""

    def to_internal_value(self, data: Any) -> str:
        if not isinstance(data, str):
            self.fail("invalid")
        return super().to_internal_value(_LINE_ENDS.sub("\n", unicodedata.normalize("NFC", data)))


class FlagField(serializers.BooleanField):
    """`true` or `false`."""

    def to_internal_value(self, data: Any) -> bool:
        if not isinstance(data, bool):
            self.fail("invalid", input=data)
        return data


@extend_schema_field(
    {"type": "string", "pattern": "^[0-9]{1,19}$", "examples": ["910912841777905664"]}, component_name="Id"
)
class IdField(serializers.CharField):
    """An id, for the schema: digits in a string, since JavaScript's numbers end at 2^53."""


class PageSerializer(serializers.Serializer[Any]):
    """The shape of lists; each kind adds its `results`."""

    next = serializers.URLField(allow_null=True)
    previous = serializers.URLField(allow_null=True)
