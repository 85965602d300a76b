"""Step-up: for what a session that was left open must not do, one shows again who one is, for 10 minutes.

A login alone is none, and a refresh of the tokens changes nothing.
"""

from accounts.authentication import TokenViewer
from accounts.models import Session
from echomate import keys
from echomate.errors import StepUpRequired, Unauthenticated
from echomate.ids import now_seconds
from echomate.views import Viewer


def require(viewer: Viewer | None) -> TokenViewer:
    """Who calls. Raises `StepUpRequired` unless this very session was stepped up within 10 minutes."""
    if not isinstance(viewer, TokenViewer):
        raise Unauthenticated
    session = Session.read(keys.session(viewer.id, viewer.sid))
    if session is None:
        raise Unauthenticated(type="session-revoked")
    if session.stepped_up_until <= now_seconds():
        raise StepUpRequired
    return viewer
