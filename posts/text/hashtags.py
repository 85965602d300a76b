"""The one form of a hashtag."""

import unicodedata
from functools import lru_cache

import regex

CODE_POINTS_AT_MOST = 100

_INSIDE = (
    r"[[[[\p{WB=ALetter}\p{WB=MidLetter}\p{XID_Continue}]&&\p{Po}]--[\p{Terminal_Punctuation}\p{EA=Wide}]]"
    r"[\u30fb\u058a\u05be\u0f0b\u0f0c]"
    r"[\p{WB=Format}--[\u202a-\u202e\u2066-\u2069]]\p{Join_Control}]"
)
"""What stands inside of words, where it parts none (UAX 29): middle dots, gershayim, marks of direction, joiners.

So do hyphens of scripts that have their own: maqaf, Armenia's, and what parts the syllables of Tibet (UAX 31, 2.4).
"""
_PART = rf"(?:[A-Za-z0-9_]|[[\p{{XID_Continue}}\p{{N}}]--{_INSIDE}])"
_HEBREW_MARK = r"(?<=\p{WB=Hebrew_Letter}\p{M}*)[\"'\u2019\u201d](?=\p{WB=Hebrew_Letter})"
"""Quotation marks stand for gershayim and geresh, which keyboards lack (UAX 29, WB7)."""

NAME = rf"(?!\p{{M}}){_PART}++(?:(?:{_INSIDE}|{_HEBREW_MARK})++{_PART}++)*+"
"""A hashtag as it is written, without its sign; for a pattern of version 1."""

_FOLDED = regex.compile(rf"(?=.*\p{{L}}){NAME}", regex.DOTALL | regex.V1)
_INVISIBLE = regex.compile(r"\p{Default_Ignorable_Code_Point}+")
_HEBREW_MARKS = regex.compile(_HEBREW_MARK)
_MEANT = {'"': "\u05f4", "\u201d": "\u05f4", "'": "\u05f3", "\u2019": "\u05f3"}


@lru_cache(maxsize=1024)
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
    """NFKC_Casefold of Unicode 3.13, and the marks that Hebrew letters mean, until nothing changes."""
    while (folded := _folded_once(text)) != text:
        text = folded
    return text


def _folded_once(text: str) -> str:
    seen = unicodedata.normalize("NFKC", _INVISIBLE.sub("", text).casefold())
    return _HEBREW_MARKS.sub(lambda found: _MEANT[found[0]], seen)
