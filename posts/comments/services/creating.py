"""Comment on a post, or answer a comment."""

from dataclasses import dataclass
from typing import Any

from echomate import dynamodb, ids, keys, table
from echomate.dynamodb import Wire
from echomate.errors import DependencyAway, Forbidden, Invalid, NotFound
from echomate.idempotency import Creation
from posts import hydration, rules
from posts.comments import recent, rendering
from posts.comments.models import Comment, place
from posts.comments.rendering import RenderedComment
from posts.services.publishing import new_nonce
from posts.services.putting import put_new
from posts.services.telling import tell
from posts.text import written
from social.selectors import parted

NO_SUCH_PARENT = "There is no such comment on this post."


@dataclass(frozen=True, slots=True)
class Draft:
    content: str
    parent: int | None = None
    """The comment that it answers; none: it stands right under the post."""


def create(*, author: int, post: int, draft: Draft, creation: Creation | None = None) -> RenderedComment:
    """Comment on a post that one sees. Raises `NotFound`, `Forbidden` where its author doesn't want that, `Invalid`.

    With a `creation`, the comment that an earlier try has made is found.
    """
    creation = creation or Creation(ids.new_id(), new_nonce())
    if creation.is_repeated and (made := _made(author, post, draft, creation)):
        _tell_of(made.id, author=author, post=post, parent=draft.parent)
        return made
    depth = _depth(author, post, draft.parent)
    for id_ in creation.candidates():
        comment = new_comment(id_, author=author, post=post, draft=draft, depth=depth, nonce=creation.nonce)
        item = put_new(comment)
        if item is not None:
            _tell_of(id_, author=author, post=post, parent=draft.parent)
            return rendered(item)
    raise DependencyAway("ids")


def _tell_of(comment: int, *, author: int, post: int, parent: int | None) -> None:
    """And that its parent is answered, also where an earlier try has marked it as that."""
    changed = [comment] if parent is None else [comment, parent]
    remembered = recent.remember(comment, author=author, post=post, parent=parent)
    tell(*(("DEL", keys.cached_comment(id_)) for id_ in changed), *remembered)


def check_reply(author: int, post: int) -> None:
    """Raises `NotFound`, `Forbidden` where one may not comment on a post."""
    _depth(author, post, None)


def _made(author: int, post: int, draft: Draft, creation: Creation) -> RenderedComment | None:
    """What an earlier try has made, as it was then, also where it was deleted or may not be made any more."""
    for item in table.batch_get(map(keys.comment, creation.candidates())):
        if item and item["Nonce"]["S"] == creation.nonce:
            id_, depth = int(item["Id"]["N"]), int(item["Depth"]["N"])
            return rendered(new_comment(id_, author=author, post=post, draft=draft, depth=depth).wire())
    return None


def _depth(author: int, post: int, parent: int | None) -> int:
    """How deep a new comment will stand, where its author may put it there."""
    answered = Comment.read(keys.comment(parent)) if parent is not None else None
    others = [author] if answered is None or answered.author is None else [author, int(answered.author)]
    found = hydration.hydrate(author, [post], others=others)
    seen = found.posts.get(post)
    if hydration.shown(found, post) is None or seen is None:
        raise NotFound
    if not rules.may_reply(seen, found.standing):
        raise Forbidden("The author of the post doesn't take this reply.")
    if parent is None:
        return 0
    if answered is None or answered.post != post or answered.author is None:
        raise _no_such_parent()
    if not rules.may_see_comment(
        seen,
        found.standing,
        author=int(answered.author),
        writer=int(answered.author),
        hidden=bool(answered.hidden),
        parted=bool(parted(seen.author, [int(answered.author)])),
    ):
        raise _no_such_parent()
    mark_answered(answered)
    return int(answered.depth) + 1


def _no_such_parent() -> Invalid:
    return Invalid(errors={"parent_id": [NO_SUCH_PARENT]})


def mark_answered(comment: Comment) -> None:
    """So that a deletion from now on leaves its place in the thread. Raises `Invalid` where it came first.

    The cache may show it as not answered until the answer is announced.
    """
    if comment.answered:
        return
    request = comment.get_update_kwargs_from_instance(
        [Comment.answered.set(True)], condition=Comment.author.exists()
    )
    if dynamodb.attempt("UpdateItem", request) is None:
        raise _no_such_parent()


def new_comment(id_: int, *, author: int, post: int, draft: Draft, depth: int, nonce: str = "") -> Comment:
    """A comment that isn't written yet."""
    partition, sort = keys.comment(id_)
    return Comment(
        pk=partition,
        sk=sort,
        gsi1pk=place(post=post, parent=draft.parent),
        gsi1sk=keys.comment_sort(id_),
        gsi2pk=keys.comments_of(author),
        gsi2sk=keys.comment_sort(id_),
        id=id_,
        post=post,
        parent=draft.parent,
        depth=depth,
        author=author,
        **text_fields(draft.content, author=author),
        version=1,
        nonce=nonce or new_nonce(),
    )


def text_fields(content: str, *, author: int) -> dict[str, Any]:
    """A comment's text, and what is stored beside it, made once, as it is written."""
    made = written(content, author=author)
    return {"content": content, "content_html": made.html, "mentions": list(made.mentions) or None}


def rendered(item: Wire) -> RenderedComment:
    """A comment's item as its readers get it. Raises `NotFound` for a tombstone."""
    value = rendering.render(item)
    if value is None:
        raise NotFound
    return rendering.parse(value)
