"""What comments give out of a user: what they wrote under posts, and which of others' they like."""

from collections.abc import Iterator

from django.utils.html import format_html
from django.utils.safestring import mark_safe
from django.utils.translation import gettext_lazy as _

from echomate import ids, keys, privacy, table
from echomate.config import config
from echomate.dynamodb import Wire
from echomate.ids import rfc3339
from echomate.privacy import Row
from posts.comments.rendering import comment_url
from posts.rendering import post_url


def show(row: Row) -> str:
    """A comment as it is read, with its post."""
    content = mark_safe(row["content_html"])  # noqa: S308 - it was escaped and cleaned as it was written
    when = row["created_at"]
    return format_html(
        '<p class="about"><time datetime="{}">{} {} UTC</time> · <a href="{}">{}</a></p>{}',
        *(when, when[:10], when[11:16], row["post_url"], row["post_id"], content),
    )


@privacy.exports("comments", "comment", title=_("Comments"), show=show)
def comments(user: int) -> Iterator[Row]:
    written = table.query(keys.comments_of(user), index="GSI2", attributes=("PK", "SK"))
    for part in privacy.in_steps(map(table.key_of, written)):
        for item in table.batch_get(part):
            if item is not None and item.get("Author", {}).get("N") == str(user):
                yield _row(item)


def _row(item: Wire) -> Row:
    comment, post = int(item["Id"]["N"]), int(item["Post"]["N"])
    edited_at = item.get("EditedAt")
    return {
        "id": str(comment),
        "url": _absolute(comment_url(comment)),
        "post_id": str(post),
        "post_url": _absolute(post_url(post)),
        "parent_id": item["Parent"]["N"] if "Parent" in item else None,
        "created_at": rfc3339(comment),
        "edited_at": rfc3339(ids.at_milliseconds(int(edited_at["N"]))) if edited_at else None,
        "content": item["Content"]["S"],
        "content_html": item["ContentHtml"]["S"],
        "hidden": "Hidden" in item,
    }


def _absolute(url: str) -> str:
    """For one who reads it elsewhere."""
    return config.public_url + url if url.startswith("/") else url


@privacy.exports("comment_likes", "comment_like", title=_("Likes of comments"))
def comment_likes(user: int) -> Iterator[Row]:
    for item in table.query(keys.comment_likes_of(user), index="GSI1"):
        comment = table.last_id(item["PK"]["S"])
        liked_at = rfc3339(int(item["GSI1SK"]["S"]))
        yield {"comment_id": str(comment), "url": _absolute(comment_url(comment)), "liked_at": liked_at}


privacy.not_exported("comment_stats", because="numbers, counted from the comments' likes and answers")
