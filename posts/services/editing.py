"""Edit posts."""

from collections.abc import Mapping
from typing import Any

from pynamodb.expressions.update import Action

from echomate import dynamodb, keys, table
from echomate.dynamodb import Wire
from echomate.errors import Invalid, PreconditionFailed
from posts.models import Post
from posts.rendering import RenderedPost
from posts.services.owning import own_post
from posts.services.publishing import new_nonce, rendered, text_fields
from posts.services.telling import tell

TRIES = 5


def edit(
    *, editor: int, post: int, changes: Mapping[str, Any], expected: frozenset[int] | None = None
) -> RenderedPost:
    """Set fields of one's own post. Raises `PreconditionFailed` where its version isn't an expected one."""
    nonce = new_nonce()
    for _ in range(TRIES):
        before = own_post(editor, post)
        if expected is not None and before.version not in expected:
            break
        if changes.get("visibility", before.visibility) != before.visibility:
            raise Invalid(errors={"visibility": ["It is fixed when a post is made."]})
        actions = _actions(before, changes)
        if not actions:
            return rendered(before.wire())
        item = _update_post(before, actions, nonce)
        if item is not None:
            tell(("DEL", keys.cached_post(post)))
            return rendered(item)
    raise PreconditionFailed("The post has been edited in the meantime. Read it again.")


def _actions(before: Post, changes: Mapping[str, Any]) -> list[Action]:
    """The update that makes the changes; empty where they change nothing."""
    new = {name: value for name, value in changes.items() if getattr(before, name) != value}
    if "content" in new:
        new |= text_fields(new["content"])
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
