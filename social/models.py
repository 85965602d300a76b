"""Follow edges, requests, blocks and mutes.

| access pattern | read |
|---|---|
| does a follow b | `USER#a` / `FOLLOWING#b` |
| whom a follows, consistently | `USER#a`, prefix `FOLLOWING#` |
| whom a follows, newest first | GSI2 `FOLLOWS#a`, by edge id |
| who follows b, newest first | GSI1 `FOLLOWERS#b`, by edge id |
| does a ask to follow b; whom a asks, consistently | `USER#a` / `REQUEST#b`; prefix `REQUEST#` |
| who asks to follow b, newest first | GSI1 `REQUESTS#b`, by request id |
| does a block b; whom a blocks, by account | `USER#a` / `BLOCK#b`; prefix `BLOCK#` |
| is a blocked by b | `USER#a` / `BLOCKED_BY#b` |
| blocks of a, both ways, consistently | `USER#a`, prefix `BLOCK` |
| whom a mutes, by account | `USER#a`, prefix `MUTE#` |
| who mutes b, for b's erasure alone | GSI1 `MUTED_BY#b`, by mute id |
"""

from typing import Self

from pynamodb.attributes import BooleanAttribute, NumberAttribute

from echomate import ids, keys
from echomate.table import Item, last_id


class Follow(Item, discriminator="follow"):
    """One edge, read from both sides."""

    id = NumberAttribute(attr_name="Id")

    @classmethod
    def between(cls, *, follower: int, followed: int, id_: int | None = None) -> Self:
        """A new edge, not yet written."""
        edge = ids.new_id() if id_ is None else id_
        pk, sk = keys.follow(follower, followed)
        return cls(
            pk,
            sk,
            gsi1pk=keys.followers(followed),
            gsi1sk=ids.pad(edge),
            gsi2pk=keys.follows(follower),
            gsi2sk=ids.pad(edge),
            id=edge,
            created_at=ids.milliseconds(edge),
        )


class FollowRequest(Item, discriminator="follow_request"):
    """That somebody wishes to follow a locked account."""

    id = NumberAttribute(attr_name="Id")

    @classmethod
    def between(cls, *, follower: int, followed: int) -> Self:
        """A new request, not yet written."""
        id_ = ids.new_id()
        return cls(
            *keys.follow_request(follower, followed),
            gsi1pk=keys.follow_requests(followed),
            gsi1sk=ids.pad(id_),
            id=id_,
            created_at=ids.milliseconds(id_),
        )

    @property
    def follower(self) -> int:
        return last_id(self.pk)

    @property
    def followed(self) -> int:
        return last_id(self.sk)


class Block(Item, discriminator="block"):
    id = NumberAttribute(attr_name="Id")

    @classmethod
    def between(cls, *, blocker: int, blocked: int) -> Self:
        """A new block, not yet written."""
        pk, sk = keys.block(blocker, blocked)
        id_ = ids.new_id()
        return cls(pk, sk, id=id_, created_at=ids.milliseconds(id_))


class BlockedBy(Item, discriminator="blocked_by"):
    """The mirror of a block, so that one read of a user's partition tells the blocks both ways."""

    id = NumberAttribute(attr_name="Id")
    """The block's."""

    @classmethod
    def mirror(cls, block: Block, *, blocker: int, blocked: int) -> Self:
        pk, sk = keys.blocked_by(blocked, blocker)
        return cls(pk, sk, id=block.id, created_at=block.created_at)


class Mute(Item, discriminator="mute"):
    """That somebody doesn't want to meet another's posts in their feeds, for a while or for good."""

    id = NumberAttribute(attr_name="Id")
    notifications = BooleanAttribute(attr_name="Notifications", default=True)
    """Whether the other's doings make no notifications either."""

    @classmethod
    def between(cls, *, muter: int, muted: int, until: int | None, notifications: bool) -> Self:
        """A new mute, not yet written; `until` is a Unix second."""
        id_ = ids.new_id()
        return cls(
            *keys.mute(muter, muted),
            gsi1pk=keys.muters(muted),
            gsi1sk=ids.pad(id_),
            id=id_,
            notifications=notifications,
            expires_at=until,
            created_at=ids.milliseconds(id_),
        )
