"""Delete posts: what is left of one is a tombstone, which goes after a week."""

from typing import TYPE_CHECKING

from echomate import dynamodb, keys, table, timelines
from posts.models import TOMBSTONE_SECONDS, Post
from posts.services.owning import edited_meanwhile, own_post, refusal
from posts.services.publishing import new_nonce
from posts.services.telling import tell

if TYPE_CHECKING:
    from pynamodb.expressions.update import Action


def delete(*, author: int, post: int, expected: frozenset[int] | None = None) -> None:
    """Make one's own post a tombstone. Raises `Forbidden` and `NotFound` where it isn't one's own.

    Raises `PreconditionFailed` where its version isn't an expected one.
    """
    version = None
    if expected is not None:
        version = own_post(author, post).version
        if version not in expected:
            raise edited_meanwhile()
    if bury(author=author, post=post, version=version):
        return
    item = Post.read(keys.post(post))
    if item is not None and item.author == author:
        raise edited_meanwhile()
    raise refusal(author, post, item)


def bury(*, author: int, post: int, version: float | None = None) -> bool:
    """Make an author's post, of a version if one is given, a tombstone; False: there is no such post of theirs."""
    nonce = new_nonce()
    now = table.clock()
    emptied = (
        *(Post.author, Post.content, Post.content_html, Post.mentions, Post.tags, Post.media),
        *(Post.language, Post.visibility, Post.reply_policy, Post.sensitive),
        *(Post.spoiler_text, Post.edited_at, Post.gsi1pk, Post.gsi1sk, Post.gsi2pk, Post.gsi2sk),
    )
    actions: list[Action] = [
        Post.deleted_at.set(now),
        Post.expires_at.set(now // 1000 + TOMBSTONE_SECONDS),
        Post.last_write.set(nonce),
        *(attribute.remove() for attribute in emptied),
    ]
    is_it = Post.author == author
    if version is not None:
        is_it &= Post.version == version
    request = Post(*keys.post(post)).get_update_kwargs_from_instance(
        actions, condition=is_it | (Post.last_write == nonce)
    )
    if dynamodb.attempt("UpdateItem", request) is None:
        return False
    tell(
        ("DEL", keys.cached_post(post)),
        ("DEL", keys.cached_post_stats(post)),
        ("DEL", keys.cached_versions(post)),
        timelines.withdraw(keys.author_list(author), post),
        timelines.withdraw(keys.feed(author), post),
    )
    return True
