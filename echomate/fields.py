"""Serializer fields that take a JSON type for what it is: no number becomes a text, no text a boolean."""

import re
import unicodedata
from datetime import datetime
from functools import cache
from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import MaxLengthValidator, RegexValidator
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from echomate import graphemes, ids, languages

_LINE_ENDS = re.compile(r"\r\n?")
_PROSE_LINE_ENDS = re.compile("\r\n?|[\x0b\x0c\x85\u2028\u2029]")
"""All that Unicode calls a mandatory break (UAX 14)."""
_CONTROLS = re.compile(r"[\x01-\x08\x0e-\x1f\x7f-\x9f]")
"""But for tabs and newlines, and NUL, which is in no text."""
_POP_DIRECTION, _POP_ISOLATE = "\u202c", "\u2069"
_CLOSING_OF = dict.fromkeys("\u202a\u202b\u202d\u202e", _POP_DIRECTION) | dict.fromkeys(
    "\u2066\u2067\u2068", _POP_ISOLATE
)
_DIRECTIONS = re.compile("[\u202a-\u202e\u2066-\u2069]")
MOMENT_AT_MOST = 35
"""Characters of a moment: a date, a time to the nanosecond, an offset."""
URL_AT_MOST = 4096
"""Characters of a URL in an answer: S3 signs with a token of a session, which may take 2,000."""
_MOMENT = re.compile(r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(\.\d{1,9})?([Zz]|[+-]\d\d:\d\d)", re.ASCII)
NO_TAG = "A language tag, like en or pt-BR."


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


class StringField(serializers.CharField):
    """A string. One that is too long is refused before anything else is done with it."""

    expands = 1
    """How many times longer it may come than it may be in the end."""

    def run_validation(self, data: Any = serializers.empty) -> Any:
        longest = None if self.max_length is None else self.expands * self.max_length
        if isinstance(data, str) and longest is not None and len(data) > longest:
            self.fail("max_length", max_length=self.max_length)
        return super().run_validation(data)

    def to_internal_value(self, data: Any) -> str:
        if not isinstance(data, str):
            self.fail("invalid")
        return super().to_internal_value(data)


class ChoiceField(serializers.ChoiceField):
    """One of some strings. What came instead is not repeated."""

    def to_internal_value(self, data: Any) -> str:
        if not isinstance(data, str) or data not in self.choice_strings_to_values:
            raise serializers.ValidationError(f"One of {', '.join(self.choice_strings_to_values)}.")
        return str(data)


class ListField(serializers.ListField):
    """A list. One of too many elements is refused before any of them is looked at."""

    def to_internal_value(self, data: Any) -> list[Any]:
        if isinstance(data, list) and self.max_length is not None and len(data) > self.max_length:
            self.fail("max_length", max_length=self.max_length)
        values: list[Any] = super().to_internal_value(data)
        return values


class TextField(StringField):
    """A string, in NFC and with single newlines; its length counts after that.

    `max_length` counts code points, `max_characters` what a person sees. What shows nothing is blank; NUL, lone
    surrogates and piles of marks are refused.
    """

    expands = 4  # so many code points one may take before NFC has made them one

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
        if graphemes.has_pile(data):
            raise serializers.ValidationError("Too many marks stand on one character.")
        text = super().to_internal_value(self._cleaned(unicodedata.normalize("NFC", data)))
        if self.max_length is not None and len(text) > self.max_length:
            self.fail("max_length", max_length=self.max_length)
        if "\0" not in text and graphemes.shows_nothing(text):
            return self._blank()
        return text

    def _cleaned(self, text: str) -> str:
        return _LINE_ENDS.sub("\n", text)

    def _blank(self) -> str:
        if not self.allow_blank:
            self.fail("blank")
        return ""


class ProseField(TextField):
    """What others read among texts of their own: no control characters, and no direction that reaches beyond its line.

    Both are mended, since who pastes a text can't see them.
    """

    def _cleaned(self, text: str) -> str:
        lines = _CONTROLS.sub("", _PROSE_LINE_ENDS.sub("\n", text))
        return "\n".join(map(_isolated, lines.split("\n"))) if _DIRECTIONS.search(lines) else lines


def _isolated(line: str) -> str:
    """A line that closes each direction that it opens, and none that it doesn't (UAX 9)."""
    kept, closings, isolates = list[str](), list[str](), 0
    for character in line:
        if character in _CLOSING_OF:
            closings.append(_CLOSING_OF[character])
            isolates += closings[-1] == _POP_ISOLATE
        elif character == _POP_ISOLATE:
            if not isolates:
                continue
            isolates -= 1
            while closings.pop() != _POP_ISOLATE:  # it closes what was opened inside of it, too
                pass
        elif character == _POP_DIRECTION:
            if closings[-1:] != [_POP_DIRECTION]:
                continue
            closings.pop()
        kept.append(character)
    return "".join([*kept, *reversed(closings)])


class LanguageField(TextField):
    """The tag of a language (BCP 47), in its one form, however it was written."""

    default_error_messages = {"tag": NO_TAG}

    def __init__(self, **options: Any) -> None:
        is_written = RegexValidator(languages.WRITTEN, NO_TAG)
        super().__init__(max_length=languages.LONGEST, validators=[is_written], **options)

    def to_internal_value(self, data: Any) -> str:
        tag = languages.tag(super().to_internal_value(data))
        return self.fail("tag") if tag is None else tag


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
    {
        "type": "string",
        "pattern": "^[0-9]{1,19}$",
        "maxLength": ids.WIDTH,
        "examples": ["910912841777905664"],
    },
    component_name="Id",
)
class IdField(serializers.CharField):
    """An id, for the schema: digits in a string, since JavaScript's numbers end at 2^53."""


class BodySerializer(serializers.Serializer[Any]):
    """What a client sends. Its fields are made once and check every body, where DRF copies them for each.

    So neither they nor `validate` may keep anything of a call, or ask for its context.
    """

    def run_validation(self, data: Any = serializers.empty) -> Any:
        checker = self if self.root is not self else _checker(type(self), self.partial)
        return super(BodySerializer, checker).run_validation(data)


@cache
def _checker(kind: type[BodySerializer], partial: bool) -> BodySerializer:  # noqa: FBT001 - DRF's name for it
    checker = kind(partial=partial)
    _make_messages(checker)
    return checker


def _make_messages(field: Any) -> None:
    """DRF makes those of validators at their first use, and has no lock for that."""
    for validator in field.validators:
        str(getattr(validator, "message", ""))
    for inner in getattr(field, "fields", {}).values():
        _make_messages(inner)
    if hasattr(field, "child"):
        _make_messages(field.child)


class PageSerializer(serializers.Serializer[Any]):
    """The shape of lists; each kind adds its `results`."""

    next = serializers.URLField(allow_null=True)
    previous = serializers.URLField(allow_null=True)
