"""What follows from a change of a post or of a mark on one: counters, stale caches, the end of a tombstone's."""

from echomate import keys
from echomate.projections import Change, Effects, Image, projects
from echomate.table import last_id
from media.services import expect_publishing
from media.services import remove as remove_media
from posts import mentions, sweeping, tag_entries
from posts.tombstones import bury_stats


@projects("post")
def post_changed(change: Change, effects: Effects) -> None:
    """Posts are counted as they come and as they become tombstones, whose own end counts nothing."""
    post = last_id(change.item["PK"])
    effects.forget(keys.cached_post(post))
    before, after = _author(change.old), _author(change.new)
    if before is None and after is not None:
        _count_user(effects, after, "Posts", 1)
    elif before is not None and after is None:
        _count_user(effects, before, "Posts", -1)
        effects.forget(keys.cached_post_stats(post), keys.cached_versions(post))
        remove_media((change.old or {}).get("Media", ()), attached=change.item["PK"])
        bury_stats(keys.post_stats(post), expires_at=change.item.get("ExpiresAt"))
        if "DeletedAt" in change.item:
            sweeping.expect(post, deleted_at=change.item["DeletedAt"])


def _author(image: Image | None) -> int | None:
    """Whose post it is; None for none and for a tombstone."""
    return image.get("Author") if image else None


@projects("post")
def publish_media(change: Change, effects: Effects) -> None:
    """What a public post takes up may be read by all, where the settings say so."""
    before, after = change.old or {}, change.new or {}
    if after.get("Visibility") == "public":
        for media in set(after.get("Media", ())) - set(before.get("Media", ())):
            expect_publishing(media, of=change.item["PK"], at=change.at)


@projects("post")
def index_tags(change: Change, effects: Effects) -> None:
    """Entries of its hashtags come and go with what the post says."""
    post = last_id(change.item["PK"])
    before, after = tag_entries.tags_of(change.old), tag_entries.tags_of(change.new)
    tag_entries.put(post, after - before)
    tag_entries.delete(post, before - after)


@projects("post_version")
def version_changed(change: Change, effects: Effects) -> None:
    if change.kind != "insert":
        post, number = last_id(change.item["PK"]), last_id(change.item["SK"])
        effects.forget_parts(("HDEL", keys.cached_versions(post), number))


@projects(*mentions.ENTITIES)
def index_mentions(change: Change, effects: Effects) -> None:
    """Entries of whom it names come and go with what it says."""
    before, after = mentions.named_in(change.old), mentions.named_in(change.new)
    if before != after:
        mentions.update((change.item["PK"], change.item["SK"]), before, after)


@projects("like")
def like_changed(change: Change, effects: Effects) -> None:
    if change.kind == "modify":
        return
    post, user = last_id(change.item["PK"]), last_id(change.item["SK"])
    delta = 1 if change.kind == "insert" else -1
    effects.count(
        key=keys.post_stats(post), field="Likes", delta=delta, cache_key=keys.cached_post_stats(post)
    )
    _count_user(effects, user, "Likes", delta)
    effects.forget_parts(("HDEL", keys.viewer_hash(user), post))


@projects("bookmark")
def bookmark_changed(change: Change, effects: Effects) -> None:
    """Nothing is counted: it is for its owner alone."""
    user, post = last_id(change.item["PK"]), last_id(change.item["SK"])
    effects.forget_parts(("HDEL", keys.viewer_hash(user), post))


def _count_user(effects: Effects, user: int, field: str, delta: int) -> None:
    effects.count(key=keys.user_stats(user), field=field, delta=delta, cache_key=keys.cached_user_stats(user))
