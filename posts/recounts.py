"""The posts' part in a rebuild: counters counted from posts and likes, and the entries of hashtags and mentions."""

from collections.abc import Iterable, Mapping

from echomate import keys, table
from echomate.dynamodb import Wire
from echomate.keys import Key
from echomate.stream.rebuild import Tally, rebuilds, recounts
from posts import mentions, remains, tag_entries


@recounts("posts, and likes given", of="user")
def writings_of(user: Key) -> Tally:
    id_ = table.last_id(user[0])

    def count() -> Mapping[str, int]:
        posts = table.query(keys.author(id_), index="GSI1", attributes=("GSI1SK",))
        likes = table.query(keys.likes_of(id_), index="GSI1", attributes=("GSI1SK",))
        return {"Posts": _number(posts), "Likes": _number(likes)}

    return Tally(keys.user_stats(id_), keys.cached_user_stats(id_), count)


@recounts("likes of posts", of="post")
def likes_of(post: Key) -> Tally:
    id_ = table.last_id(post[0])

    def count() -> Mapping[str, int]:
        return {"Likes": _number(table.query(post[0], prefix=keys.LIKE, attributes=("SK",)))}

    return Tally(keys.post_stats(id_), keys.cached_post_stats(id_), count)


@rebuilds("entries of hashtags")
def index_all_tags() -> None:
    tag_entries.put_all()
    tag_entries.delete_stale()


@rebuilds("remains of what was deleted")
def sweep_remains() -> None:
    remains.expect_all()


@rebuilds("entries of mentions")
def index_all_mentions() -> None:
    mentions.put_all()
    mentions.delete_stale()


def _number(items: Iterable[Wire]) -> int:
    return sum(1 for _ in items)
