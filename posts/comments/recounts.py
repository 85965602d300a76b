"""The comments' part in a rebuild: counters counted from comments and likes."""

from collections.abc import Iterable, Mapping

from echomate import keys, table
from echomate.dynamodb import Wire
from echomate.keys import Key
from echomate.stream.rebuild import Tally, recounts
from posts.comments.walking import items_in, items_of


@recounts("comments of posts", of="post")
def comments_of(post: Key) -> Tally:
    id_ = table.last_id(post[0])

    def count() -> Mapping[str, int]:
        return {"Comments": _number_there(items_of(id_))}

    return Tally(keys.post_stats(id_), keys.cached_post_stats(id_), count)


@recounts("answers to comments, and likes of them", of="comment")
def reactions_to(comment: Key) -> Tally:
    id_ = table.last_id(comment[0])

    def count() -> Mapping[str, int]:
        likes = sum(1 for _ in table.query(comment[0], prefix=keys.LIKE, attributes=("SK",)))
        return {"Likes": likes, "Replies": _number_there(items_in(keys.replies_to_comment(id_)))}

    return Tally(keys.comment_stats(id_), keys.cached_comment_stats(id_), count)


def _number_there(items: Iterable[Wire]) -> int:
    """How many aren't tombstones."""
    return sum("Author" in item for item in items)
