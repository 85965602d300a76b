"""Edit posts. What an edit replaces is kept, in the same transaction."""

from collections.abc import Mapping
from typing import Any

from echomate import keys, table
from echomate.dynamodb import Wire
from echomate.errors import DependencyAway, Invalid
from posts import versions
from posts.models import Post
from posts.services import attaching
from posts.services.owning import TRIES, edited_meanwhile, own_post, rest
from posts.services.publishing import text_fields
from posts.services.telling import tell


def edit(
    *, editor: int, post: int, changes: Mapping[str, Any], expected: frozenset[int] | None = None
) -> None:
    """Set fields of one's own post. Raises `PreconditionFailed` where its version isn't an expected one."""
    for attempt in range(TRIES):
        before = own_post(editor, post)
        if expected is not None and before.version not in expected:
            raise edited_meanwhile()
        _check(before, changes)
        new = _differing(before, changes)
        if not new:
            return _forget(post)  # an earlier try may have died before it did
        if _replace(before, new):
            return None
        rest(attempt)
    raise DependencyAway("dynamodb", "The post is being edited by too many at once.")


def _check(before: Post, changes: Mapping[str, Any]) -> None:
    """Raises `Invalid` for what a post can't become."""
    if changes.get("visibility", before.visibility) != before.visibility:
        raise Invalid(errors={"visibility": ["It is fixed when a post is made."]})
    if not changes.get("content", before.content) and not changes.get("media", before.media):
        raise Invalid(errors={"content": ["It may be empty only where there are media."]})


def _differing(before: Post, changes: Mapping[str, Any]) -> dict[str, Any]:
    """What the changes change, with what is made of the text where that is changed."""
    new = {name: value for name, value in changes.items() if getattr(before, name) != value}
    return new | text_fields(new["content"], author=int(before.author)) if "content" in new else new


def _replace(before: Post, new: Mapping[str, Any]) -> bool:
    """Write the next version and keep the one before; False where another edit came first."""
    parts = [_update(before, new), *versions.keep(before)]
    if not attaching.update(before, parts, media=new.get("media", before.media) or ()):
        return False
    _forget(int(before.id))
    return True


def _forget(post: int) -> None:
    tell(("DEL", keys.cached_post(post)))


def _update(before: Post, new: Mapping[str, Any]) -> Wire:
    attributes = Post.get_attributes()
    actions = [
        attributes[name].remove() if value is None else attributes[name].set(value)
        for name, value in new.items()
    ]
    marks = [Post.version.set(before.version + 1), Post.edited_at.set(table.clock())]
    is_first = (Post.author == before.author) & (Post.version == before.version)
    return {"Update": before.get_update_kwargs_from_instance([*actions, *marks], condition=is_first)}
