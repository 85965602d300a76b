"""Erasures.

Access patterns: the erasure of a user that is under way · the receipt of one that is done. Both by the user's id.
"""

from typing import cast

import orjson
from pynamodb.attributes import BooleanAttribute, ListAttribute, NumberAttribute, UnicodeAttribute

from accounts import lookalikes
from accounts.models.users import User
from echomate import keys, table
from echomate.keys import Key
from echomate.table import Item


class Erasure(Item, discriminator="erasure"):
    """What an erasure needs when the rest is gone. It goes itself, in the transaction that puts the receipt."""

    user = NumberAttribute(attr_name="User")
    username = UnicodeAttribute(attr_name="Username")
    email = UnicodeAttribute(attr_name="Email", null=True)
    claim_keys = ListAttribute(attr_name="ClaimKeys", of=ListAttribute)
    """The keys of the claims on names and addresses, which nothing else leads to."""
    locale = UnicodeAttribute(attr_name="Locale")
    requested_at = NumberAttribute(attr_name="RequestedAt")
    """Unix milliseconds, as all moments here."""
    told = BooleanAttribute(attr_name="Told", default=False)
    """That it has begun."""
    step = NumberAttribute(attr_name="Step", default=0)
    """Moves with each write of a worker, so that one who was silent for too long finds out."""
    last_step = UnicodeAttribute(attr_name="LastStep", null=True)
    """A number of the latest step's own, by which its repeated try knows itself."""
    removed_json = UnicodeAttribute(attr_name="Removed", default="{}")
    """How many items by the names of the erasers."""
    found = BooleanAttribute(attr_name="Found", default=False)
    """Something was found since everything was looked through last."""
    looking = BooleanAttribute(attr_name="Looking", default=False)
    """Set by each look that begins. One that finds it set comes after one that broke off, perhaps between a removal and
    its note."""
    look_from = NumberAttribute(attr_name="LookFrom")
    """Not before then is everything looked through again."""
    after = NumberAttribute(attr_name="After")
    """Nor before what was written until then has had its effects."""
    finished_at = NumberAttribute(attr_name="FinishedAt", null=True)

    @property
    def claims(self) -> list[Key]:
        return [(partition, sort) for partition, sort in self.claim_keys]

    @property
    def removed(self) -> dict[str, int]:
        return cast("dict[str, int]", orjson.loads(self.removed_json))


class ErasureReceipt(Item, discriminator="erasure_receipt"):
    receipt = UnicodeAttribute(attr_name="Receipt")
    """The document as it was mailed."""


def new_erasure(user: User) -> Erasure:
    partition, sort = keys.erasure(user.id)
    now = table.clock()
    return Erasure(
        pk=partition,
        sk=sort,
        created_at=now,
        user=user.id,
        username=user.username,
        email=user.email,
        claim_keys=[list(key) for key in _claims(user)],
        locale=user.settings.locale,
        requested_at=user.erasure_requested_at or now,
        look_from=now,
        after=now,
    )


def _claims(user: User) -> list[Key]:
    """All that there may be; some may be another's by now."""
    names = [user.username, *(str(name) for name in user.former_names)]
    addresses = [*([user.email] if user.email else []), *(former.address for former in user.former_addresses)]
    return [
        *(keys.username_claim(name) for name in names),
        *(keys.email_claim(address) for address in addresses),
        keys.lookalike(lookalikes.of_username(user.username)),
        keys.verified_name(lookalikes.of_full_name(user.full_name), user.id),
    ]


def erasure_receipt(user: int, document: str) -> ErasureReceipt:
    partition, sort = keys.erasure_receipt(user)
    return ErasureReceipt(pk=partition, sk=sort, created_at=table.clock(), receipt=document)
