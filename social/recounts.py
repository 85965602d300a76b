"""The graph's part in a rebuild: counters counted from the edges, and a last look at what blocks forbid."""

from collections.abc import Iterator, Mapping

from echomate import dynamodb, keys, table
from echomate.config import config
from echomate.dynamodb import Wire
from echomate.keys import Key
from echomate.stream.rebuild import Tally, rebuilds, recounts
from social.projections import delete_forbidden


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
    for block in _blocks():
        blocker, blocked = table.last_id(block["PK"]["S"]), table.last_id(block["SK"]["S"])
        delete_forbidden(follower=blocker, followed=blocked)
        delete_forbidden(follower=blocked, followed=blocker)


def _blocks() -> Iterator[Wire]:
    request: Wire = {
        "TableName": config.table_name,
        "ProjectionExpression": "PK, SK",
        "FilterExpression": "EntityType = :block",
        "ExpressionAttributeValues": {":block": {"S": "block"}},
    }
    while True:
        answer = dynamodb.call("Scan", request)
        yield from answer["Items"]
        if "LastEvaluatedKey" not in answer:
            return
        request["ExclusiveStartKey"] = answer["LastEvaluatedKey"]
