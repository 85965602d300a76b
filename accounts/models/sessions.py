"""Sessions, and the devices that began some.

Access patterns: a session by user and sid · all sessions of a user (`SESSION#` in the user's partition) · whether a
user knows a device, by user and token · all devices a user knows (`KNOWN_DEVICE#`).
"""

from pynamodb.attributes import BooleanAttribute, ListAttribute, NumberAttribute, UnicodeAttribute

from echomate import keys
from echomate.table import Item

STEP_UP_SECONDS = 600


class Session(Item, discriminator="session"):
    """It stands as long as its item is there and `ExpiresAt` isn't over; ending it deletes the item."""

    ends_at = NumberAttribute(attr_name="EndsAt", default=0)
    """Unix seconds, beyond which no refresh takes `ExpiresAt`."""
    last_used_at = NumberAttribute(attr_name="LastUsedAt", default=0)
    """Unix seconds; up to 20 minutes behind."""
    credential_version = NumberAttribute(attr_name="CredentialVersion", default=1)
    """The user's when it was begun, or changed by this session itself."""
    password_set = NumberAttribute(attr_name="PasswordSet", null=True)
    """The user's credential version that this session made by setting the password: while it lasts, its repeated call
    is known by the new password."""
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
    code_nonce = UnicodeAttribute(attr_name="CodeNonce", null=True)
    """What the code of a mail is made of, together with `SECRET_KEY`: it steps up this session only."""
    code_until = NumberAttribute(attr_name="CodeUntil", null=True)
    """Unix seconds."""
    code_tries = NumberAttribute(attr_name="CodeTries", null=True)
    """How many were typed for it."""

    @property
    def sid(self) -> str:
        return self.sk.removeprefix(keys.SESSION)


class KnownDevice(Item, discriminator="known_device"):
    """A device from which the user has logged in: it holds a token, whose hash is in the key.

    `ExpiresAt` is a year after it was renewed last.
    """

    again = BooleanAttribute(attr_name="Again", null=True)
    """It was logged in from a second time: others go before it."""
