"""`Idempotency-Key` at what is created in an account: a retry gets the first answer, also after a crash."""

from collections.abc import Iterator
from typing import Any

import pytest

from accounts.tests.authenticator import Authenticator, options_of
from accounts.tests.issuer import Issuer, running, trusted
from accounts.tests.mailing import step_up
from echomate import jobs, keys, table
from echomate.idempotency import claims
from echomate.jobs import Job
from echomate.testing.client import Person, problem, sign_up
from echomate.testing.idempotency import dying_at, let_lapse

EXPORT, PASSKEYS, LINKS = "/users/me/export", "/auth/passkeys", "/auth/oidc/links"
KEYED = {"Idempotency-Key": "a"}


@pytest.fixture
def ann() -> Person:
    person = sign_up("ann")
    step_up(person)
    return person


@pytest.fixture
def issuer() -> Iterator[Issuer]:
    with running() as one, trusted(one, name="Example"):
        yield one


@pytest.fixture(params=[EXPORT, PASSKEYS, LINKS])
def call(request: pytest.FixtureRequest, ann: Person, issuer: Issuer) -> tuple[str, Any]:
    """A path and a body that may be used once."""
    bodies = {
        EXPORT: None,
        PASSKEYS: {"credential": Authenticator().create(options_of(ann)), "name": "My telephone"},
        LINKS: issuer.code("ann-there"),
    }
    return request.param, bodies[request.param]


def made(person: Person, path: str) -> int:
    """How many there are of what the path makes."""
    if path == EXPORT:
        return len(exports(person))
    return len(person.get(path).json()["results"])


def exports(person: Person) -> list[int]:
    """The ids of their jobs."""
    found = [table.last_id(item["PK"]["S"]) for item in table.query(keys.jobs_of(person.id), index="GSI1")]
    return [id_ for id_ in found if (job := Job.read(keys.job(id_))) and job.kind == "export"]


def test_the_same_call_gets_the_first_answer(ann: Person, call: tuple[str, Any]) -> None:
    first = ann.post(*call, headers=KEYED)
    again = ann.post(*call, headers=KEYED)
    assert first.status_code in {201, 202}, first.content
    assert (again.status_code, again.content) == (first.status_code, first.content)
    assert again.headers.get("Location") == first.headers.get("Location")
    assert again.headers["Idempotency-Replayed"] == "true"
    assert made(ann, call[0]) == 1


def test_after_a_crash_the_next_try_finds_what_was_made(ann: Person, call: tuple[str, Any]) -> None:
    with dying_at(claims, "answered"):
        ann.post(*call, headers=KEYED)
    assert made(ann, call[0]) == 1
    assert problem(ann.post(*call, headers=KEYED)) == "in-progress"
    let_lapse(ann.id, "a")
    answer = ann.post(*call, headers=KEYED)
    assert answer.status_code in {201, 202}, answer.content
    assert made(ann, call[0]) == 1
    assert ann.post(*call, headers=KEYED).content == answer.content


def test_an_export_that_was_begun_before_a_crash_and_is_ready_is_not_made_again(ann: Person) -> None:
    with dying_at(claims, "answered"):
        ann.post(EXPORT, headers=KEYED)
    (begun,) = exports(ann)
    jobs.run(begun)
    let_lapse(ann.id, "a")
    answer = ann.post(EXPORT, headers=KEYED).json()["job"]
    assert (int(answer["id"]), answer["state"]) == (begun, "done")
    assert answer["result_url"] is None, "this answer is kept, and opens to sessions that aren't stepped up"


def test_what_asks_for_a_step_up_uses_no_key_up(issuer: Issuer) -> None:
    ann = sign_up("ann")
    code = issuer.code("ann-there")
    assert problem(ann.post(LINKS, code, headers=KEYED)) == "step-up-required"
    step_up(ann)
    assert ann.post(LINKS, code, headers=KEYED).status_code == 201
