"""A request meets its acceptance, its withdrawal, a block and an unlocking at once: there is one outcome."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from echomate import jobs, keys, table
from echomate.errors import EchomateError
from echomate.testing.client import Person, sign_up
from echomate.testing.projecting import Projecting
from echomate.testing.races import together
from social import recounts, services, unlocking
from social.models import FollowRequest
from social.services.requests import accept_page, drop

ROUNDS = 8


def status(action: Callable[..., object], **arguments: int) -> Callable[[], bool]:
    """Whether it was done, and not refused."""

    def run() -> bool:
        try:
            action(**arguments)
        except EchomateError:
            return False
        return True

    return run


@pytest.fixture
def ann() -> Person:
    ann = sign_up("ann")
    assert ann.patch("/users/me", {"locked": True}).status_code == 200
    return ann


@pytest.fixture
def wishers(ann: Person) -> list[Person]:
    people = [sign_up("wisher") for _ in range(ROUNDS)]
    for one in people:
        services.follow(follower=one.id, followed=ann.id)
    return people


def facts(follower: int, followed: int) -> tuple[bool, bool]:
    """(edge, request)."""
    edge, request = table.batch_get(
        [keys.follow(follower, followed), keys.follow_request(follower, followed)]
    )
    return edge is not None, request is not None


def test_of_many_acceptances_at_once_one_is_right(ann: Person, wishers: list[Person]) -> None:
    for one in wishers:
        accepting = status(services.accept, owner=ann.id, follower=one.id)
        assert sum(together(*[accepting] * 4)) == 1
        assert facts(one.id, ann.id) == (True, False)


def test_accepted_and_withdrawn_at_once_it_is_over(ann: Person, wishers: list[Person]) -> None:
    for one in wishers:
        together(
            status(services.accept, owner=ann.id, follower=one.id),
            status(services.unfollow, follower=one.id, followed=ann.id),
        )
        assert facts(one.id, ann.id) == (False, False)


def test_accepted_and_rejected_at_once_it_is_one_of_both(ann: Person, wishers: list[Person]) -> None:
    for one in wishers:
        accepted, _ = together(
            status(services.accept, owner=ann.id, follower=one.id),
            status(services.reject, owner=ann.id, follower=one.id),
        )
        assert facts(one.id, ann.id) == (accepted, False)


def test_accepted_and_blocked_at_once_neither_edge_nor_request_is_left(
    ann: Person, wishers: list[Person]
) -> None:
    for one in wishers:
        blocker, blocked = (ann.id, one.id) if one.id % 2 else (one.id, ann.id)
        together(
            status(services.accept, owner=ann.id, follower=one.id),
            status(services.block, blocker=blocker, blocked=blocked),
        )
        assert facts(one.id, ann.id) == (False, False)


def test_followed_again_and_removed_at_once_nobody_follows_unasked(
    ann: Person, wishers: list[Person]
) -> None:
    for one in wishers:
        services.accept(owner=ann.id, follower=one.id)
        together(
            status(services.follow, follower=one.id, followed=ann.id),
            status(services.remove_follower, owner=ann.id, follower=one.id),
        )
        assert not facts(one.id, ann.id)[0]


def test_asked_and_blocked_at_once_nothing_is_left_once_the_projector_has_looked(
    ann: Person, projector: Projecting
) -> None:
    people = [sign_up("wisher") for _ in range(ROUNDS)]
    for one in people:
        together(
            status(services.follow, follower=one.id, followed=ann.id),
            status(services.block, blocker=ann.id, blocked=one.id),
        )
    projector.catch_up()
    projector.catch_up()
    assert [facts(one.id, ann.id) for one in people] == [(False, False)] * ROUNDS


def test_accepted_and_unlocked_at_once_each_follows_once(ann: Person, wishers: list[Person]) -> None:
    assert ann.patch("/users/me", {"locked": False}).status_code == 200
    accepting = [status(services.accept, owner=ann.id, follower=one.id) for one in wishers]
    together(*accepting, *[lambda: accept_page(ann.id)] * 2)
    assert [facts(one.id, ann.id) for one in wishers] == [(True, False)] * ROUNDS


def test_unlocked_and_locked_at_once_nobody_is_accepted_after_the_locking(
    ann: Person, wishers: list[Person]
) -> None:
    assert ann.patch("/users/me", {"locked": False}).status_code == 200

    def lock() -> list[tuple[bool, bool]]:
        assert ann.patch("/users/me", {"locked": True}).status_code == 200
        return [facts(one.id, ann.id) for one in wishers]

    after_locking, _ = together(lock, lambda: accept_page(ann.id))
    assert [facts(one.id, ann.id) for one in wishers] == after_locking
    assert all(edge != request for edge, request in after_locking)


def test_asked_while_the_account_is_unlocked_everybody_follows_in_the_end(
    ann: Person, projector: Projecting, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(unlocking, "SETTLED_MILLISECONDS", 0)
    people = [sign_up("wisher") for _ in range(ROUNDS)]

    def unlock() -> Any:
        return ann.patch("/users/me", {"locked": False}).status_code

    asking = [status(services.follow, follower=one.id, followed=ann.id) for one in people]
    together(unlock, *asking)
    projector.catch_up()
    while accept_page(ann.id) is not None:
        pass
    assert [facts(one.id, ann.id) for one in people] == [(True, False)] * ROUNDS
    projector.catch_up()
    assert ann.get("/users/me").json()["counts"]["followers"] == ROUNDS


def test_the_record_of_an_unlocking_that_comes_twice_makes_one_job(ann: Person) -> None:
    at = datetime(2030, 1, 1, tzinfo=UTC)
    for _ in range(2):
        unlocking.begin(ann.id, at=at, change="7")
    found = list(table.query(keys.jobs_of(ann.id), index="GSI1"))
    kinds = [jobs.Job.read(table.key_of(item)) for item in found]
    assert [job.kind for job in kinds if job].count(unlocking.UNLOCK) == 1


def test_a_request_is_dropped_only_if_it_is_still_the_same(ann: Person) -> None:
    bob = sign_up("bob")
    old = FollowRequest.between(follower=bob.id, followed=ann.id)
    new = FollowRequest.between(follower=bob.id, followed=ann.id)
    new.save()
    drop(old)
    assert facts(bob.id, ann.id) == (False, True)
    recounts.settle_all_requests()
    assert facts(bob.id, ann.id) == (False, True)
