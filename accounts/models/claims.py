"""Claims: what only one account may have.

Access patterns: the owner of a username · of an e-mail address.
"""

from pynamodb.attributes import BooleanAttribute, NumberAttribute, UnicodeAttribute

from accounts.models.users import User
from echomate import keys, table
from echomate.table import Item


class UsernameClaim(Item, discriminator="username_claim"):
    user = NumberAttribute(attr_name="User")


class EmailClaim(Item, discriminator="email_claim"):
    user = NumberAttribute(attr_name="User")
    email = UnicodeAttribute(attr_name="Email")
    verified = BooleanAttribute(attr_name="Verified", default=False)


def username_claim(user: User) -> UsernameClaim:
    partition, sort = keys.username_claim(user.username)
    return UsernameClaim(pk=partition, sk=sort, created_at=table.clock(), user=user.id)


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
