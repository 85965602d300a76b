"""Jobs of accounts."""

from typing import Any

from accounts import mail
from accounts.models import ACTIVE, User
from echomate import jobs, keys
from echomate.jobs import Job


@jobs.runs(mail.KIND)
def send_mail(payload: dict[str, Any], job: Job) -> None:
    """Run twice, it sends the same message with the same Message-ID again."""
    user = User.read(keys.user(int(payload["user"])))
    if user is not None and user.state == ACTIVE and user.email is not None:
        mail.send(payload["template"], to=user, message_id=job.id, context=payload["context"])
