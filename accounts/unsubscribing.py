"""Unsubscribing from notices: a signed link that works without a login, also by one click (RFC 8058)."""

from django.core.signing import BadSignature, Signer

from echomate.config import config

PATH = "/account/unsubscribe"


def _signer() -> Signer:
    return Signer(salt="accounts.unsubscribing")


def url(user: int) -> str:
    """At this server also where there is a web client: mail programs post to it. It isn't used up."""
    return f"{config.public_url.rstrip('/')}{PATH}?token={token_of(user)}"


def token_of(user: int) -> str:
    return _signer().sign(str(user))


def user_of(token: str) -> int | None:
    """Whose link it is; None where it isn't one of ours."""
    try:
        return int(_signer().unsign(token))
    except (BadSignature, ValueError):
        return None


def headers(link: str) -> dict[str, str]:
    return {"List-Unsubscribe": f"<{link}>", "List-Unsubscribe-Post": "List-Unsubscribe=One-Click"}
