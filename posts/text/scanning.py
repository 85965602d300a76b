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
_UNSPACED = r"[\p{Han}\p{Hiragana}\p{Katakana}\p{Hangul}\p{LB=SA}\p{Tibetan}\u30fc\uff70]"
"""Scripts that put no spaces between words: they may stand right beside a name or a link."""
_LETTER = rf"[\w--{_UNSPACED}]"

_FULL = (
    r"[[[\p{P}&&[\p{EA=Wide}\p{EA=Fullwidth}\p{EA=Halfwidth}]][\p{S}&&\p{EA=Fullwidth}]]--\p{XID_Continue}]"
)
_NEVER_IN_URL = rf"[\s\p{{C}}\p{{Default_Ignorable_Code_Point}}<>`\\\p{{Quotation_Mark}}{_FULL}]"
"""Signs of the sentence around it, and what shows nothing."""
_IN_URL = rf"[['[\p{{Any}}--{_NEVER_IN_URL}]]--[()\[\]{{}}]]"
_JOINED = r"""
    (?<= [\p{L}\p{M}] ) [\u2018\u2019] (?= \p{L} )  # an apostrophe
    | (?<= [[\p{L}\p{M}\p{N}\p{S}\p{Emoji}]--\p{Variation_Selector}] ) \p{Variation_Selector}
    | (?<= [\p{Extended_Pictographic}\p{Emoji_Modifier}\ufe0f] ) \u200d (?= \p{Extended_Pictographic} )
    | (?<= \U0001f3f4 ) [\U000e0020-\U000e007e]{1,6} \U000e007f  # England's flag and the like
    | (?<= [\p{JT=D}\p{JT=L}\p{JT=R}] \p{JT=T}* ) \u200c (?= \p{JT=T}* [\p{JT=D}\p{JT=R}] )
    | (?<= \p{CCC=9} ) [\u200c\u200d]
"""
"""What shows nothing by itself, where it belongs to what stands before it (UAX 31, 2.3; UTS 51)."""

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
    (?<! [{_LETTER}--_]|{_AT} ) (?P<url> [Hh][Tt][Tt][Pp][Ss]?:// ) (?= \S )
    | (?<! (?:{_LETTER}|/|{_AT}) \p{{Cf}}* ) {_AT} (?P<mention> [A-Za-z0-9_]{{3,30}} ) (?! {_GOES_ON} )
    | (?<! [\w&/]|{_HASH} ) {_HASH} (?P<hashtag> {NAME} )
    """,
    regex.VERBOSE | regex.V1,
)
_AUTHORITY = regex.compile(
    rf"\[ [0-9A-Fa-f:.]* \] (?: :[0-9]* )? | (?: [A-Za-z0-9.:@_-]++ | [{_IN_URL}--[/?\#^|]] | {_JOINED} )*+",
    regex.VERBOSE | regex.V1,
)
_REST = regex.compile(rf"(?: [!#-'*-;=?-Z^_a-z|~]++ | {_IN_URL} | {_JOINED} )*+", regex.VERBOSE | regex.V1)
_TRAILING = regex.compile(r"[\p{Terminal_Punctuation}\p{Quotation_Mark}\p{Ps}*~…]", regex.V1)
_WORDS_END = regex.compile(r"\s")
_CLOSING_OF = {"(": ")", "[": "]", "{": "}"}
_CLOSING_QUOTES = {"'": "'", "\u2018": "\u2019", "\u201a": "\u2018\u2019", "\u2019": "\u2019"}
_AROUND = "_|^-"
"""What is no part of a link that it stands on both sides of."""
_HOST = regex.compile(
    r"(?:[\p{L}\p{M}\p{Nd}\p{Join_Control}_-]+\.)*[\p{L}\p{M}\p{Nd}\p{Join_Control}_-]+|\[[0-9A-Fa-f:.]+\]"
)


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
    """The parts of a text, in order; joined again they are the text. Takes time as the text is long, whatever it is."""
    plain = at = 0
    while found := _TOKEN.search(text, at):
        piece, at = _piece(found)
        if piece is None:
            continue
        if found.start() > plain:
            yield Piece(Kind.PLAIN, text[plain : found.start()])
        yield piece
        plain = at
    if plain < len(text):
        yield Piece(Kind.PLAIN, text[plain:])


def _piece(found: "regex.Match[str]") -> tuple[Piece | None, int]:
    """What it is, if anything, and where to go on."""
    match found.lastgroup:
        case "url":
            return _link(found.string, found.start(), found.end())
        case "mention":
            return Piece(Kind.MENTION, found[0], found["mention"]), found.end()
    name = tag_name(found["hashtag"])
    return Piece(Kind.HASHTAG, found[0], name) if name else None, found.end()


def _link(text: str, start: int, authority: int) -> tuple[Piece | None, int]:
    """A link, whose authority begins behind its scheme. Of what is none, nothing else is looked at."""
    most, before = start + URL_AT_MOST + 1, text[start - 1 : start]
    quoted = [at for mark in _CLOSING_QUOTES.get(before, ()) if (at := text.find(mark, authority, most)) >= 0]
    end = _end(text, authority, min(quoted, default=most))
    if end - start > URL_AT_MOST:
        further = _WORDS_END.search(text, end)
        return None, further.start() if further else len(text)
    url = _trimmed(text[start:end], before)
    return (Piece(Kind.LINK, url, url), start + len(url)) if _is_web_address(url) else (None, end)


def _end(text: str, at: int, most: int) -> int:
    """Where a URL ends: at what is in none, and at a bracket that closes none of its own."""
    match = _AUTHORITY.match(text, at, most)
    at = match.end() if match else at
    if text[at : at + 1] not in ("/", "?", "#"):
        return at
    closings: list[str] = []
    while at < most and (match := _REST.match(text, at, most)):
        at = match.end()
        bracket = text[at : at + 1]
        if closing := _CLOSING_OF.get(bracket):
            closings.append(closing)
        elif not closings or bracket != closings.pop():
            return at
        at += 1
    return min(at, most)


def _trimmed(url: str, before: str) -> str:
    """Without the punctuation at its end, which belongs to the sentence."""
    end = len(url)
    while _is_around(url, end, before):
        end -= 1
    return url[:end]


def _is_around(url: str, end: int, before: str) -> bool:
    """Whether the last character of a URL that ends there is the sentence's."""
    last = url[end - 1]
    if last == "'":
        return url.count(last, 0, end) % 2 == 1
    return _TRAILING.match(last) is not None or (last == before and before in _AROUND)


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
