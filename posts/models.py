"""What posts are in the table.

| access | how |
|---|---|
| a post, its counters | get `POST#p` / `POST`, `STATS` |
| an author's posts, newest first | GSI1 `AUTHOR#u`, by `POST#p` |
| all public posts, newest first, but those that an import dates lately | GSI2 `PUBLIC#n`, by `POST#p` |
| what a post was before its edits, newest first | query `POST#p` / `VERSION#n`, by the number of the version |
| those of them that bear a hashtag, newest first | query `TAG#name` / `POST#` |
| posts, former versions and comments that name a user | query `MENTIONED#u` / `POST#p`, `VERSION#n#p`, `COMMENT#c` |
| does a user like a post | get `POST#p` / `LIKE#u` |
| who likes a post, by account | query `POST#p` / `LIKE#` |
| what a user likes, newest first | GSI1 `LIKES#u`, by like id |
| has a user bookmarked a post | get `USER#u` / `BOOKMARK#p` |
| what a user has bookmarked, newest first | GSI1 `BOOKMARKS#u`, by bookmark id |

A deleted post stays for a week as a tombstone: `Id` and `DeletedAt`, without author, content and index keys.
"""

from typing import Any

from pynamodb.attributes import BooleanAttribute, ListAttribute, NumberAttribute, UnicodeAttribute

from echomate import keys
from echomate.config import config
from echomate.table import Item

TOMBSTONE_SECONDS = 7 * 24 * 3600


class Post(Item, discriminator="post"):
    id = NumberAttribute(attr_name="Id")
    author = NumberAttribute(null=True, attr_name="Author")
    content = UnicodeAttribute(null=True, attr_name="Content")
    content_html = UnicodeAttribute(null=True, attr_name="ContentHtml")
    mentions: ListAttribute[Any] = ListAttribute(of=NumberAttribute, null=True, attr_name="Mentions")
    """Users, in the order in which they are named."""
    tags: ListAttribute[Any] = ListAttribute(of=UnicodeAttribute, null=True, attr_name="Tags")
    """Hashtags, folded."""
    media: ListAttribute[Any] = ListAttribute(of=NumberAttribute, default=list, attr_name="Media")
    """In the order in which they are shown."""
    language = UnicodeAttribute(null=True, attr_name="Language")
    visibility = UnicodeAttribute(null=True, attr_name="Visibility")
    reply_policy = UnicodeAttribute(null=True, attr_name="ReplyPolicy")
    sensitive = BooleanAttribute(null=True, attr_name="Sensitive")
    spoiler_text = UnicodeAttribute(null=True, attr_name="SpoilerText")
    edited_at = NumberAttribute(null=True, attr_name="EditedAt")
    version = NumberAttribute(attr_name="Version")
    deleted_at = NumberAttribute(null=True, attr_name="DeletedAt")
    nonce = UnicodeAttribute(attr_name="Nonce")
    """By this a put that is tried again knows its first try."""
    imported = BooleanAttribute(null=True, attr_name="Imported")
    """It came out of an export, so nobody is told of it."""
    last_write = UnicodeAttribute(null=True, attr_name="LastWrite")
    """The same for edits and the deletion."""


class PostVersion(Item, discriminator="post_version"):
    """What an author wrote, once an edit has replaced it. Its number is in its key."""

    content = UnicodeAttribute(attr_name="Content")
    content_html = UnicodeAttribute(attr_name="ContentHtml")
    language = UnicodeAttribute(null=True, attr_name="Language")
    sensitive = BooleanAttribute(attr_name="Sensitive")
    spoiler_text = UnicodeAttribute(attr_name="SpoilerText")
    mentions: ListAttribute[Any] = ListAttribute(of=NumberAttribute, null=True, attr_name="Mentions")
    written_at = NumberAttribute(attr_name="WrittenAt")
    """Unix milliseconds."""


class PostStats(Item, discriminator="post_stats"):
    """Counters, which the projector makes and moves; each move adds 1 to `Version`."""

    likes = NumberAttribute(default=0, attr_name="Likes")
    comments = NumberAttribute(default=0, attr_name="Comments")
    version = NumberAttribute(default=0, attr_name="Version")


class Like(Item, discriminator="like"):
    """Its keys say it all: the post, the user, and the like id in GSI1."""


class Bookmark(Item, discriminator="bookmark"):
    """The same, but in the partition of its user, who alone knows of it. Nothing leads to it from the post."""


class TagEntry(Item, discriminator="tag_entry"):
    """That a public post bears a hashtag: its keys say it. The projector puts it and takes it away."""


class MentionEntry(Item, discriminator="mention_entry"):
    """That a post, a former version of one or a comment names a user: its keys say it. The projector's, too."""


def public_partition(post: int) -> str:
    """The partition of the public timeline that a post is in."""
    return keys.public(post % config.public_shards)
