"""Create posts."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from echomate import ids, keys, timelines
from echomate.cache import Command
from echomate.dynamodb import Wire
from echomate.errors import Conflict, DependencyAway, NotFound
from echomate.idempotency import Creation
from posts import attachments, rendering
from posts.models import Post, public_partition
from posts.rendering import RenderedPost
from posts.services import attaching
from posts.services.putting import put_new
from posts.services.telling import tell
from posts.text import written


@dataclass(frozen=True, slots=True)
class Draft:
    """What an author writes; `visibility` is fixed from then on."""

    content: str
    media: Sequence[int] = ()
    visibility: str = "public"
    reply_policy: str = "everyone"
    language: str | None = None
    sensitive: bool = False
    spoiler_text: str = ""


def create(
    *, author: int, draft: Draft, post: int | None = None, creation: Creation | None = None
) -> RenderedPost:
    """Publish. `post` is an id that the caller chose, with the time that it tells.

    With a `creation`, the post that an earlier try has made is found, also where it was deleted since. Raises
    `Conflict` where the id that was chosen is taken.
    """
    creation = creation or Creation(ids.new_id() if post is None else post, new_nonce())
    for id_ in creation.candidates():
        item = put_post(new_post(id_, author, draft, nonce=creation.nonce))
        if item is not None:
            tell(*_announcements(author, id_))
            return rendered(item)
        if post is not None:
            raise Conflict("There is another post of this id.")
    raise DependencyAway("ids")


def new_post(id_: int, author: int, draft: Draft, *, nonce: str = "") -> Post:
    """A post that isn't written yet."""
    partition, sort = keys.post(id_)
    public = draft.visibility == "public"
    return Post(
        pk=partition,
        sk=sort,
        gsi1pk=keys.author(author),
        gsi1sk=keys.post_sort(id_),
        gsi2pk=public_partition(id_) if public else None,
        gsi2sk=keys.post_sort(id_) if public else None,
        id=id_,
        author=author,
        content=draft.content,
        **text_fields(draft.content, author=author),
        media=list(draft.media),
        language=draft.language,
        visibility=draft.visibility,
        reply_policy=draft.reply_policy,
        sensitive=draft.sensitive,
        spoiler_text=draft.spoiler_text,
        version=1,
        nonce=nonce or new_nonce(),
    )


def text_fields(content: str, *, author: int) -> dict[str, Any]:
    """What is stored of a post's text beside it, made once, as it is written."""
    made = written(content, author=author)
    return {
        "content_html": made.html,
        "mentions": list(made.mentions) or None,
        "tags": list(made.tags) or None,
    }


def put_post(post: Post) -> Wire | None:
    """The item as it was put, also where a first try has put it before; None where the id is another post's.

    What it has of media is bound to it in the same transaction; raises `Invalid` and `Conflict` for them.
    """
    return attaching.put(post) if post.media else put_new(post)


def _announcements(author: int, post: int) -> list[Command]:
    """The author's own lists hold the post at once. Others' are the projector's, and late posts' too."""
    forgotten = ("DEL", keys.cached_post(post))
    if timelines.is_late(post):
        return [forgotten]
    own = timelines.announce(keys.author_list(author), post, seconds=timelines.AUTHOR_SECONDS)
    return [forgotten, own, timelines.deliver_once(keys.feed(author), post)]


def rendered(item: Wire) -> RenderedPost:
    """A post's item as its readers get it. Raises `NotFound` for a tombstone."""
    value = rendering.render(item, attachments.media_of([item]))
    if value is None:
        raise NotFound
    return rendering.parse(value)


def new_nonce() -> str:
    """What tells a write's own first try from others' writes."""
    return secrets.token_hex(6)
