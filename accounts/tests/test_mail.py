"""The welcome mail: one job a signup, in the user's language, as text and HTML."""

from typing import Any

import pytest
from django.core import mail

from accounts.tests.acting import change_user, log_in
from accounts.tests.mailing import letters
from echomate import jobs, keys, table
from echomate import mail as ses
from echomate.config import config
from echomate.jobs import Job
from echomate.testing.client import Caller, Person, sign_up, unique_name
from echomate.testing.configuration import configured
from echomate.tests.test_mail import sent_to


def jobs_of(user: int) -> list[int]:
    return [table.last_id(item["PK"]["S"]) for item in table.query(keys.jobs_of(user), index="GSI1")]


def send(person: Person) -> Any:
    (job,) = jobs_of(person.id)
    assert jobs.run(job)
    (message,) = mail.outbox
    return message


def test_who_signs_up_gets_one_mail() -> None:
    person = sign_up()
    message = send(person)
    assert message.to == [person.email]
    assert message.subject == f"Welcome to {config.instance_name}"
    assert person.username in message.body
    ((html, kind),) = message.alternatives
    assert kind == "text/html"
    assert person.username in html
    assert message.extra_headers["Auto-Submitted"] == "auto-generated"


def test_an_address_that_was_never_verified_gets_a_share_of_a_day() -> None:
    """It may be a stranger's, whose mailbox somebody fills by what he does to an account of his own."""
    person = sign_up()
    with configured(rate_limits={"unverified-mail": "2/86400"}, rate_limit_factor=1):
        for _ in range(3):
            assert log_in(person.username).status_code == 200
        assert len(letters(person.email)) == 2
        change_user(person.id, EmailVerified=True)
        assert log_in(person.username).status_code == 200
        assert len(letters(person.email)) == 3


def test_the_mail_is_in_the_users_language() -> None:
    name = unique_name()
    body = {"username": name, "email": f"{name}@example.org", "password": "correct9horse"}
    response = Caller().post(
        "/auth/signup", body | {"token_delivery": "body"}, headers={"Accept-Language": "de"}
    )
    message = send(Person(response.json()))
    assert message.subject == f"Willkommen bei {config.instance_name}"
    assert f"Hallo {name}" in message.body
    assert '<html lang="de">' in message.alternatives[0][0]


def test_a_job_that_runs_again_sends_the_same_message(sign_up: Any) -> None:
    from accounts.tasks import send_mail

    (job_id,) = jobs_of(sign_up().id)
    job = Job.read(keys.job(job_id))
    assert job is not None
    for _ in range(2):
        send_mail(job.payload, job)
    first, second = (message.extra_headers["Message-ID"] for message in mail.outbox)
    assert first == second


@pytest.mark.parametrize("state", ["suspended", "erasing"])
def test_who_is_gone_meanwhile_gets_none(state: str) -> None:
    person = sign_up()
    change_user(person.id, State=state)
    (job,) = jobs_of(person.id)
    assert jobs.run(job)
    assert mail.outbox == []


def test_a_refused_signup_sends_none() -> None:
    person = sign_up()
    body = {"username": unique_name(), "email": person.email, "password": "correct9horse"}
    assert Caller().post("/auth/signup", body).status_code == 409
    assert len(jobs_of(person.id)) == 1


def test_a_user_gets_it_through_ses(settings: Any) -> None:
    client = ses._ses()
    client.verify_email_identity(EmailAddress="no-reply@localhost")
    settings.EMAIL_BACKEND = "echomate.mail.SESBackend"
    person = sign_up()
    (job,) = jobs_of(person.id)
    assert jobs.run(job)
    (taken,) = sent_to(person.email)
    assert taken["Type"] == "SendRawEmail"
