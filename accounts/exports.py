"""What accounts give out in an export: what its owner wrote or did, and no secret."""

from collections.abc import Iterator
from typing import Any

from django.utils.translation import gettext_lazy as _

from accounts.models import KnownDevice, OidcLink, Session, User, passkeys_of
from accounts.presentation import own_settings
from echomate import keys, privacy, table
from echomate.ids import at_milliseconds, rfc3339
from echomate.privacy import Row

PROFILE = "profile"


@privacy.exports(
    PROFILE, "user", "email_claim", "username_claim", "verified_name", "totp", title=_("Profile")
)
def profile(user: int) -> Iterator[Row]:
    found = User.read(keys.user(user))
    if found is not None:
        yield _profile(found)


def _profile(user: User) -> dict[str, Any]:
    return {
        "id": str(user.id),
        "username": user.username,
        "former_names": list(user.former_names),
        "full_name": user.full_name,
        "bio": user.bio,
        "location": user.location,
        "website": user.website,
        "type": user.type,
        "locked": user.locked,
        "verified": user.verified,
        "created_at": rfc3339(user.id),
        "email": user.email,
        "email_verified": user.email_verified,
        "former_emails": [one.address for one in user.former_addresses],
        "phone_number": user.phone_number,
        "settings": own_settings(user.settings),
        "roles": list(user.roles),
        "totp": user.totp,
        "passkeys": int(user.passkeys),
    }


@privacy.exports("sessions", "session", title=_("Sessions"))
def sessions(user: int) -> Iterator[Row]:
    for item in table.query(keys.user_partition(user), prefix=keys.SESSION):
        session = Session.from_raw_data(item)
        yield {
            "device": session.device,
            "address": session.address,
            "methods": list(session.methods),
            "created_at": _moment(session.created_at),
            "last_used_at": _moment(_milliseconds(session.last_used_at)),
            "expires_at": _moment(_milliseconds(session.expires_at)),
        }


@privacy.exports("known-devices", "known_device", title=_("Known devices"))
def known_devices(user: int) -> Iterator[Row]:
    for item in table.query(keys.user_partition(user), prefix=keys.KNOWN_DEVICE):
        device = KnownDevice.from_raw_data(item)
        yield {
            "known_since": _moment(device.created_at),
            "expires_at": _moment(_milliseconds(device.expires_at)),
        }


@privacy.exports("passkeys", "passkey", title=_("Passkeys"))
def passkeys(user: int) -> Iterator[Row]:
    for passkey in passkeys_of(user):
        yield {
            "name": passkey.name,
            "created_at": _moment(passkey.created_at),
            "last_used_at": _moment(passkey.last_used_at),
        }


@privacy.exports("logins", "oidc_link", "oidc_claim", title=_("Login providers"))
def logins(user: int) -> Iterator[Row]:
    for item in table.query(keys.user_partition(user), prefix=keys.OIDC_LINK):
        link = OidcLink.from_raw_data(item)
        yield {"issuer": link.issuer, "label": link.label, "linked_at": _moment(link.created_at)}


def _milliseconds(seconds: float | None) -> float | None:
    return None if seconds is None else seconds * 1000


def _moment(milliseconds: float | None) -> str | None:
    return None if milliseconds is None else rfc3339(at_milliseconds(milliseconds))


_DIGEST = "a secret, or its digest, that says nothing of the person and could be misused"
_PASSING = "it is there for minutes, for one login, and holds nothing but its own digest"

privacy.not_exported("recovery_codes", because=_DIGEST)
privacy.not_exported("pending_totp", because=_DIGEST)
privacy.not_exported("lookalike_claim", because="the username in another form, which is the profile's")
privacy.not_exported("mail_token", because=_DIGEST)
privacy.not_exported("used_challenge", because=_PASSING)
privacy.not_exported("oidc_sighting", because=_PASSING)
privacy.not_exported("oidc_login", because=_PASSING)
privacy.not_exported("erasure", because="it begins when nobody can ask for an export any more")
privacy.not_exported("erasure_receipt", because="it is mailed, and there is no account any more")
