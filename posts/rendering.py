"""A post as it is cached: one line that the rules read, the JSON that every reader gets, and a line of its media.

Author, people mentioned, media, counts and what depends on the viewer are joined when it is presented.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import orjson

from echomate import cache, ids
from echomate.config import config
from echomate.dynamodb import Wire
from media.selectors import Descriptor
from posts import attachments

PARSED_AT_MOST = 1024
"""So many posts the process keeps as they were parsed, by their bytes: those that are in everybody's feeds."""
NONE = "-"
"""Stands for an empty list in the header. No tag is this."""


@dataclass(frozen=True, slots=True)
class RenderedPost:
    """`body` is the JSON object of the post without `author`, `mentions`, `media`, `counts` and `viewer`."""

    id: int
    author: int
    visibility: str
    version: int
    reply_policy: str
    mentioned: tuple[int, ...]
    media: tuple[int, ...]
    tags: tuple[str, ...]
    body: bytes
    attachments: bytes
    """Its media without their URLs, as `attachments.pack` makes it."""
    people: tuple[int, ...]
    """Those whose cards are shown with it: its author, and whom it mentions."""


def post_url(post: int) -> str:
    """Where people read a post: the web client's page, or the API's own answer while there is no client."""
    return f"{config.web_url}/posts/{post}" if config.web_url else f"/api/v1/posts/{post}"


def render(item: Wire, media: Mapping[int, Descriptor]) -> bytes | None:
    """The cached form of a post's item; None for a tombstone. `media` holds its media, if they are still there."""
    if "DeletedAt" in item:
        return None
    fields = (
        item["Author"]["N"],
        item["Visibility"]["S"],
        item["Version"]["N"],
        item["ReplyPolicy"]["S"],
        *(",".join(_listed(item, name)) or NONE for name in ("Mentions", "Media", "Tags")),
    )
    own = [found for id_ in attachments.ids_of(item) if (found := media.get(id_))]
    return b"\n".join([" ".join(fields).encode(), orjson.dumps(_shape(item)), attachments.pack(own)])


def _listed(item: Wire, name: str) -> list[str]:
    """The numbers or texts of a list of an item, none where there is no such list."""
    return [text for value in item.get(name, {"L": ()})["L"] for text in value.values()]


def _shape(item: Wire) -> dict[str, object]:
    post = int(item["Id"]["N"])
    edited_at = _rfc3339(int(item["EditedAt"]["N"])) if "EditedAt" in item else None
    created_at = ids.rfc3339(post)
    return {
        "id": str(post),
        "url": post_url(post),
        "content": item["Content"]["S"],
        "content_html": item["ContentHtml"]["S"],
        "language": item["Language"]["S"] if "Language" in item else None,
        "tags": _listed(item, "Tags"),
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


@cache.kept_while_small(PARSED_AT_MOST)
def parse(value: bytes) -> RenderedPost:
    """A cached post. The id is read off the body, which begins with it: `{"id":"…`."""
    header, body, packed = value.split(b"\n")
    author, visibility, version, reply_policy, mentioned, media, tags = header.decode().split(" ")
    by, named = int(author), _ids(mentioned)
    return RenderedPost(
        id=int(body[7 : body.index(b'"', 7)]),
        author=by,
        visibility=visibility,
        version=int(version),
        reply_policy=reply_policy,
        mentioned=named,
        media=_ids(media),
        tags=_split(tags),
        body=body,
        attachments=packed,
        people=(by, *named),
    )


def _ids(field: str) -> tuple[int, ...]:
    return tuple(map(int, _split(field)))


def _split(field: str) -> tuple[str, ...]:
    return () if field == NONE else tuple(field.split(","))
