"""What comments are in the table.

| access | how |
|---|---|
| a comment, its counters | get `COMMENT#c` / `COMMENT`, `STATS` |
| the comments right under a post, or the answers to one, by time | GSI1 `REPLIES#POST#p`, `REPLIES#COMMENT#c` |
| the comments of an author, by time | GSI2 `COMMENTS#u` |
| the tombstones of an author's comments, by time | GSI2 `DELETED_COMMENTS#u` |
| does a user like a comment | get `COMMENT#c` / `LIKE#u` |
| who likes a comment | query `COMMENT#c` / `LIKE#` |
| the comments that a user likes | GSI1 `COMMENT_LIKES#u`, by like id |

A deleted comment is a tombstone, without author and content. One that was answered keeps its place in the thread for
ever, and until its author is erased the table knows whose it was: whom a block kept from the comment, it keeps from the
tombstone. Another loses its place, and stays for a week.
"""

from typing import Any

from pynamodb.attributes import BooleanAttribute, ListAttribute, NumberAttribute, UnicodeAttribute

from echomate import keys
from echomate.table import Item


class Comment(Item, discriminator="comment"):
    id = NumberAttribute(attr_name="Id")
    post = NumberAttribute(attr_name="Post")
    parent = NumberAttribute(null=True, attr_name="Parent")
    """The comment that it answers; none: it stands right under the post."""
    depth = NumberAttribute(attr_name="Depth")
    author = NumberAttribute(null=True, attr_name="Author")
    former_author = NumberAttribute(null=True, attr_name="FormerAuthor")
    """Of a tombstone, for the rules alone: it is shown to nobody."""
    content = UnicodeAttribute(null=True, attr_name="Content")
    content_html = UnicodeAttribute(null=True, attr_name="ContentHtml")
    mentions: ListAttribute[Any] = ListAttribute(null=True, of=NumberAttribute, attr_name="Mentions")
    hidden = BooleanAttribute(null=True, attr_name="Hidden")
    """The post's author has hidden it."""
    answered = BooleanAttribute(null=True, attr_name="Answered")
    """Set before the first answer is put, so what isn't marked has none, whatever an index shows."""
    edited_at = NumberAttribute(null=True, attr_name="EditedAt")
    version = NumberAttribute(attr_name="Version")
    deleted_at = NumberAttribute(null=True, attr_name="DeletedAt")
    nonce = UnicodeAttribute(attr_name="Nonce")
    """By this a put that is tried again knows its first try."""
    imported = BooleanAttribute(null=True, attr_name="Imported")
    """It came out of an export, so nobody is told of it."""
    last_write = UnicodeAttribute(null=True, attr_name="LastWrite")
    """The same for edits and the deletion."""


class CommentStats(Item, discriminator="comment_stats"):
    """Counters, which the projector makes and moves; each move adds 1 to `Version`."""

    likes = NumberAttribute(default=0, attr_name="Likes")
    replies = NumberAttribute(default=0, attr_name="Replies")
    version = NumberAttribute(default=0, attr_name="Version")


class CommentLike(Item, discriminator="comment_like"):
    """Its keys say it all: the comment, the user, and the like id in GSI1."""


def place(*, post: int, parent: int | None) -> str:
    """The partition of GSI1 in which a comment stands."""
    return keys.replies_to_post(post) if parent is None else keys.replies_to_comment(parent)
