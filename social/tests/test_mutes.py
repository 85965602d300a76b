"""Mutes: for a while or for good, known to nobody but their maker."""

import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from echomate import cache, jobs, keys, metering, table
from echomate.stream.handling import effects_of
from echomate.testing.client import Caller, Person, sign_up
from echomate.testing.projecting import Projecting
from echomate.testing.proxy import Proxy
from echomate.testing.stack import needs_times_of_records
from echomate.testing.working import run_jobs
from social import mute_ends, selectors, services
from social.models import Mute

PATIENCE_SECONDS = 30


def done(response: Any) -> Any:
    assert response.status_code == 200, response.content
    return response.json()


def mute(one: Person, other: Person, **body: object) -> Any:
    return done(one.post(f"/users/{other.id}/mute", body))


def is_muting(one: Person, other: Person) -> bool:
    """The same in every read."""
    found = {done(one.get(f"/users/{name}"))["viewer"]["muting"] for name in (other.id, other.username)}
    (muting,) = found | {done(one.get(f"/relations?ids={other.id}"))["results"][0]["viewer"]["muting"]}
    return bool(muting)


def muted(one: Person) -> list[int]:
    return [int(user["id"]) for user in done(one.get("/mutes"))["results"]]


def after(seconds: float) -> str:
    return (datetime.now(UTC) + timedelta(seconds=seconds)).isoformat()


def moments() -> Iterator[None]:
    """Again and again, with a deadline."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < deadline:
        yield
        time.sleep(0.05)
    raise AssertionError("it takes too long")


def record(kind: str, item: Mute) -> dict[str, Any]:
    image = "OldImage" if kind == "REMOVE" else "NewImage"
    at = datetime.now(UTC).timestamp()
    body = {"SequenceNumber": "1", "ApproximateCreationDateTime": at, image: item.wire()}
    return {"eventName": kind, "dynamodb": body}


@pytest.mark.usefixtures("lagging_index")
def test_a_mute_and_its_end_show_at_once_and_are_idempotent(ann: Person, bob: Person) -> None:
    assert not is_muting(ann, bob)
    for _ in range(2):
        assert mute(ann, bob)["viewer"]["muting"]
        assert is_muting(ann, bob)
        assert muted(ann) == [bob.id]
    for _ in range(2):
        assert not done(ann.delete(f"/users/{bob.username}/mute"))["viewer"]["muting"]
        assert not is_muting(ann, bob)
        assert muted(ann) == []


def test_a_mute_needs_no_body(ann: Person, bob: Person) -> None:
    assert done(ann.post(f"/users/{bob.id}/mute"))["viewer"]["muting"]
    item = table.get_item(keys.mute(ann.id, bob.id))
    assert item is not None
    assert item["Notifications"]["BOOL"]
    assert "ExpiresAt" not in item


def test_a_later_mute_takes_the_place_of_the_one_before(ann: Person, bob: Person) -> None:
    mute(ann, bob, until="2035-01-01T00:00:00.5+01:00", notifications=False)
    item = table.get_item(keys.mute(ann.id, bob.id))
    assert item is not None
    assert int(item["ExpiresAt"]["N"]) == datetime(2034, 12, 31, 23, 0, 1, tzinfo=UTC).timestamp()
    assert not item["Notifications"]["BOOL"]
    mute(ann, bob, until=None)
    item = table.get_item(keys.mute(ann.id, bob.id))
    assert item is not None
    assert "ExpiresAt" not in item
    assert item["Notifications"]["BOOL"]


def test_the_muted_one_learns_nothing(ann: Person, bob: Person) -> None:
    before = done(bob.get(f"/users/{ann.id}"))
    mute(ann, bob)
    assert done(bob.get(f"/users/{ann.id}")) == before
    assert muted(bob) == []
    done(bob.post(f"/users/{ann.id}/follow"))
    assert done(bob.get(f"/users/{ann.id}"))["viewer"]["following"]


@pytest.mark.parametrize(
    "body",
    [
        {"until": "2020-01-01T00:00:00Z"},
        {"until": "9999-12-31T23:59:59Z"},
        {"until": "2035-01-01"},
        {"until": "2035-01-01T00:00:00"},
        {"until": "2035-02-30T00:00:00Z"},
        {"until": "0001-01-01T00:00:00+14:00"},
        {"until": "9999-12-31T23:59:59-14:00"},
        {"until": "2035-01-01T00:00:00+99:99"},
        {"until": "tomorrow"},
        {"until": ""},
        {"until": 2035},
        {"until": ["2035-01-01T00:00:00Z"]},
        {"notifications": "true"},
        {"notifications": None},
    ],
)
def test_what_is_no_moment_in_the_future_is_refused(
    ann: Person, bob: Person, body: dict[str, object]
) -> None:
    response = ann.post(f"/users/{bob.id}/mute", body)
    assert response.status_code == 400
    assert set(response.json()["errors"]) == set(body)
    assert not is_muting(ann, bob)


@pytest.mark.parametrize("method", ["POST", "DELETE"])
def test_nobody_mutes_themselves_or_who_is_not_there(ann: Person, bob: Person, method: str) -> None:
    assert ann.call(method, f"/users/{ann.id}/mute").status_code == 400
    assert ann.call(method, "/users/12345/mute").status_code == 404
    assert Caller().call(method, f"/users/{ann.id}/mute").status_code == 401
    done(bob.post(f"/users/{ann.id}/block"))
    assert ann.call(method, f"/users/{bob.id}/mute").status_code == 404


def test_mutes_are_listed_by_account_and_paged(ann: Person) -> None:
    people = sorted((sign_up("loud") for _ in range(5)), key=lambda one: one.id, reverse=True)
    for one in people[::2] + people[1::2]:
        mute(ann, one)
    found, link = [], "/mutes?limit=2"
    while link:
        page = done(ann.get(link))
        assert all(user["viewer"]["muting"] for user in page["results"])
        found += [int(user["id"]) for user in page["results"]]
        link = page["next"]
    assert found == [one.id for one in people]
    assert Caller().get("/mutes").status_code == 401


def test_one_who_blocks_is_not_listed_and_one_who_is_blocked_is(ann: Person, bob: Person) -> None:
    eve = sign_up("eve")
    mute(ann, bob)
    mute(ann, eve)
    done(bob.post(f"/users/{ann.id}/block"))
    done(ann.post(f"/users/{eve.id}/block"))
    assert muted(ann) == [eve.id]


def test_a_mute_that_is_over_is_none_for_anybody_who_reads(ann: Person, bob: Person) -> None:
    eve = sign_up("eve")
    mute(ann, eve)
    services.mute(muter=ann.id, muted=bob.id, until=datetime.now(UTC) + timedelta(seconds=2))
    for _ in moments():
        if not selectors.relations(ann.id, [bob.id])[bob.id].muting:
            break
    assert not is_muting(ann, bob)
    assert muted(ann) == [eve.id]
    assert is_muting(ann, eve)


def test_the_set_in_redis_ends_with_the_first_mute_that_ends(ann: Person, bob: Person) -> None:
    eve = sign_up("eve")
    mute(ann, eve, until=after(4000))
    mute(ann, bob, until=after(600))
    assert is_muting(ann, bob)
    (left,) = cache.ask(("TTL", keys.muted_set(ann.id)))
    assert 0 < left <= 600
    done(ann.delete(f"/users/{bob.id}/mute"))
    assert is_muting(ann, eve)
    (left,) = cache.ask(("TTL", keys.muted_set(ann.id)))
    assert 600 < left <= 4000


def test_a_mute_costs_one_put(ann: Person, bob: Person) -> None:
    is_muting(ann, bob)
    with metering.metering() as meter:
        mute(ann, bob)
    assert meter.dynamodb == [("PutItem", 2.0)]


@needs_times_of_records
def test_the_end_of_a_mute_is_a_job_of_that_moment(ann: Person, bob: Person, projector: Projecting) -> None:
    services.mute(muter=ann.id, muted=bob.id, until=datetime.now(UTC) + timedelta(seconds=1.5))
    projector.catch_up()
    cache.ask(("RPUSH", keys.feed(ann.id), 1))
    for _ in moments():
        jobs.Sender().send_due()
        run_jobs()
        if cache.ask(("EXISTS", keys.feed(ann.id))) == [0]:
            break
    assert not is_muting(ann, bob)


def test_a_record_that_comes_twice_makes_one_job(ann: Person, bob: Person) -> None:
    item = Mute.between(muter=ann.id, muted=bob.id, until=2_000_000_000, notifications=True)
    wire = record("INSERT", item)
    first, second = (effects_of(wire, at_risk=again) for again in (False, True))
    assert first.commands == second.commands
    found = [jobs.Job.read(table.key_of(row)) for row in table.query(keys.jobs_of(ann.id), index="GSI1")]
    (job,) = [job for job in found if job and job.kind == mute_ends.MUTE_END]
    assert 2_000_000_000_000 < job.due_at < 2_000_000_003_000


def test_what_is_removed_leaves_no_feed_without_it(ann: Person, bob: Person) -> None:
    item = Mute.between(muter=ann.id, muted=bob.id, until=None, notifications=True)
    gone = effects_of(record("REMOVE", item), at_risk=False)
    assert gone.commands == [("DEL", keys.muted_set(ann.id)), ("DEL", keys.feed(ann.id))]


def test_without_redis_one_mutes_all_the_same(
    ann: Person, bob: Person, redis_proxy: Proxy, projector: Projecting
) -> None:
    assert not is_muting(ann, bob)
    redis_proxy.refuse()
    mute(ann, bob)
    assert is_muting(ann, bob)
    redis_proxy.heal()
    projector.catch_up()
    assert is_muting(ann, bob)
    assert selectors.muted.among(ann.id, [bob.id]) == {bob.id}
