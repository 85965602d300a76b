"""Fields for what people write about themselves."""

from typing import Any
from urllib.parse import urlsplit

import regex
from django.core.validators import URLValidator
from rest_framework import serializers

from echomate.fields import TextField

UNSEEN = "It holds characters that can't be seen."

_FLAG = regex.compile(r"\U0001F3F4[\U000E0020-\U000E007E]{1,6}\U000E007F")
"""Of England and the like: tags, which otherwise only hide text."""
_ENDS = regex.compile(r"^[\s\u200c\u200d]+|[\s\u200c\u200d]+$")
_UNSEEN = regex.compile(
    r"(?V1)[[\p{Default_Ignorable_Code_Point}\p{Cc}\p{Cf}\p{Co}\p{Zl}\p{Zp}\u2800]"
    r"--[\p{Variation_Selector}\u200c\u200d]]"
)
_IDLE_JOINER = regex.compile(
    r"(?:[\p{Latin}\p{Greek}\p{Cyrillic}\p{Nd}\s]\p{M}*|[\u200c\u200d])[\u200c\u200d]"
)
"""A joiner where it joins nothing. Emoji and the scripts that need joiners have them elsewhere."""
_MARKS = regex.compile(r"(?V1)[\p{Mn}--\p{Variation_Selector}]{5}")
"""More on one character of a name than UTS 39, 5.4 advises."""
_CONTROLS = regex.compile(r"(?V1)[\p{Cc}--[\n\t]]|[\u202a-\u202e]")
"""Also what embeds or overrides a direction."""
_SCHEME = regex.compile(r"[a-z][a-z0-9+.-]*://", regex.IGNORECASE)
_OPENING, _CLOSING = "\u2066\u2067\u2068", "\u2069"


class LineField(TextField):
    """One line that shows as it is: nothing in it that can't be seen, no marks in heaps."""

    def to_internal_value(self, data: Any) -> str:
        text = super().to_internal_value(data)
        while text != (text := _ENDS.sub("", text)):
            pass
        if has_unseen(text) or _IDLE_JOINER.search(text):
            raise serializers.ValidationError(UNSEEN)
        if _MARKS.search(text):
            raise serializers.ValidationError("Too many marks stand on one character.")
        return text


class ParagraphField(TextField):
    """Lines of text whose direction is their own: isolates are closed in their line, nothing is overridden."""

    def to_internal_value(self, data: Any) -> str:
        text = super().to_internal_value(data)
        if _CONTROLS.search(text) or not all(map(_is_balanced, text.split("\n"))):
            raise serializers.ValidationError(UNSEEN)
        return text


class WebsiteField(TextField):
    """An address of the web, without credentials; `example.org` is https://example.org."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.validators.append(_check_address)

    def to_internal_value(self, data: Any) -> str:
        text = super().to_internal_value(data)
        if has_unseen(text):
            raise serializers.ValidationError(UNSEEN)
        if text and not _SCHEME.match(text):
            text = f"https://{text}"
        if text and not text.lower().startswith(("http://", "https://")):
            raise serializers.ValidationError("It begins with http:// or https://.")
        if "@" in _host(text):
            raise serializers.ValidationError("It holds no name and no password.")
        return text


_check_url = URLValidator(schemes=["http", "https"])


def _check_address(text: str) -> None:
    """An underscore in a host stands for a letter: DNS and browsers take it, the validator doesn't."""
    host = _host(text)
    _check_url(text.replace(host, host.replace("_", "x"), 1))


def has_unseen(text: str) -> bool:
    """Whether it holds controls, format characters, fillers, private characters."""
    return _UNSEEN.search(_FLAG.sub("", text)) is not None


def _is_balanced(line: str) -> bool:
    """Whether each isolate that opens is closed."""
    depth = 0
    for character in line:
        depth += (character in _OPENING) - (character in _CLOSING)
        if depth < 0:
            return False
    return depth == 0


def _host(text: str) -> str:
    try:
        return urlsplit(text).netloc
    except ValueError:  # which the validator refuses too
        return ""
