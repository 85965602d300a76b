"""The one form of a hashtag."""

import unicodedata

import regex

CODE_POINTS_AT_MOST = 100

# Catalan's and Katakana's middle dots stand inside of words.
NAME = r"[\p{L}\p{N}_][\p{L}\p{M}\p{N}_]*(?:[·・\u200c\u200d]+[\p{L}\p{M}\p{N}_]+)*"
"""A hashtag as it is written, without its sign. Persian and others join and part letters by U+200C and U+200D."""

_FOLDED = regex.compile(rf"(?=.*\p{{L}}){NAME}", regex.DOTALL)
_INVISIBLE = regex.compile(r"\p{Default_Ignorable_Code_Point}+")


def tag_name(text: str) -> str | None:
    """A hashtag in its one form, without the sign; None where the text can't be one.

    Case, compatibility forms (NFKC) and what nobody sees don't count. One letter at least: `#1` is a number. What
    folds into several words is none.
    """
    if len(text) > 2 * CODE_POINTS_AT_MOST:
        return None
    name = _fold(text)
    if len(name) > CODE_POINTS_AT_MOST or not _FOLDED.fullmatch(name):
        return None
    return name


def _fold(text: str) -> str:
    """NFKC_Casefold of Unicode 3.13, until nothing changes."""
    while (folded := unicodedata.normalize("NFKC", _INVISIBLE.sub("", text).casefold())) != text:
        text = folded
    return text
