"""Serializer fields that take a JSON type for what it is: no number becomes a text, no text a boolean."""

import re
import unicodedata
from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import MaxLengthValidator
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from echomate import graphemes

_LINE_ENDS = re.compile(r"\r\n?")
_MOMENT = re.compile(r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(\.\d{1,9})?([Zz]|[+-]\d\d:\d\d)", re.ASCII)
DECOMPOSED = 4
"""So many code points one may take before NFC has made them one."""


class CharactersValidator(MaxLengthValidator):
    """A limit on characters as a person counts them; its schema says the code points that they may take."""

    def __init__(self, characters: int) -> None:
        super().__init__(graphemes.code_points_at_most(characters))
        self.characters = characters

    def __call__(self, value: str) -> None:
        if len(value) > self.characters and graphemes.count(value) > self.characters:
            raise ValidationError(
                serializers.CharField.default_error_messages["max_length"].format(max_length=self.characters)
            )
        if len(value) > self.limit_value:
            raise ValidationError(f"It takes more than {self.limit_value} code points.")


class TextField(serializers.CharField):
    """A string, in NFC and with single newlines; its length counts after that.

    `max_length` counts code points, `max_characters` what a person sees. What shows nothing is blank; NUL, lone
    surrogates and piles of marks are refused.
    """

    def __init__(self, *, max_characters: int | None = None, **options: Any) -> None:
        if max_characters is not None:
            options.setdefault("help_text", f"At most {max_characters} characters as a person counts them.")
        super().__init__(**options)
        if max_characters is not None:
            self.max_length = graphemes.code_points_at_most(max_characters)
            self.validators.append(CharactersValidator(max_characters))

    def to_internal_value(self, data: Any) -> str:
        if not isinstance(data, str):
            self.fail("invalid")
        if self.max_length is not None and len(data) > DECOMPOSED * self.max_length:
            self.fail("max_length", max_length=self.max_length)
        if graphemes.has_pile(data):
            raise serializers.ValidationError("Too many marks stand on one character.")
        text = super().to_internal_value(_LINE_ENDS.sub("\n", unicodedata.normalize("NFC", data)))
        if "\0" not in text and graphemes.shows_nothing(text):
            return self._blank()
        return text

    def _blank(self) -> str:
        if not self.allow_blank:
            self.fail("blank")
        return ""


class FlagField(serializers.BooleanField):
    """`true` or `false`."""

    def to_internal_value(self, data: Any) -> bool:
        if not isinstance(data, bool):
            self.fail("invalid", input=data)
        return data


class MomentField(serializers.DateTimeField):
    """A moment in RFC 3339: a string with a date, a time and an offset."""

    def to_internal_value(self, value: Any) -> datetime:
        if not isinstance(value, str) or not _MOMENT.fullmatch(value):
            self.fail("invalid", format="RFC 3339, as 2030-01-31T18:00:00Z")
        moment: datetime = super().to_internal_value(value.upper())
        return moment


@extend_schema_field(
    {"type": "string", "pattern": "^[0-9]{1,19}$", "examples": ["910912841777905664"]}, component_name="Id"
)
class IdField(serializers.CharField):
    """An id, for the schema: digits in a string, since JavaScript's numbers end at 2^53."""


class PageSerializer(serializers.Serializer[Any]):
    """The shape of lists; each kind adds its `results`."""

    next = serializers.URLField(allow_null=True)
    previous = serializers.URLField(allow_null=True)
