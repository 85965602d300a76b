"""Mail to users, in their language, as text and HTML. Each is a job, so that none is lost and no request waits."""

from collections.abc import Mapping
from email.utils import parseaddr
from typing import Any

from django.core.mail import EmailMultiAlternatives
from django.template.loader import render_to_string
from django.utils import translation

from accounts.models import User
from echomate import jobs
from echomate.config import config
from echomate.jobs import Job

KIND = "account-mail"


def job(template: str, *, to: int, **context: str) -> Job:
    """The job that sends `accounts/mail/<template>` to a user, not yet stored.

    The context is kept in the job's item: no secret belongs there.
    """
    return jobs.job(KIND, {"user": str(to), "template": template, "context": context}, user=to)


def send(template: str, *, to: User, message_id: int, context: Mapping[str, Any] | None = None) -> None:
    """Render `accounts/mail/<template>` (subject, text, HTML) for a user and send it."""
    known = {"user": to, "instance": config.instance_name, "web_url": config.web_url, **(context or {})}
    with translation.override(to.settings.locale):
        subject, text, html = (
            render_to_string(f"accounts/mail/{template}.{part}", known)
            for part in ("subject.txt", "txt", "html")
        )
    headers = {
        "Message-ID": f"<{message_id}.{template}@{_domain()}>",
        "Auto-Submitted": "auto-generated",
    }
    message = EmailMultiAlternatives(
        " ".join(subject.split()), text, config.mail_from, [str(to.email)], headers=headers
    )
    message.attach_alternative(html, "text/html")
    message.send()


def _domain() -> str:
    return parseaddr(config.mail_from)[1].rpartition("@")[2]
