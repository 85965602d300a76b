"""What tests of second factors and step-up do again and again."""

from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from accounts import totp
from accounts.models import Session
from accounts.tests.acting import claims_of
from echomate import dynamodb, jobs, keys, table
from echomate.config import config
from echomate.jobs import Job
from echomate.testing.client import Caller, Person, problem


class Clock:
    """The step that the server counts, which stands still until it is moved."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.step = totp.present_step()
        monkeypatch.setattr(totp, "present_step", lambda: self.step)

    def tick(self, steps: int = 1) -> None:
        self.step += steps


class App:
    """An authenticator app: it has the secret, and a clock that may be late or early."""

    def __init__(self, enrolment: dict[str, str], clock: Clock) -> None:
        self.secret = enrolment["secret"]
        assert parse_qs(urlsplit(enrolment["otpauth_uri"]).query)["secret"] == [self.secret]
        self.clock = clock

    def code(self, *, late: int = 0) -> str:
        return totp.code_at(self.secret, self.clock.step - late)


def enrol(person: Person, clock: Clock) -> tuple[App, list[str]]:
    """An app that was confirmed a step ago, and the recovery codes."""
    begun = person.post("/auth/totp")
    assert begun.status_code == 200, begun.content
    app = App(begun.json(), clock)
    confirmed = person.post("/auth/totp/confirm", {"otp": app.code()})
    assert confirmed.status_code == 200, confirmed.content
    clock.tick()
    return app, confirmed.json()["recovery_codes"]


def log_in(person: Person, **more: Any) -> Any:
    body = {"login": person.username, "password": person.password, "token_delivery": "body", **more}
    return Caller().post("/auth/login", body)


def sid_of(person: Person) -> str:
    return str(claims_of(person.access)["sid"])


def session_of(person: Person) -> Session:
    found = Session.read(keys.session(person.id, sid_of(person)))
    assert found is not None
    return found


def change_session(person: Person, **values: object) -> None:
    """As time would, or another flow."""
    changes = {name: {"Action": "PUT", "Value": dynamodb.wire(value)} for name, value in values.items()}
    key = table.wire_key(keys.session(person.id, sid_of(person)))
    dynamodb.call("UpdateItem", {"TableName": config.table_name, "Key": key, "AttributeUpdates": changes})


def step_down(person: Person) -> None:
    """As after ten minutes."""
    change_session(person, SteppedUpUntil=0)


def mails_of(user: int) -> list[str]:
    """The templates of the mails that were asked for, the oldest first."""
    return [job.payload["template"] for job in reversed(jobs_of(user)) if job.kind == "account-mail"]


def jobs_of(user: int) -> list[Job]:
    entries = table.query(keys.jobs_of(user), index="GSI1")
    found = (Job.read((entry["PK"]["S"], entry["SK"]["S"])) for entry in entries)
    return [job for job in found if job is not None]


def send(user: int, template: str) -> None:
    """Send the mails of a template that wait, as the worker would."""
    for job in reversed(jobs_of(user)):
        if job.payload.get("template") == template:
            jobs.run(job.id)


def is_stepped_up(person: Person) -> bool:
    """By what asks for it."""
    response = person.post("/auth/totp")
    if response.status_code != 200:
        assert (response.status_code, problem(response)) == (403, "step-up-required")
    return bool(response.status_code == 200)
