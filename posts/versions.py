"""What a post was before its edits: kept as an edit replaces it, shown to all who see the post.

Of a post for those it mentions, each sees the versions that mentioned them: what they read was for nobody else.
"""

from collections.abc import Iterator
from typing import Any

from echomate import ids, keys, table
from echomate.dynamodb import Wire
from posts.models import Post, PostVersion


def former(post: Post) -> PostVersion:
    """A post that an edit is about to replace."""
    partition, sort = keys.version(int(post.id), int(post.version))
    return PostVersion(
        pk=partition,
        sk=sort,
        content=post.content,
        content_html=post.content_html,
        language=post.language,
        sensitive=post.sensitive,
        spoiler_text=post.spoiler_text,
        mentions=post.mentions,
        written_at=post.edited_at or ids.milliseconds(int(post.id)),
    )


def versions_of(post: int) -> Iterator[Wire]:
    """The items of all of a post's former versions, the last one first."""
    return table.query(keys.post_partition(post), prefix=keys.VERSION)


def mentions(item: Wire, user: int | None) -> bool:
    """Whether a version mentioned a user."""
    return {"N": str(user)} in item.get("Mentions", {"L": ()})["L"]


def shape(item: Wire) -> dict[str, Any]:
    """As the API and exports give it out."""
    return {
        "version": table.last_id(item["SK"]["S"]),
        "content": item["Content"]["S"],
        "content_html": item["ContentHtml"]["S"],
        "language": item["Language"]["S"] if "Language" in item else None,
        "sensitive": item["Sensitive"]["BOOL"],
        "spoiler_text": item["SpoilerText"]["S"],
        "created_at": ids.rfc3339(ids.at_milliseconds(int(item["WrittenAt"]["N"]))),
    }
