"""Step-up: for what a session that was left open must not do, one shows again who one is, for 10 minutes.

A login by password or passkey, and a signup, has just shown it; a refresh of the tokens has not.
"""

from accounts.authentication import TokenViewer
from accounts.models import Session
from echomate import keys
from echomate.errors import Forbidden, Unauthenticated
from echomate.ids import now_seconds


def require(viewer: TokenViewer) -> None:
    """Raises `Forbidden` (`step-up-required`) unless this very session was stepped up within 10 minutes."""
    session = Session.read(keys.session(viewer.id, viewer.sid))
    if session is None:
        raise Unauthenticated(type="session-revoked")
    if session.stepped_up_until <= now_seconds():
        raise Forbidden(type="step-up-required")
