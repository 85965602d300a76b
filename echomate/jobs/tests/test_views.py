"""GET /jobs/{id}."""

from collections.abc import Callable
from typing import Any

import pytest

from echomate import jobs, keys
from echomate.jobs import Job, Progress, presentation, running
from echomate.jobs.tests import tasks
from echomate.testing.client import Caller, Person, problem


@pytest.fixture(autouse=True)
def _kinds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(running, "_kinds", {})
    monkeypatch.setattr(presentation, "_result_urls", {})
    monkeypatch.setattr(running, "FIRST_PAUSE_SECONDS", 0)


def a_job(of: Person, kind: str = "test_shown") -> Job:
    job = jobs.job(kind, {}, user=of.id)
    jobs.add(job)
    return job


def look(person: Person, job: Job) -> dict[str, Any]:
    response = person.get(f"/jobs/{job.id}")
    assert response.status_code == 200, response.content
    shown: dict[str, Any] = response.json()
    return shown


def test_one_sees_how_far_ones_job_has_come_and_what_it_made(ann: Person) -> None:
    seen: list[dict[str, Any]] = []

    @jobs.runs("test_shown", is_shown=True)
    def work(payload: dict[str, Any], job: Job) -> dict[str, Any]:
        progress = Progress(job, steps=4)
        progress.advance()
        progress.advance()
        seen.append(look(ann, job))
        return {"rows": 4}

    presentation.leads_to("test_shown")(lambda job, viewer: f"https://made.example/{job.id}/{viewer.id}")
    job = a_job(ann)
    assert look(ann, job) == {
        "id": str(job.id),
        "kind": "test_shown",
        "state": "waiting",
        "progress": 0,
        "result_url": None,
        "result": None,
        "error": None,
        "created_at": look(ann, job)["created_at"],
    }
    jobs.run(job.id)
    assert (seen[0]["state"], seen[0]["progress"]) == ("running", 25), "written once a second"
    done = look(ann, job)
    assert (done["state"], done["progress"], done["result"]) == ("done", 100, {"rows": 4})
    assert done["result_url"] == f"https://made.example/{job.id}/{ann.id}"


def test_jobs_of_others_of_hidden_kinds_and_none_at_all_are_not_there(
    ann: Person, sign_up: Callable[..., Person], api: Caller
) -> None:
    jobs.runs("test_shown", is_shown=True)(tasks.note)
    jobs.runs("test_hidden")(tasks.note)
    job = a_job(ann)
    assert problem(sign_up("eve").get(f"/jobs/{job.id}")) == "not-found"
    assert problem(api.get(f"/jobs/{job.id}")) == "not-authenticated"
    assert problem(ann.get(f"/jobs/{a_job(ann, 'test_hidden').id}")) == "not-found"
    assert problem(ann.get("/jobs/7")) == "not-found"
    assert problem(ann.get("/jobs/x")) == "not-found"


def test_a_refusal_ends_a_job_at_once_and_is_told(ann: Person) -> None:
    @jobs.runs("test_shown", is_shown=True)
    def work(payload: dict[str, Any], job: Job) -> None:
        raise jobs.Refused("It is no ZIP file.")

    job = a_job(ann)
    assert jobs.run(job.id)
    assert not jobs.run(job.id)
    shown = look(ann, job)
    assert (shown["state"], shown["error"]) == ("failed", "It is no ZIP file.")
    assert job.id not in [given_up.id for given_up in jobs.failed()], "no operator can help"


def test_an_error_of_ours_is_not_told(ann: Person) -> None:
    @jobs.runs("test_shown", is_shown=True, attempts=2)
    def work(payload: dict[str, Any], job: Job) -> None:
        raise ValueError("secret internals")

    job = a_job(ann)
    jobs.run(job.id)
    assert look(ann, job)["error"] is None
    jobs.run(job.id)
    shown = look(ann, job)
    assert shown["state"] == "failed"
    assert "secret" not in str(shown)


def test_a_worker_whose_job_was_taken_over_stops_and_writes_nothing(ann: Person) -> None:
    @jobs.runs("test_shown", is_shown=True)
    def work(payload: dict[str, Any], job: Job) -> None:
        if job.attempts > 1:
            return
        key = keys.job(job.id)
        there = Job.read(key)
        assert there
        there.update(actions=[Job.due_at.set(1)])
        assert jobs.run(job.id), "another worker takes it over"
        Progress(job, steps=1).advance()
        raise AssertionError("it went on")

    job = a_job(ann)
    jobs.run(job.id)
    shown = look(ann, job)
    assert (shown["state"], shown["error"]) == ("done", None)
