"""A text as it is stored: its HTML, whom it mentions, its hashtags."""

import html
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import quote

import nh3
import regex

from accounts.selectors import ids_of, user_url
from echomate.config import config
from posts.text.scanning import Kind, Piece, pieces
from social.selectors import blocked

LINKS_AT_MOST = 100_000
"""Bytes that links add to a text; what comes behind stays text. An item of the table holds 400 KB, and the address of
a hashtag of 100 letters takes 1,200 bytes."""
REL = ' rel="nofollow noopener ugc"'
"""What the cleaner puts on every link."""

_BLANK_LINES = regex.compile(r"\n[ \t]*\n\s*")
_MENTION = regex.compile(r'<a class="mention" href="[^"<>]*/users/([0-9]+)"[^<>]*>([^<>]*)</a>')
# Everything is escaped before; this is the second lock, and it puts `rel` on every link.
_cleaner = nh3.Cleaner(
    tags={"p", "br", "a"},
    attributes={"a": {"href"}},
    allowed_classes={"a": {"mention", "hashtag"}},
    url_schemes={"http", "https"},
    link_rel="nofollow noopener ugc",
)


@dataclass(frozen=True, slots=True)
class Written:
    """`mentions` are the users in the order in which they are first named, `tags` folded hashtags likewise."""

    html: str
    mentions: tuple[int, ...]
    tags: tuple[str, ...]


def written(content: str, *, author: int) -> Written:
    """The parts of a text and its HTML. Names of nobody stay text, and of whom a block parts from the author.

    Two round trips to Redis where somebody is named; none elsewhere.
    """
    parts = list(pieces(content.strip()))
    named = dict.fromkeys(part.name for part in parts if part.kind is Kind.MENTION)
    users = _known_to(author, ids_of(list(named))) if named else {}
    mentions = dict.fromkeys(users[name] for name in named if name in users)
    tags = dict.fromkeys(part.name for part in parts if part.kind is Kind.HASHTAG)
    return Written(_html(parts, users), tuple(mentions), tuple(tags))


def _known_to(author: int, users: Mapping[str, int]) -> dict[str, int]:
    """A link, or its lack where others get one, would tell them what their block hides."""
    hidden = blocked.among(author, sorted(set(users.values())))
    return {name: user for name, user in users.items() if user not in hidden}


def without_mentions(html: str, users: Collection[int]) -> str:
    """A text's HTML in which the names of some users are text."""
    return _MENTION.sub(lambda link: link[2] if int(link[1]) in users else link[0], html)


def html_at_most(code_points: int) -> int:
    """How long the HTML of a text may be: an escape of six characters for each, the links, the paragraph around."""
    return 6 * code_points + LINKS_AT_MOST + len("<p></p>")


def _html(parts: Sequence[Piece], users: Mapping[str, int]) -> str:
    """Paragraphs, line breaks, and links as long as there is room; everything else is escaped."""
    return _cleaner.clean("".join(_paragraphs("".join(_inlines(parts, users)))))


def _inlines(parts: Sequence[Piece], users: Mapping[str, int]) -> Iterator[str]:
    room = LINKS_AT_MOST
    for part in parts:
        text, linked = html.escape(part.text), _inline(part, users)
        if linked != text:
            room -= len((linked + REL).encode()) - len(text.encode())
        yield linked if room >= 0 else text


def _paragraphs(inner: str) -> Iterator[str]:
    for paragraph in _BLANK_LINES.split(inner):
        if paragraph:
            yield f"<p>{paragraph.replace(chr(10), '<br>')}</p>"


def _inline(part: Piece, users: Mapping[str, int]) -> str:
    text = html.escape(part.text)
    match part.kind:
        case Kind.LINK:
            return f'<a href="{text}">{text}</a>'
        case Kind.MENTION if part.name in users:
            return f'<a class="mention" href="{html.escape(user_url(str(users[part.name])))}">{text}</a>'
        case Kind.HASHTAG:
            return f'<a class="hashtag" href="{html.escape(tag_url(part.name))}">{text}</a>'
    return text


def tag_url(name: str) -> str:
    """Where people read what bears a hashtag: the web client's page, or the API's own answer while there is none."""
    path = quote(name, safe="")
    return f"{config.web_url}/tags/{path}" if config.web_url else f"/api/v1/tags/{path}/timeline"
