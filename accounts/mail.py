"""Mail to users, in their language, as text and HTML. Each is a job, so that none is lost and no request waits.

A mail is one template of text, `accounts/mail/<template>.txt`, that extends `base.txt`: its first paragraph is the
subject, and the HTML is made of the others.
"""

import re
from collections.abc import Mapping, Sequence
from email.utils import parseaddr
from typing import Any

from django.core.mail import EmailMultiAlternatives
from django.template.loader import render_to_string
from django.utils import translation

from accounts import mail_links, unsubscribing
from accounts.models import Purpose, User
from echomate import jobs
from echomate.config import config
from echomate.jobs import Job

KIND = "account-mail"
NOTICES = frozenset({"welcome"})
"""What one may unsubscribe from; all else is about the account's safety or was asked for."""

FOOTER = "-- "


def job(
    template: str,
    *,
    to: int,
    link: Purpose | None = None,
    code_nonce: str | None = None,
    address: str | None = None,
    credential_version: int | None = None,
    also: Sequence[str] = (),
    id_: int | None = None,
    **context: str,
) -> Job:
    """The job that sends `accounts/mail/<template>.txt` to a user, not yet stored.

    `link`: the template gets `link`, a URL that does this once. `code_nonce`: it gets `code`, which is
    `mail_links.code_of(code_nonce)`. `address`: instead of the user's present one. `credential_version`: sent only if
    it is the user's still. `also`: states of the user, beside active, in which it is sent too. `id_`: of the job, where
    a first try may have stored it. The context is kept in the job's item: no secret belongs there.
    """
    payload = {
        "user": str(to),
        "template": template,
        "context": context,
        "link": link and link.value,
        "nonce": code_nonce or mail_links.new_nonce(),
        "has_code": code_nonce is not None,
        "address": address,
        "credential_version": credential_version,
        "also": list(also),
    }
    return jobs.job(KIND, payload, id=id_, user=to)


def send(
    template: str,
    *,
    to: User,
    message_id: int,
    address: str | None = None,
    context: Mapping[str, Any] | None = None,
) -> None:
    """Render a mail in the user's language and send it now, to their address or another.

    A notice doesn't go to those who wish for none.
    """
    if template in NOTICES and not to.settings.mail_notices:
        return
    receiver = address or str(to.email)
    unsubscribe = unsubscribing.url(to.id) if template in NOTICES else ""
    known = {
        "name": to.username,
        "address": receiver,
        "instance": config.instance_name,
        "site": mail_links.site(),
        "unsubscribe": unsubscribe,
        **(context or {}),
    }
    with translation.override(to.settings.locale):
        rendered = re.sub(r"\n{3,}", "\n\n", render_to_string(f"accounts/mail/{template}.txt", known))
        subject, _, text = rendered.strip().partition("\n\n")
        html = _html(subject, text, known)
    headers = {
        "Message-ID": f"<{message_id}.{template}@{_domain()}>",
        "Auto-Submitted": "auto-generated",
        **(unsubscribing.headers(unsubscribe) if unsubscribe else {}),
    }
    message = EmailMultiAlternatives(
        " ".join(subject.split()), f"{text}\n", config.mail_from, [receiver], headers=headers
    )
    message.attach_alternative(html, "text/html")
    message.send()


def _html(subject: str, text: str, known: Mapping[str, Any]) -> str:
    body, _, footer = text.partition(f"\n{FOOTER}\n")
    parts = {"parts": _paragraphs(body), "footer": _paragraphs(footer)}
    return render_to_string("accounts/mail/layout.html", {**known, "subject": subject, **parts})


def _paragraphs(text: str) -> list[dict[str, Any]]:
    """A paragraph whose last line is a URL is a link, and the lines before are its words; digits alone are a code."""
    return [_paragraph(part.strip()) for part in text.split("\n\n") if part.strip()]


def _paragraph(text: str) -> dict[str, Any]:
    words, _, last = text.rpartition("\n")
    if last.startswith(("https://", "http://")) and " " not in last:
        return {"text": words.rstrip(":") or last, "url": last}
    return {"text": text, "is_code": text.isdigit()}


def _domain() -> str:
    return parseaddr(config.mail_from)[1].rpartition("@")[2]
