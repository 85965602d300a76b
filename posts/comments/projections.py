"""What follows from a change of a comment or of a like of one: counters, stale caches, the end of a tombstone's."""

from datetime import timedelta

from echomate import jobs, keys
from echomate.projections import Change, Effects, Image, projects
from echomate.table import last_id
from posts.comments import recent
from posts.comments.tasks import SWEEP_LIKES
from posts.tombstones import bury_stats

LIKES_STAY = timedelta(days=1)
"""After the deletion of a comment."""


@projects("comment")
def comment_changed(change: Change, effects: Effects) -> None:
    """Comments are counted as they come and as they become tombstones.

    A removal counts nothing: it is the end of a tombstone, or of all comments of a post that was deleted.
    """
    comment = last_id(change.item["PK"])
    effects.forget(keys.cached_comment(comment))
    post, parent = change.item["Post"], change.item.get("Parent")
    if change.new is None:
        effects.forget_parts(*recent.forget_in_place(post=post, parent=parent))
        return
    delta = _is_there(change.new) - _is_there(change.old)
    if delta:
        _count(effects, change.new, delta)
    if delta > 0:
        effects.forget_parts(*recent.remember_in_place(comment, post=post, parent=parent))
    if delta < 0:
        if "GSI1PK" not in change.new:
            effects.forget_parts(*recent.forget_in_place(post=post, parent=parent))
        effects.forget(keys.cached_comment_stats(comment))
        bury_stats(keys.comment_stats(comment), expires_at=change.new.get("ExpiresAt"))
        _sweep_likes_later(comment, change)


def _is_there(image: Image | None) -> bool:
    """Not where it is a tombstone."""
    return image is not None and "Author" in image


def _count(effects: Effects, comment: Image, delta: int) -> None:
    post, parent = comment["Post"], comment.get("Parent")
    key, cache_key = keys.post_stats(post), keys.cached_post_stats(post)
    effects.count(key=key, field="Comments", delta=delta, cache_key=cache_key)
    if parent is not None:
        _count_of(effects, parent, "Replies", delta)


def _count_of(effects: Effects, comment: int, field: str, delta: int) -> None:
    key, cache_key = keys.comment_stats(comment), keys.cached_comment_stats(comment)
    effects.count(key=key, field=field, delta=delta, cache_key=cache_key)


def _sweep_likes_later(comment: int, change: Change) -> None:
    moment = int(change.at.timestamp() * 1000)
    id_ = jobs.id_before(moment, of=f"{SWEEP_LIKES} {comment}")
    jobs.add(jobs.job(SWEEP_LIKES, {"comment": str(comment)}, id=id_, delay=LIKES_STAY))


@projects("comment_like")
def like_changed(change: Change, effects: Effects) -> None:
    if change.kind == "modify":
        return
    comment, user = last_id(change.item["PK"]), last_id(change.item["SK"])
    _count_of(effects, comment, "Likes", 1 if change.kind == "insert" else -1)
    effects.forget_parts(("HDEL", keys.comment_viewer_hash(user), comment))
