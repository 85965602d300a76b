"""Serializer fields that take a JSON type for what it is: no number becomes a text, no text a boolean."""

import re
import unicodedata
from typing import Any

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
