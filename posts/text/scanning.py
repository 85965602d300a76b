"""Finds what is more than text: links, names of people, hashtags."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from urllib.parse import urlsplit

import regex

from posts.text.hashtags import NAME, tag_name

URL_AT_MOST = 2000

_AT = r"[@\uff20]"
_HASH = r"[#\uff03]"
_LETTER = r"(?: (?! [\p{Han}\p{Hiragana}\p{Katakana}\p{Hangul}\p{Thai}] ) \w )"
"""Scripts that put no spaces between words may stand right beside a name or a link."""
_IN_URL = r'[^\s<>"`\\^|{}\p{C}\p{Default_Ignorable_Code_Point}\u3000-\u303f\uff00-\uff65]'

_DOT = r"[.\u2024\ufe52\uff0e]"
_HIDDEN = r"[\p{Cf}\p{M}]*"
_GOES_ON = rf"""
    \p{{M}}
    | {_HIDDEN} (?: {_LETTER} | {_AT} )
    | {_HIDDEN} (?: {_DOT} | [/\-\u2010\u2011] ) {_HIDDEN} {_LETTER}  # @name.bsky.social, @a-name, @scope/package
    | [:-] [\w-]*+ {_DOT} {_LETTER}  # @name:matrix.example, @a--name.example
"""
"""What comes behind a name that is only the beginning of another: of an address, a handle elsewhere, a word."""

# A name is no mention in an address of mail or of another server, in the middle of a word, or where invisible
# characters hide how it goes on.
_TOKEN = regex.compile(
    rf"""
    (?<! {_LETTER}|{_AT} ) (?P<url> [Hh][Tt][Tt][Pp][Ss]?:// {_IN_URL}+ )
    | (?<! (?:{_LETTER}|/|{_AT}) \p{{Cf}}* ) {_AT} (?P<mention> [A-Za-z0-9_]{{3,30}} ) (?! {_GOES_ON} )
    | (?<! [\w&/]|{_HASH} ) {_HASH} (?P<hashtag> {NAME} )
    """,
    regex.VERBOSE,
)
_TRAILING = ".,;:!?'*_~…"
_BRACKETS = {")": "(", "]": "["}
_HOST = regex.compile(r"(?:[\p{L}\p{M}\p{Nd}_-]+\.)*[\p{L}\p{M}\p{Nd}_-]+|\[[0-9A-Fa-f:.]+\]")


class Kind(Enum):
    PLAIN = "plain"
    LINK = "link"
    MENTION = "mention"
    HASHTAG = "hashtag"


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of a text. `name` is the URL, the name of a user as written, or the folded hashtag."""

    kind: Kind
    text: str
    name: str = ""


def pieces(text: str) -> Iterator[Piece]:
    """The parts of a text, in order; joined again they are the text."""
    end = 0
    for found in _TOKEN.finditer(text):
        piece = _piece(found)
        if piece is None:
            continue
        if found.start() > end:
            yield Piece(Kind.PLAIN, text[end : found.start()])
        yield piece
        end = found.start() + len(piece.text)
    if end < len(text):
        yield Piece(Kind.PLAIN, text[end:])


def _piece(found: "regex.Match[str]") -> Piece | None:
    match found.lastgroup:
        case "url":
            url = _trimmed(found["url"][: URL_AT_MOST + 1])
            return Piece(Kind.LINK, url, url) if _is_web_address(url) else None
        case "mention":
            return Piece(Kind.MENTION, found[0], found["mention"])
    name = tag_name(found["hashtag"])
    return Piece(Kind.HASHTAG, found[0], name) if name else None


def _trimmed(url: str) -> str:
    """Without what belongs to the sentence around it: punctuation, brackets that were not opened in it."""
    while True:
        last = url[-1]
        opening = _BRACKETS.get(last)
        if last not in _TRAILING and (opening is None or url.count(last) <= url.count(opening)):
            return url
        url = url[:-1]


def _is_web_address(url: str) -> bool:
    """With a host, and without a user before it, who would pass for the host."""
    if len(url) > URL_AT_MOST:
        return False
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:
        return False
    host = parts.netloc.rpartition(":")[0] if parts.port is not None else parts.netloc
    return _HOST.fullmatch(host) is not None
