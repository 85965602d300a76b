"""GET /users/{user}: what each viewer sees, what it costs, and how it is cached."""

import pytest

from echomate import metering
from social.tests.callers import NOBODY, Caller, new_caller


@pytest.fixture
def ann() -> Caller:
    return new_caller("ann")


@pytest.fixture
def bob() -> Caller:
    return new_caller("bob")


def test_anybody_sees_a_user_by_id_and_by_name_in_any_case(ann: Caller) -> None:
    by_id = NOBODY.read(f"/users/{ann.id}")
    assert by_id == NOBODY.read(f"/users/{ann.name}") == NOBODY.read(f"/users/{ann.name.upper()}")
    assert by_id["id"] == str(ann.id)
    assert by_id["viewer"] is None
    assert by_id["counts"] == {"posts": 0, "followers": 0, "following": 0, "likes": 0}


def test_a_viewer_sees_how_they_stand(ann: Caller, bob: Caller) -> None:
    ann.follow(bob)
    following = {
        "following": True,
        "requested": False,
        "followed_by": False,
        "blocking": False,
        "muting": False,
    }
    assert ann.read(f"/users/{bob.name}")["viewer"] == following
    assert bob.read(f"/users/{ann.name}")["viewer"] == {**following, "following": False, "followed_by": True}
    assert not any(ann.read(f"/users/{ann.id}")["viewer"].values())


@pytest.mark.parametrize(
    "text", ["1", "nobody_here", "-1", "x", "99999999999999999999", "%00", "%ED%A0%80", "a b"]
)
def test_there_is_no_user_of_such_a_name(ann: Caller, text: str) -> None:
    for caller in (ann, NOBODY):
        response = caller.get(f"/users/{text}")
        assert response.status_code == 404
        assert response.headers["Content-Type"] == "application/problem+json"


def test_the_blocked_one_finds_nobody_and_the_blocker_sees_the_block(ann: Caller, bob: Caller) -> None:
    ann.block(bob)
    assert bob.get(f"/users/{ann.id}").status_code == 404
    assert bob.get(f"/users/{ann.name}").status_code == 404
    assert ann.read(f"/users/{bob.name}")["viewer"]["blocking"]
    assert NOBODY.get(f"/users/{ann.id}").status_code == 200


def test_those_who_block_each_other_find_nobody(ann: Caller, bob: Caller) -> None:
    ann.block(bob)
    bob.block(ann)
    assert bob.get(f"/users/{ann.id}").status_code == 404
    assert ann.get(f"/users/{bob.id}").status_code == 404


def test_a_warm_profile_takes_at_most_two_round_trips_and_no_read_of_the_table(
    ann: Caller, bob: Caller
) -> None:
    for caller in (ann, NOBODY):
        for text, most in ((str(bob.id), 1), (bob.name, 2)):
            caller.read(f"/users/{text}")
            with metering.metering() as meter:
                caller.read(f"/users/{text}")
            assert meter.dynamodb == []
            assert len(meter.redis) == most


def test_a_cold_profile_costs_two_reads_for_nobody_in_particular(bob: Caller) -> None:
    with metering.metering() as meter:
        NOBODY.read(f"/users/{bob.id}")
    assert [operation for operation, _ in meter.dynamodb] == ["BatchGetItem", "BatchGetItem"]


def test_the_answer_is_not_sent_again_to_who_has_it(ann: Caller, bob: Caller) -> None:
    tag = ann.get(f"/users/{bob.id}").headers["ETag"]
    again = ann.get(f"/users/{bob.id}", If_None_Match=tag)
    assert (again.status_code, again.content) == (304, b"")
    assert again.headers["ETag"] == tag
    ann.follow(bob)
    changed = ann.get(f"/users/{bob.id}", If_None_Match=tag)
    assert changed.status_code == 200
    assert changed.headers["ETag"] != tag


def test_personal_answers_are_private_and_others_public(ann: Caller, bob: Caller) -> None:
    assert ann.get(f"/users/{bob.id}").headers["Cache-Control"] == "private, no-cache"
    anonymous = NOBODY.get(f"/users/{bob.id}")
    assert anonymous.headers["Cache-Control"] == "public, max-age=5"
    assert anonymous.headers["Vary"] == "Authorization, Origin"


def test_a_session_that_has_ended_reads_nothing(ann: Caller) -> None:
    from accounts import sessions

    sessions.end_all(ann.id)
    assert ann.get(f"/users/{ann.id}").status_code == 401
