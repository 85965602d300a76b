"""Create, edit and delete posts."""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pynamodb.expressions.update import Action

from echomate import dynamodb, ids, keys, table, timelines
from echomate.cache import Command
from echomate.dynamodb import DynamoDBError, Wire
from echomate.errors import Conflict, DependencyAway, Forbidden, Invalid, NotFound, PreconditionFailed
from echomate.idempotency import Creation
from posts import reading, rendering
from posts.models import TOMBSTONE_SECONDS, Post, public_partition
from posts.rendering import RenderedPost
from posts.services.telling import tell

TRIES = 5


@dataclass(frozen=True, slots=True)
class Draft:
    """What an author writes; `visibility` is fixed from then on."""

    content: str
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
    creation = creation or Creation(ids.new_id() if post is None else post, _nonce())
    for id_ in creation.candidates():
        item = put_post(new_post(id_, author, draft, nonce=creation.nonce))
        if item is not None:
            tell(*_announcements(author, id_))
            return _rendered(item)
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
        language=draft.language,
        visibility=draft.visibility,
        reply_policy=draft.reply_policy,
        sensitive=draft.sensitive,
        spoiler_text=draft.spoiler_text,
        version=1,
        nonce=nonce or _nonce(),
    )


def put_post(post: Post) -> Wire | None:
    """The item as it was put, also where a first try has put it before; None where the id is another post's."""
    request = post.get_save_kwargs_from_instance(Post.pk.does_not_exist(), "ALL_OLD")
    item: Wire = request["Item"]
    try:
        dynamodb.call("PutItem", request)
    except DynamoDBError as error:
        if error.code != "ConditionalCheckFailedException":
            raise
        return item if error.response.get("Item", {}).get("Nonce") == item["Nonce"] else None
    return item


def _announcements(author: int, post: int) -> list[Command]:
    """The author's own lists hold the post at once. Others' are the projector's, and late posts' too."""
    forgotten = ("DEL", keys.cached_post(post))
    if timelines.is_late(post):
        return [forgotten]
    own = timelines.announce(keys.author_list(author), post, seconds=timelines.AUTHOR_SECONDS)
    return [forgotten, own, timelines.deliver_once(keys.feed(author), post)]


def edit(
    *, editor: int, post: int, changes: Mapping[str, Any], expected: frozenset[int] | None = None
) -> RenderedPost:
    """Set fields of one's own post. Raises `PreconditionFailed` where its version isn't an expected one."""
    nonce = _nonce()
    for _ in range(TRIES):
        before = _own_post(editor, post)
        if expected is not None and before.version not in expected:
            break
        if changes.get("visibility", before.visibility) != before.visibility:
            raise Invalid(errors={"visibility": ["It is fixed when a post is made."]})
        actions = _actions(before, changes)
        if not actions:
            return _rendered(before.wire())
        item = _update_post(before, actions, nonce)
        if item is not None:
            tell(("DEL", keys.cached_post(post)))
            return _rendered(item)
    raise PreconditionFailed("The post has been edited in the meantime. Read it again.")


def _own_post(editor: int, post: int) -> Post:
    item = Post.read(keys.post(post))
    if item is None or item.author != editor:
        raise _refusal(editor, post, item)
    return item


def _refusal(viewer: int, post: int, item: Post | None) -> Forbidden | NotFound:
    """What a post that isn't the viewer's own answers to a change. The item knows of a deletion before caches do."""
    is_there = item is not None and item.deleted_at is None
    if is_there and reading.look(viewer, post):
        return Forbidden("It is somebody else's post.")
    return NotFound()


def _actions(before: Post, changes: Mapping[str, Any]) -> list[Action]:
    """The update that makes the changes; empty where they change nothing."""
    new = {name: value for name, value in changes.items() if getattr(before, name) != value}
    attributes = Post.get_attributes()
    return [
        attributes[name].remove() if value is None else attributes[name].set(value)
        for name, value in new.items()
    ]


def _update_post(before: Post, actions: list[Action], nonce: str) -> Wire | None:
    """The item after the edit; None where another edit came first."""
    marks = [
        Post.version.set(before.version + 1),
        Post.edited_at.set(table.clock()),
        Post.last_write.set(nonce),
    ]
    is_first = (Post.author == before.author) & (Post.version == before.version)
    request = before.get_update_kwargs_from_instance(
        [*actions, *marks], condition=is_first | (Post.last_write == nonce)
    )
    answer = dynamodb.attempt("UpdateItem", {**request, "ReturnValues": "ALL_NEW"})
    return answer["Attributes"] if answer else None


def delete(*, author: int, post: int) -> None:
    """Make one's own post a tombstone. Raises `Forbidden` and `NotFound` where it isn't one's own."""
    if not bury(author=author, post=post):
        raise _refusal(author, post, Post.read(keys.post(post)))


def bury(*, author: int, post: int) -> bool:
    """Make an author's post a tombstone; False: there is no such post of theirs."""
    nonce = _nonce()
    now = table.clock()
    emptied = (
        *(Post.author, Post.content, Post.language, Post.visibility, Post.reply_policy, Post.sensitive),
        *(Post.spoiler_text, Post.edited_at, Post.gsi1pk, Post.gsi1sk, Post.gsi2pk, Post.gsi2sk),
    )
    actions: list[Action] = [
        Post.deleted_at.set(now),
        Post.expires_at.set(now // 1000 + TOMBSTONE_SECONDS),
        Post.last_write.set(nonce),
        *(attribute.remove() for attribute in emptied),
    ]
    request = Post(*keys.post(post)).get_update_kwargs_from_instance(
        actions, condition=(Post.author == author) | (Post.last_write == nonce)
    )
    if dynamodb.attempt("UpdateItem", request) is None:
        return False
    tell(
        ("DEL", keys.cached_post(post)),
        ("DEL", keys.cached_post_stats(post)),
        timelines.withdraw(keys.author_list(author), post),
        timelines.withdraw(keys.feed(author), post),
    )
    return True


def _rendered(item: Wire) -> RenderedPost:
    value = rendering.render(item)
    if value is None:
        raise NotFound
    return rendering.parse(value)


def _nonce() -> str:
    return secrets.token_hex(6)
