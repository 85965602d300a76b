"""Users.

Access patterns: a user by id · its counters (`STATS`, which the first ADD makes; none means zeros) · users whose
username begins so, GSI1 `NAME#first two letters` by username, of those who wish to be found · all users, GSI2
`ACCOUNTS#0…3` by id.
"""

from pynamodb.attributes import (
    BooleanAttribute,
    ListAttribute,
    MapAttribute,
    NumberAttribute,
    UnicodeAttribute,
)

from echomate import keys, table
from echomate.table import Item

ACTIVE = "active"
SUSPENDED = "suspended"
ERASING = "erasing"

ACCOUNT_SHARDS = 4


class Settings(MapAttribute[str, object]):
    locale = UnicodeAttribute(attr_name="Locale", default="en")
    timezone = UnicodeAttribute(attr_name="Timezone", default="UTC")
    default_visibility = UnicodeAttribute(attr_name="DefaultVisibility", default="public")
    default_language = UnicodeAttribute(attr_name="DefaultLanguage", default="en")
    show_followers = BooleanAttribute(attr_name="ShowFollowers", default=True)
    show_likes = BooleanAttribute(attr_name="ShowLikes", default=True)
    discoverable = BooleanAttribute(attr_name="Discoverable", default=True)
    mail_notices = BooleanAttribute(attr_name="MailNotices", default=True)


class FormerAddress(MapAttribute[str, object]):
    """A verified address that was changed for another; for a while its owner may take the change back."""

    address = UnicodeAttribute(attr_name="Address")
    changed_at = NumberAttribute(attr_name="ChangedAt")
    """Unix seconds."""


class Picture(MapAttribute[str, object]):
    """One file of a medium of the user's own."""

    media = NumberAttribute(attr_name="Media")
    folder = UnicodeAttribute(attr_name="Folder")
    name = UnicodeAttribute(attr_name="Name")


class User(Item, discriminator="user"):
    username = UnicodeAttribute(attr_name="Username")
    former_names = ListAttribute(attr_name="FormerNames", of=UnicodeAttribute, default=list)
    """The last two, the newest first: no other can be held still."""
    renamed_at = NumberAttribute(attr_name="RenamedAt", default=0)
    """Unix seconds of the last change of the username."""
    renamed_before = NumberAttribute(attr_name="RenamedBefore", default=0)
    """Of the one before."""
    email = UnicodeAttribute(attr_name="Email", null=True)
    """In its canonical form. None: it was never verified, and another has claimed it since."""
    email_verified = BooleanAttribute(attr_name="EmailVerified", default=False)
    former_addresses = ListAttribute(attr_name="FormerAddresses", of=FormerAddress, default=list)
    """The oldest first."""
    address_change = NumberAttribute(attr_name="AddressChange", null=True)
    """The mail's job of the change of address that was asked for last, and not made yet: only its link is good."""
    password_hash = UnicodeAttribute(attr_name="PasswordHash", null=True)
    credential_version = NumberAttribute(attr_name="CredentialVersion", default=1)
    """Moves with each change of credentials, so that a login under way with the old ones makes no session."""
    sessions_ended_at = NumberAttribute(attr_name="SessionsEndedAt", default=0)
    """Unix seconds when all sessions were ended last: no token of an issuer from before makes one any more."""
    state = UnicodeAttribute(attr_name="State", default=ACTIVE)
    suspension_reason = UnicodeAttribute(attr_name="SuspensionReason", null=True)
    roles = ListAttribute(attr_name="Roles", of=UnicodeAttribute, default=lambda: ["user"])
    full_name = UnicodeAttribute(attr_name="FullName", default="")
    bio = UnicodeAttribute(attr_name="Bio", default="")
    location = UnicodeAttribute(attr_name="Location", default="")
    website = UnicodeAttribute(attr_name="Website", default="")
    avatar = Picture(attr_name="Avatar", null=True)  # type: ignore[no-untyped-call]  # PynamoDB's
    """None: the one that is drawn from the id."""
    cover = Picture(attr_name="Cover", null=True)  # type: ignore[no-untyped-call]  # PynamoDB's
    phone_number = UnicodeAttribute(attr_name="PhoneNumber", null=True)
    type = UnicodeAttribute(attr_name="Type", default="person")
    verified = BooleanAttribute(attr_name="Verified", default=False)
    locked = BooleanAttribute(attr_name="Locked", default=False)
    settings = Settings(attr_name="Settings", default=Settings)  # type: ignore[no-untyped-call]  # PynamoDB's
    totp = BooleanAttribute(attr_name="Totp", default=False)
    """Whether a confirmed one-time password is asked for; its secret is in an item of its own."""
    passkeys = NumberAttribute(attr_name="Passkeys", default=0)
    erased_at = NumberAttribute(attr_name="ErasedAt", null=True)
    """Unix milliseconds until which one who is `erasing` may come back."""
    erasure_requested_at = NumberAttribute(attr_name="ErasureRequestedAt", null=True)
    erasure_job = NumberAttribute(attr_name="ErasureJob", null=True)
    erasure_begun = BooleanAttribute(attr_name="ErasureBegun", null=True)
    """There is no way back any more."""
    export_job = NumberAttribute(attr_name="ExportJob", null=True)
    """The latest: while it is under way, no other begins."""
    imported_from = UnicodeAttribute(attr_name="ImportedFrom", null=True)
    """A digest of the account whose export was taken in: no other's is any more."""
    imported_avatar = BooleanAttribute(attr_name="ImportedAvatar", null=True)
    imported_cover = BooleanAttribute(attr_name="ImportedCover", null=True)
    """Shown once, as it was imported: what its owner made of it since stays so."""
    version = NumberAttribute(attr_name="Version", default=1)
    last_edit = UnicodeAttribute(attr_name="LastEdit", null=True)
    """A number of the latest edit's own, by which its repeated try knows itself."""
    actor_url = UnicodeAttribute(attr_name="ActorUrl", null=True)
    public_key = UnicodeAttribute(attr_name="PublicKey", null=True)
    """Both reserved for federation."""

    @property
    def id(self) -> int:
        return table.last_id(self.pk)

    @property
    def names(self) -> set[str]:
        """All that may lead here: the present one, and those that are held."""
        return {self.username, *map(str, self.former_names)}


def new_user(*, id_: int, username: str, email: str | None) -> User:
    """A user with its keys, findable by its name."""
    partition, sort = keys.user(id_)
    return User(
        pk=partition,
        sk=sort,
        gsi1pk=keys.names(username),
        gsi1sk=username,
        gsi2pk=keys.accounts(id_ % ACCOUNT_SHARDS),
        gsi2sk=partition,
        created_at=table.clock(),
        username=username,
        email=email,
    )
