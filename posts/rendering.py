"""A post as it is cached: one line that the rules read, then the JSON that every reader gets.

Author, counts and what depends on the viewer are joined when it is presented. Rendered when the cache is filled
and not at the write: that keeps an item at half its size, and a change of this module reaches old posts too.
"""

import html
import re
from dataclasses import dataclass
from functools import lru_cache

import orjson

from echomate import ids
from echomate.config import config
from echomate.dynamodb import Wire

PARSED_AT_MOST = 1024
"""So many posts the process keeps as they were parsed, by their bytes: those that are in everybody's feeds."""
_BLANK_LINES = re.compile(r"\n[ \t]*\n\s*")


@dataclass(frozen=True, slots=True)
class RenderedPost:
    """`body` is the JSON object of the post without `author`, `counts` and `viewer`."""

    id: int
    author: int
    visibility: str
    version: int
    mentioned: tuple[int, ...]
    body: bytes


def content_html(content: str) -> str:
    """Paragraphs and line breaks, everything else escaped."""
    paragraphs = _BLANK_LINES.split(html.escape(content.strip()))
    return "".join(f"<p>{paragraph.replace(chr(10), '<br>')}</p>" for paragraph in paragraphs if paragraph)


def post_url(post: int) -> str:
    """Where people read a post: the web client's page, or the API's own answer while there is no client."""
    return f"{config.web_url}/posts/{post}" if config.web_url else f"/api/v1/posts/{post}"


def render(item: Wire) -> bytes | None:
    """The cached form of a post's item; None for a tombstone."""
    if "DeletedAt" in item:
        return None
    header = f"{item['Author']['N']} {item['Visibility']['S']} {item['Version']['N']} -\n"
    return header.encode() + orjson.dumps(_shape(item))


def _shape(item: Wire) -> dict[str, object]:
    post = int(item["Id"]["N"])
    content = item["Content"]["S"]
    edited_at = _rfc3339(int(item["EditedAt"]["N"])) if "EditedAt" in item else None
    created_at = ids.rfc3339(post)
    return {
        "id": str(post),
        "url": post_url(post),
        "content": content,
        "content_html": content_html(content),
        "language": item["Language"]["S"] if "Language" in item else None,
        "tags": [],
        "mentions": [],
        "media": [],
        "visibility": item["Visibility"]["S"],
        "reply_policy": item["ReplyPolicy"]["S"],
        "sensitive": item["Sensitive"]["BOOL"],
        "spoiler_text": item["SpoilerText"]["S"],
        "created_at": created_at,
        "updated_at": edited_at or created_at,
        "edited_at": edited_at,
    }


def _rfc3339(unix_milliseconds: int) -> str:
    return ids.rfc3339(ids.at_milliseconds(unix_milliseconds))


@lru_cache(maxsize=PARSED_AT_MOST)
def parse(value: bytes) -> RenderedPost:
    """A cached post. The id is read off the body, which begins with it: `{"id":"…`."""
    header, _, body = value.partition(b"\n")
    author, visibility, version, mentioned = header.decode().split(" ")
    people = () if mentioned == "-" else tuple(int(user) for user in mentioned.split(","))
    return RenderedPost(
        int(body[7 : body.index(b'"', 7)]), int(author), visibility, int(version), people, body
    )
