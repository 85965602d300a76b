"""Sessions.

Access patterns: a session by user and sid · all sessions of a user (`SESSION#` in the user's partition).
"""

from pynamodb.attributes import ListAttribute, NumberAttribute, UnicodeAttribute

from echomate import keys
from echomate.table import Item


class Session(Item, discriminator="session"):
    """It stands as long as its item is there and `ExpiresAt` isn't over; ending it deletes the item."""

    jti = UnicodeAttribute(attr_name="Jti")
    """Of the refresh token that is good now."""
    previous_jti = UnicodeAttribute(attr_name="PreviousJti", null=True)
    rotated_at = NumberAttribute(attr_name="RotatedAt")
    """Unix seconds when the token of `jti` was issued."""
    device = UnicodeAttribute(attr_name="Device", default="")
    """What it was begun with, in words: browser and system."""
    address = UnicodeAttribute(attr_name="Address", default="")
    """Where from, coarsely: an IPv4 /24 or an IPv6 /48."""
    methods = ListAttribute(attr_name="Methods", of=UnicodeAttribute, default=list)
    """How one showed who one is: password, otp, recovery, passkey, oidc."""
    stepped_up_until = NumberAttribute(attr_name="SteppedUpUntil", default=0)
    """Unix seconds until which it may do what asks for a step-up."""

    @property
    def sid(self) -> str:
        return self.sk.removeprefix(keys.SESSION)
