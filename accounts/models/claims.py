"""Claims: what only one account may have.

Access patterns: the owner of a username, also of one that they had lately · of an e-mail address · the verified
account whose username looks so · the verified accounts whose full names look so.
"""

from pynamodb.attributes import BooleanAttribute, NumberAttribute, UnicodeAttribute

from accounts.models.users import User
from echomate import keys, table, transactions
from echomate.dynamodb import Wire
from echomate.ids import now_seconds
from echomate.table import Item

UNVERIFIED_HOLD_MILLISECONDS = 48 * 3600 * 1000


class UsernameClaim(Item, discriminator="username_claim"):
    """One of a name that was changed for another has an `ExpiresAt`: until then nobody else has it."""

    user = NumberAttribute(attr_name="User")


class EmailClaim(Item, discriminator="email_claim"):
    """One of an address that was changed for another has an `ExpiresAt`: until then nobody else has it."""

    user = NumberAttribute(attr_name="User")
    email = UnicodeAttribute(attr_name="Email")
    verified = BooleanAttribute(attr_name="Verified", default=False)


class LookalikeClaim(Item, discriminator="lookalike_claim"):
    """While it is there nobody else takes a username that looks so."""

    user = NumberAttribute(attr_name="User")


class VerifiedName(Item, discriminator="verified_name"):
    user = NumberAttribute(attr_name="User")
    plain = UnicodeAttribute(attr_name="Plain")
    """The name as others may have it too, who are called so."""


def username_claim(user: User) -> UsernameClaim:
    return _username_claim(user.username, user.id)


def _username_claim(name: str, user: int) -> UsernameClaim:
    partition, sort = keys.username_claim(name)
    return UsernameClaim(pk=partition, sk=sort, created_at=table.clock(), user=user)


def claim_username(name: str, *, user: int) -> Wire:
    """The part of a transaction that makes a username the user's. Its condition fails while it is another's."""
    return transactions.put(
        _username_claim(name, user),
        condition=f"{transactions.ABSENT} OR #User = :user OR #ExpiresAt <= :now",
        user=user,
        now=now_seconds(),
    )


def hold_username(name: str, *, user: int, until: int) -> Wire:
    """The part that keeps a name for the user who gives it up, up to a moment in Unix seconds."""
    claim = _username_claim(name, user)
    claim.expires_at = until
    return transactions.put(claim, condition=f"{transactions.ABSENT} OR #User = :user", user=user)


def email_claim(user: User, address: str) -> EmailClaim:
    partition, sort = keys.email_claim(address)
    return EmailClaim(
        pk=partition,
        sk=sort,
        created_at=table.clock(),
        user=user.id,
        email=address,
        verified=user.email_verified,
    )


def claim_address(user: User, address: str, *, verified: bool) -> Wire:
    """The part of a transaction that makes an address the user's.

    Its condition fails while it is another's. One that was never verified is theirs for 48 h.
    """
    claim = email_claim(user, address)
    claim.verified = verified
    return transactions.put(
        claim,
        condition=f"{transactions.ABSENT} OR #User = :user OR #ExpiresAt <= :now"
        " OR (#Verified = :no AND #CreatedAt < :long_ago)",
        user=user.id,
        now=now_seconds(),
        no=False,
        long_ago=table.clock() - UNVERIFIED_HOLD_MILLISECONDS,
    )
