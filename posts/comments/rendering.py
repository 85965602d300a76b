"""A comment as it is cached: one line that the rules read, then the JSON that every reader gets."""

from dataclasses import dataclass

import orjson

from echomate import cache, ids
from echomate.dynamodb import Wire

PARSED_AT_MOST = 1024
NONE = "-"
"""In the header: nobody, nothing. Before an author: it was theirs, and is a tombstone."""


@dataclass(frozen=True, slots=True)
class RenderedComment:
    """`body` is the JSON object of the comment without `author`, `mentions`, `counts` and `viewer`."""

    id: int
    author: int | None
    """Nobody: it was deleted, and keeps the place of its answers."""
    writer: int | None
    """The author, or who it was while there was one. Nobody knows of an erased one's."""
    post: int
    parent: int | None
    version: int
    hidden: bool
    answered: bool
    """It has answers, or will have one in a moment."""
    mentioned: tuple[int, ...]
    body: bytes

    @property
    def people(self) -> tuple[int, ...]:
        """Those whose cards are shown with it."""
        return self.mentioned if self.author is None else (self.author, *self.mentioned)


def comment_url(comment: int) -> str:
    return f"/api/v1/comments/{comment}"


def render(item: Wire) -> bytes | None:
    """The cached form of a comment's item; None for a tombstone that was never answered."""
    if "DeletedAt" in item and "Answered" not in item:
        return None
    mentioned = [value["N"] for value in item.get("Mentions", {"L": ()})["L"]]
    fields = (
        item["Author"]["N"] if "Author" in item else NONE + item.get("FormerAuthor", {"N": ""})["N"],
        item["Post"]["N"],
        item.get("Parent", {"N": NONE})["N"],
        item["Version"]["N"],
        str(int("Hidden" in item)),
        str(int("Answered" in item)),
        ",".join(mentioned) or NONE,
    )
    return " ".join(fields).encode() + b"\n" + orjson.dumps(_shape(item))


def _shape(item: Wire) -> dict[str, object]:
    comment = int(item["Id"]["N"])
    edited_at = ids.at_milliseconds(int(item["EditedAt"]["N"])) if "EditedAt" in item else None
    return {
        "id": str(comment),
        "post_id": item["Post"]["N"],
        "parent_id": item["Parent"]["N"] if "Parent" in item else None,
        "depth": int(item["Depth"]["N"]),
        "content": item.get("Content", {"S": ""})["S"],
        "content_html": item.get("ContentHtml", {"S": ""})["S"],
        "hidden": "Hidden" in item,
        "deleted": "DeletedAt" in item,
        "created_at": ids.rfc3339(comment),
        "edited_at": ids.rfc3339(edited_at) if edited_at else None,
    }


@cache.kept_while_small(PARSED_AT_MOST)
def parse(value: bytes) -> RenderedComment:
    """A cached comment. The id is read off the body, which begins with it: `{"id":"…`."""
    header, _, body = value.partition(b"\n")
    author, post, parent, version, hidden, answered, mentioned = header.decode().split(" ")
    return RenderedComment(
        id=int(body[7 : body.index(b'"', 7)]),
        author=None if author.startswith(NONE) else int(author),
        writer=int(author.removeprefix(NONE)) if author != NONE else None,
        post=int(post),
        parent=_id(parent),
        version=int(version),
        hidden=hidden == "1",
        answered=answered == "1",
        mentioned=() if mentioned == NONE else tuple(map(int, mentioned.split(","))),
        body=body,
    )


def _id(field: str) -> int | None:
    return None if field == NONE else int(field)
