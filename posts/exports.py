"""What posts give out of a user: what they wrote, liked and bookmarked."""

from collections.abc import Iterator

from django.utils.html import format_html
from django.utils.safestring import mark_safe
from django.utils.translation import gettext_lazy as _

from echomate import keys, privacy, table
from echomate.config import config
from echomate.dynamodb import Wire
from echomate.ids import at_milliseconds, rfc3339
from echomate.privacy import Row
from posts import versions
from posts.attachments import ids_of
from posts.rendering import post_url


def show(row: Row) -> str:
    """A post as it is read; what its author hid is hidden until it is opened."""
    content = mark_safe(row["content_html"])  # noqa: S308 - cleaned before it was stored
    if row["sensitive"] or row["spoiler_text"]:
        content = format_html(
            "<details><summary>{}</summary>{}</details>", row["spoiler_text"] or "…", content
        )
    when = row["created_at"]
    read = f"{when[:10]} {when[11:16]} UTC"
    return format_html(
        '<p class="about"><time datetime="{}">{}</time> · {}</p>{}', when, read, row["visibility"], content
    )


@privacy.exports("posts", "post", title=_("Posts"), show=show)
def posts(user: int) -> Iterator[Row]:
    return map(_row, _posts(user))


def _posts(user: int) -> Iterator[Wire]:
    for part in privacy.in_steps(table.query(keys.author(user), index="GSI1", attributes=("PK", "SK"))):
        for item in table.batch_get(map(table.key_of, part)):
            if item is not None and item.get("Author", {}).get("N") == str(user):
                yield item


def _row(item: Wire) -> Row:
    post = int(item["Id"]["N"])
    edited_at = item.get("EditedAt")
    return {
        "id": str(post),
        "url": _url(post),
        "created_at": rfc3339(post),
        "edited_at": rfc3339(at_milliseconds(int(edited_at["N"]))) if edited_at else None,
        "content": item["Content"]["S"],
        "content_html": item["ContentHtml"]["S"],
        "media": list(map(str, ids_of(item))),
        "language": item["Language"]["S"] if "Language" in item else None,
        "visibility": item["Visibility"]["S"],
        "reply_policy": item["ReplyPolicy"]["S"],
        "sensitive": item["Sensitive"]["BOOL"],
        "spoiler_text": item["SpoilerText"]["S"],
    }


def _url(post: int) -> str:
    """Absolute, for one who reads it elsewhere."""
    url = post_url(post)
    return config.public_url + url if url.startswith("/") else url


@privacy.exports("post_versions", "post_version", title=_("Former versions of posts"))
def former_versions(user: int) -> Iterator[Row]:
    for item in _posts(user):
        post = int(item["Id"]["N"])
        for version in versions.versions_of(post) if "EditedAt" in item else ():
            yield {"post_id": str(post), "url": _url(post), **versions.shape(version)}


@privacy.exports("likes", "like", title=_("Likes"))
def likes(user: int) -> Iterator[Row]:
    for item in table.query(keys.likes_of(user), index="GSI1"):
        post = table.last_id(item["PK"]["S"])
        yield {"post_id": str(post), "url": _url(post), "liked_at": rfc3339(int(item["GSI1SK"]["S"]))}


@privacy.exports("bookmarks", "bookmark", title=_("Bookmarks"))
def bookmarks(user: int) -> Iterator[Row]:
    for item in table.query(keys.bookmarks_of(user), index="GSI1"):
        post = table.last_id(item["SK"]["S"])
        bookmarked_at = rfc3339(int(item["GSI1SK"]["S"]))
        yield {"post_id": str(post), "url": _url(post), "bookmarked_at": bookmarked_at}


privacy.not_exported("post_stats", because="numbers, counted from the posts' likes and comments")
privacy.not_exported(
    "mention_entry", because="it repeats what others have written, and not all of it is for its user"
)
privacy.not_exported("tag_entry", because="it repeats what the posts say")
