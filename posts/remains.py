"""What is left of posts and comments whose deletion the stream has lost: a rebuild has it swept all the same."""

from collections import defaultdict
from collections.abc import Iterable, Iterator

from echomate import ids, jobs, keys, privacy, table
from echomate.dynamodb import Wire
from echomate.ids import now_seconds
from echomate.keys import Key
from echomate.stream.rebuild import everything
from media.services import remove as remove_media
from posts import sweeping
from posts.comments.tasks import SWEEP_LIKES
from posts.models import TOMBSTONE_SECONDS
from posts.tombstones import bury_stats

HANGING = ("like", "post_version", "comment", "comment_like", "media")
ATTRIBUTES = ("PK", "SK", "Post", "Attached", "ExpiresAt")


def expect_all() -> None:
    """Find it by a scan. What is under way by itself is found too, and nothing is added to it."""
    for step in privacy.in_steps(everything(*HANGING, counters=True, attributes=ATTRIBUTES)):
        hanging: dict[Key, list[Wire]] = defaultdict(list)
        for item, subject in zip(step, map(_subject, step), strict=True):
            if subject is not None:
                hanging[subject].append(item)
        for subject, there in zip(hanging, table.batch_get(hanging), strict=True):
            if there is None or "DeletedAt" in there:
                _expect(subject, there, hanging[subject])


def _subject(item: Wire) -> Key | None:
    """The post or the comment that an item hangs on; None where it is neither, or goes by itself."""
    partition, sort = table.key_of(item)
    if partition.startswith(keys.POST) and not _is_buried(item):
        return keys.post(table.last_id(partition))
    if partition.startswith(keys.COMMENT) and not _is_buried(item):
        comment = keys.comment(table.last_id(partition))
        return keys.post(int(item["Post"]["N"])) if (partition, sort) == comment else comment
    attached = item.get("Attached", {"S": ""})["S"]
    return keys.post(table.last_id(attached)) if attached.startswith(keys.POST) else None


def _is_buried(item: Wire) -> bool:
    return _is_stats(item) and "ExpiresAt" in item


def _is_stats(item: Wire) -> bool:
    return table.key_of(item)[1] == keys.STATS


def _expect(subject: Key, tombstone: Wire | None, items: Iterable[Wire]) -> None:
    """Have swept what hangs on a post or a comment that was deleted; counters and media go at once."""
    id_ = table.last_id(subject[0])
    is_post = subject == keys.post(id_)
    bury_stats(keys.post_stats(id_) if is_post else keys.comment_stats(id_), expires_at=_end(tombstone))
    remove_media(_media(items), attached=subject[0])
    if all(_is_stats(item) or "Attached" in item for item in items):
        return
    made_at = int(ids.instant(id_).timestamp() * 1000)
    if is_post:
        sweeping.expect(id_, deleted_at=int(tombstone["DeletedAt"]["N"]) if tombstone else made_at)
    else:
        job = jobs.id_before(made_at, of=f"{SWEEP_LIKES} {id_} after a loss")
        jobs.add(jobs.job(SWEEP_LIKES, {"comment": str(id_)}, id=job, delay=sweeping.PAUSE))


def _end(tombstone: Wire | None) -> int | None:
    """When counters go: with their tombstone, which may stay for ever, or a week after one that is gone."""
    if tombstone is None:
        return now_seconds() + TOMBSTONE_SECONDS
    return int(tombstone["ExpiresAt"]["N"]) if "ExpiresAt" in tombstone else None


def _media(items: Iterable[Wire]) -> Iterator[int]:
    return (table.last_id(item["PK"]["S"]) for item in items if "Attached" in item)
