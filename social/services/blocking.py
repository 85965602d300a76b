"""Block and unblock."""

from echomate import keys, transactions
from echomate.dynamodb import DynamoDBError
from echomate.errors import Invalid
from social import invalidation
from social.models import Block, BlockedBy
from social.services.telling import tell


def block(*, blocker: int, blocked: int) -> bool:
    """Put the block and its mirror and delete edges and requests either way, in one transaction; whether it is new.

    One may also block an account by which one is blocked, so that nobody escapes a block by being the first.
    """
    if blocker == blocked:
        raise Invalid(errors={"user": ["One can't block oneself."]})
    is_new = _put_block(Block.between(blocker=blocker, blocked=blocked), blocker=blocker, blocked=blocked)
    tell(*invalidation.after_block(blocker, blocked))
    return is_new


def _put_block(item: Block, *, blocker: int, blocked: int) -> bool:
    mirror = BlockedBy.mirror(item, blocker=blocker, blocked=blocked)
    ended = [
        kind(*pair)
        for kind in (keys.follow, keys.follow_request)
        for pair in ((blocker, blocked), (blocked, blocker))
    ]
    try:
        transactions.commit(
            [transactions.put(item), transactions.put(mirror), *map(transactions.delete, ended)]
        )
    except DynamoDBError as error:
        if not transactions.failed(error, 0):
            raise
        return False
    return True


def unblock(*, blocker: int, blocked: int) -> None:
    """Delete the block and its mirror, in one transaction. No edge and no request comes back."""
    if blocker == blocked:
        raise Invalid(errors={"user": ["One can't block oneself."]})
    both = (keys.block(blocker, blocked), keys.blocked_by(blocked, blocker))
    transactions.commit([transactions.delete(key) for key in both])
    tell(*invalidation.after_block(blocker, blocked))
