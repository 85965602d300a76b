"""Passkeys.

Access patterns: a passkey by user and credential id (its digest ends the key) · all passkeys of a user (`PASSKEY#` in
the user's partition) · whether a challenge was used.

There is no claim on a credential id. A passkey is looked for in one account only: that of the user handle, which the
authenticator itself keeps, or of the one who gave the password. So an id that is registered twice opens nothing.
"""

import hashlib
from collections.abc import Sequence

from pynamodb.attributes import BooleanAttribute, ListAttribute, NumberAttribute, UnicodeAttribute

from echomate import keys, table
from echomate.table import Item

ID_LENGTH = 32
MOST = 20
"""Of an account."""


class Passkey(Item, discriminator="passkey"):
    """A public key whose private half an authenticator keeps."""

    credential_id = UnicodeAttribute(attr_name="CredentialId")
    """The authenticator's name of it, in base64url."""
    public_key = UnicodeAttribute(attr_name="PublicKey")
    """A COSE key, in base64url."""
    sign_count = NumberAttribute(attr_name="SignCount")
    """Grows with each signature, or stays 0: authenticators that are synchronised don't count."""
    aaguid = UnicodeAttribute(attr_name="Aaguid")
    """The model of the authenticator, zeros where it doesn't say."""
    transports = ListAttribute(attr_name="Transports", of=UnicodeAttribute, default=list)
    backup_eligible = BooleanAttribute(attr_name="BackupEligible")
    backed_up = BooleanAttribute(attr_name="BackedUp")
    name = UnicodeAttribute(attr_name="Name")
    nonce = UnicodeAttribute(attr_name="Nonce", null=True)
    """By this a creation that is tried again knows its first try."""
    last_used_at = NumberAttribute(attr_name="LastUsedAt", null=True)
    """Unix milliseconds."""

    @property
    def id(self) -> str:
        return self.sk.removeprefix(keys.PASSKEY)


class UsedChallenge(Item, discriminator="used_challenge"):
    """A challenge that was answered. It outlives the challenge, so that none is answered twice."""


def passkey_id(credential_id: bytes) -> str:
    """What a passkey is called in keys and addresses: credential ids may have 1,023 bytes."""
    return hashlib.sha256(credential_id).hexdigest()[:ID_LENGTH]


def passkeys_of(user: int) -> Sequence[Passkey]:
    """All of a user's, the oldest first; they are few."""
    items = table.query(keys.user_partition(user), prefix=keys.PASSKEY)
    return sorted(map(Passkey.from_raw_data, items), key=lambda passkey: int(passkey.created_at or 0))
