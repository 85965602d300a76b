"""The graph's part in a rebuild: counters counted from the edges, and a last look at what crossed on its way."""

from collections.abc import Mapping

from echomate import keys, table
from echomate.keys import Key
from echomate.stream.rebuild import Tally, everything, rebuilds, recounts
from social.projections import delete_forbidden
from social.services.requests import look_again


@recounts("followers and following", of="user")
def edges_of(user: Key) -> Tally:
    id_ = table.last_id(user[0])

    def count() -> Mapping[str, int]:
        followers = table.query(keys.followers(id_), index="GSI1", attributes=("GSI1SK",))
        following = table.query(user[0], prefix=keys.FOLLOWING, attributes=("SK",))
        return {"Followers": sum(1 for _ in followers), "Following": sum(1 for _ in following)}

    return Tally(keys.user_stats(id_), keys.cached_user_stats(id_), count)


@rebuilds("edges that a block forbids")
def delete_all_forbidden() -> None:
    """Where the records of a follow and a block that crossed were lost, nobody has looked again."""
    for block in everything("block"):
        blocker, blocked = table.last_id(block["PK"]["S"]), table.last_id(block["SK"]["S"])
        delete_forbidden(follower=blocker, followed=blocked)
        delete_forbidden(follower=blocked, followed=blocker)


@rebuilds("requests that have nothing to wait for")
def settle_all_requests() -> None:
    """Where the record of a request, or of its account's unlocking, was lost."""
    for request in everything("follow_request"):
        follower, followed = table.last_id(request["PK"]["S"]), table.last_id(request["SK"]["S"])
        delete_forbidden(follower=follower, followed=followed)
        look_again(follower=follower, followed=followed)
