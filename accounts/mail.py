"""Mail to users, in their language, as text and HTML."""

from email.utils import parseaddr

from django.core.mail import EmailMultiAlternatives
from django.template.loader import render_to_string
from django.utils import translation

from accounts.models import User
from echomate.config import config


def send(template: str, *, to: User, message_id: int) -> None:
    """Render `accounts/mail/<template>` (subject, text, HTML) for a user and send it."""
    context = {"user": to, "instance": config.instance_name, "web_url": config.web_url}
    with translation.override(to.settings.locale):
        subject, text, html = (
            render_to_string(f"accounts/mail/{template}.{part}", context)
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
