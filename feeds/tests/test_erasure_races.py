"""What is under way while somebody is erased leaves nothing behind, and the numbers of others are right."""

import itertools
import threading
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from typing import Any

import pytest

from accounts import erasure_job as turns
from accounts import mail, tasks
from accounts.models.erasures import Erasure
from accounts.services import resetting
from echomate import dynamodb, jobs, keys, privacy, table, transactions
from echomate.config import config
from echomate.dynamodb import DynamoDBError
from echomate.errors import DependencyAway
from echomate.jobs import Job
from echomate.keys import Key
from echomate.mail import Refused
from echomate.stream import leases, rebuild
from echomate.testing.client import Person, sign_up
from echomate.testing.configuration import configured
from echomate.testing.projecting import projecting
from echomate.testing.races import busy, halting, together
from echomate.testing.stack import needs_times_of_records
from feeds.tests.erasing import PATIENCE_SECONDS, ask, erase, erasure_job, everything, receipt, run_out, soon
from feeds.tests.test_verifying import verify
from posts import versions
from posts.comments.services import creating
from posts.services import bookmarking, editing, liking, publishing
from social.erasure import erase_followers
from social.invalidation import recent_follows
from social.models import Follow
from social.services import following, requests

pytestmark = [needs_times_of_records, pytest.mark.timed]

Write = Callable[[], Any]


SIDES = ("follower", pytest.param("followed", marks=pytest.mark.long))


def assert_gone(person: Person) -> None:
    assert verify(str(person.id), "--username", person.username, "--email", person.email) == (0, [])


def counts(person: Person) -> dict[str, int]:
    found: dict[str, int] = person.get("/users/me").json()["counts"]
    return found


def halted_through_the_erasure(person: Person, where: Any, name: str, write: Write) -> None:
    """A write stands still right before the table, is let go when all seems to be erased, and is found."""
    with soon(settle=1.5) as projector:
        with halting(where, name, after=False) as halt:

            def erase_meanwhile() -> None:
                halt.wait()
                ask(person)
                begun.append(erasure_job(person.id))
                run_first_look(person.id, begun[0])
                halt.go_on()

            begun: list[int] = []
            together(write, erase_meanwhile)
        run_out(person.id, begun[0])
        projector.catch_up()
        assert_gone(person)


def run_first_look(user: int, job: int) -> None:
    """Until everything was looked through once, and the erasure waits to look again."""
    end = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < end:
        jobs.run(job)
        found = Erasure.read(keys.erasure(user))
        if found is not None and found.removed and not found.found:
            return
        time.sleep(0.02)
    raise TimeoutError("nothing was looked through")


def test_a_post_that_lands_in_the_midst_of_the_erasure_is_found() -> None:
    person, friend = sign_up(), sign_up()
    halted_through_the_erasure(
        person, publishing, "put_post", lambda: person.post("/posts", {"content": "late"})
    )
    assert person.username not in str(friend.get("/timeline").json()["results"])


@pytest.mark.long
def test_an_edit_that_lands_in_the_midst_of_the_erasure_keeps_nothing() -> None:
    person = sign_up()
    post = person.post("/posts", {"content": "first"}).json()["id"]
    halted_through_the_erasure(
        person, editing, "_replace", lambda: person.patch(f"/posts/{post}", {"content": "late"})
    )
    assert list(versions.versions_of(int(post))) == []


def test_a_like_that_lands_in_the_midst_of_the_erasure_is_taken_out_of_the_count() -> None:
    person, friend = sign_up(), sign_up()
    post = friend.post("/posts", {"content": "like me"}).json()["id"]
    halted_through_the_erasure(person, liking, "_put_like", lambda: person.post(f"/posts/{post}/like"))
    assert friend.get(f"/posts/{post}").json()["counts"]["likes"] == 0


@pytest.mark.long
def test_a_bookmark_that_lands_in_the_midst_of_the_erasure_is_found() -> None:
    person, friend = sign_up(), sign_up()
    post = friend.post("/posts", {"content": "keep me"}).json()["id"]
    halted_through_the_erasure(
        person, bookmarking, "_put_bookmark", lambda: person.post(f"/posts/{post}/bookmark")
    )


@pytest.mark.long
def test_a_comment_that_lands_in_the_midst_of_the_erasure_is_found() -> None:
    person, friend = sign_up(), sign_up()
    post = friend.post("/posts", {"content": "say something"}).json()["id"]
    path = f"/posts/{post}/comments"
    halted_through_the_erasure(person, creating, "put_new", lambda: person.post(path, {"content": "late"}))
    assert friend.get(path).json()["results"] == []


@pytest.mark.parametrize("side", SIDES)
def test_a_follow_that_lands_in_the_midst_of_the_erasure_is_taken_out_of_the_count(side: str) -> None:
    person, friend = sign_up(), sign_up()
    one, other = (person, friend) if side == "follower" else (friend, person)
    halted_through_the_erasure(person, following, "_put", lambda: one.post(f"/users/{other.id}/follow"))
    assert counts(friend) == {"posts": 0, "followers": 0, "following": 0, "likes": 0}


@pytest.mark.parametrize("side", SIDES)
def test_a_request_that_lands_in_the_midst_of_the_erasure_is_found(side: str) -> None:
    person, friend = sign_up(), sign_up()
    one, other = (person, friend) if side == "follower" else (friend, person)
    assert other.patch("/users/me", {"locked": True}).status_code == 200
    halted_through_the_erasure(person, following, "_put", lambda: one.post(f"/users/{other.id}/follow"))
    assert friend.get("/follow-requests").json()["results"] == []


@pytest.mark.parametrize("side", SIDES)
def test_an_acceptance_in_the_midst_of_the_erasure_leaves_no_edge(side: str) -> None:
    person, friend = sign_up(), sign_up()
    one, other = (person, friend) if side == "follower" else (friend, person)
    assert other.patch("/users/me", {"locked": True}).status_code == 200
    one.post(f"/users/{other.id}/follow")
    halted_through_the_erasure(
        person, requests, "_accept", lambda: other.post(f"/follow-requests/{one.id}/accept")
    )
    assert counts(friend) == {"posts": 0, "followers": 0, "following": 0, "likes": 0}


def test_one_who_was_accepted_a_moment_ago_leaves_nothing() -> None:
    person, friend = sign_up(), sign_up()
    for follower, followed in ((person, friend), (friend, person)):
        assert followed.patch("/users/me", {"locked": True}).status_code == 200
        assert follower.post(f"/users/{followed.id}/follow").status_code == 200
        assert followed.post(f"/follow-requests/{follower.id}/accept").status_code == 200
    with soon() as projector:
        ask(person)
        run_out(person.id, erasure_job(person.id))
        projector.catch_up()
    assert_gone(person)
    assert not [where for where, text in everything() if where.startswith("redis") and str(person.id) in text]


def test_one_who_acts_from_many_places_while_asking_leaves_nothing() -> None:
    person, friends = sign_up(), [sign_up() for _ in range(3)]
    posts = [one.post("/posts", {"content": "hello"}).json()["id"] for one in friends]
    numbers = itertools.count()
    with configured(rate_limit_factor=1000), soon(settle=1.0) as projector:
        acts = (
            lambda: person.post("/posts", {"content": f"n{next(numbers)}"}),
            lambda: person.post(f"/posts/{posts[next(numbers) % 3]}/like"),
            lambda: person.post(f"/posts/{posts[next(numbers) % 3]}/bookmark"),
            lambda: person.post(f"/users/{friends[next(numbers) % 3].id}/follow"),
            lambda: friends[0].post(f"/users/{person.id}/follow"),
            lambda: friends[1].get("/feed"),
        )
        with busy(*acts):
            projector.catch_up()
            ask(person)
            job = erasure_job(person.id)
        run_out(person.id, job)
        projector.catch_up()
        assert_gone(person)
        for one, post in zip(friends, posts, strict=True):
            assert counts(one) == {"posts": 1, "followers": 0, "following": 0, "likes": 0}
            assert one.get(f"/posts/{post}").json()["counts"]["likes"] == 0
        assert rebuild.run(lambda _: None).corrected == 0
        assert_gone(person)


def test_the_erasure_goes_on_after_any_of_its_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    """A worker dies after each removal, before it is written down; the next one goes on."""

    class Died(BaseException):
        pass

    person, friends = sign_up(), [sign_up() for _ in range(3)]
    with soon() as projector:
        for one in friends:
            post = person.post("/posts", {"content": "mine"}).json()["id"]
            theirs = one.post("/posts", {"content": "theirs"}).json()["id"]
            one.post(f"/posts/{post}/like")
            person.post(f"/posts/{theirs}/like")
            one.post(f"/users/{person.id}/follow")
            person.post(f"/users/{one.id}/follow")
        projector.catch_up()
        ask(person)
        job = erasure_job(person.id)
        limit = [1]
        original = dynamodb.call

        def mortal(operation: str, *args: Any, **named: Any) -> Any:
            answer = original(operation, *args, **named)
            if (
                dying[0]
                and threading.get_ident() == worker
                and operation in {"BatchWriteItem", "UpdateItem", "DeleteItem", "TransactWriteItems"}
            ):
                count[0] += 1
                if count[0] >= limit[0]:
                    dying[0] = False
                    raise Died
            return answer

        dying, count, worker = [False], [0], threading.get_ident()
        monkeypatch.setattr(dynamodb, "call", mortal)
        for death in range(60):
            limit[0], count[0], dying[0] = death % 7 + 1, 0, True
            try:
                jobs.run(job)
            except Died:
                _release(job)
            dying[0] = False
            if receipt(person.id):
                break
        run_out(person.id, job)
        projector.catch_up()
        assert_gone(person)
        for one in friends:
            assert counts(one) == {"posts": 1, "followers": 0, "following": 0, "likes": 0}


def test_a_worker_that_dies_right_after_it_removed_followers_leaves_nothing_with_them(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    class Died(BaseException):
        pass

    person, fan = sign_up(), sign_up()
    fan.post(f"/users/{person.id}/follow")
    assert person.id in recent_follows.edges(fan.id)
    remove = table.delete_all

    def remove_and_die(removed: Iterable[Key]) -> None:
        remove(removed)
        raise Died

    monkeypatch.setattr(table, "delete_all", remove_and_die)
    with pytest.raises(Died):
        next(erase_followers(person.id))
    assert recent_follows.edges(fan.id) == {}


def _release(job: int) -> None:
    """As if the lease of the worker that has the job had run out."""
    change = transactions.expressions(
        "attribute_exists(PK)", change="SET #DueAt = :now", values={"now": table.clock() - 1}
    )
    with suppress(DynamoDBError):
        dynamodb.call("UpdateItem", {**transactions.of(keys.job(job)), **change})


def test_two_workers_at_one_erasure_do_no_harm() -> None:
    person, friend = sign_up(), sign_up()
    with soon() as projector:
        for _ in range(20):
            person.post("/posts", {"content": "mine"})
        friend.post(f"/users/{person.id}/follow")
        projector.catch_up()
        ask(person)
        job = erasure_job(person.id)

        def work() -> None:
            end = time.monotonic() + PATIENCE_SECONDS
            while receipt(person.id) is None and time.monotonic() < end:
                jobs.run(job)
                _release(job)

        together(work, work)
        projector.catch_up()
        assert_gone(person)
        assert counts(friend)["following"] == 0


def test_an_erasure_of_many_things_takes_turns(monkeypatch: pytest.MonkeyPatch) -> None:
    person = sign_up()
    with configured(rate_limit_factor=1000), soon() as projector:
        for _ in range(60):
            person.post("/posts", {"content": "mine"})
        projector.catch_up()
        monkeypatch.setattr(turns, "WORK_SECONDS", 0)
        found = erase(person)
        assert found["removed"]["posts, their former versions and the likes of them"] == 60
        projector.catch_up()
        assert_gone(person)


def test_what_a_look_removed_before_it_broke_off_is_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """An edge that an index has hidden is removed, and its worker is gone before that is written down."""

    def die(*_: object) -> None:
        raise DependencyAway("dynamodb")

    person, fan = sign_up(), sign_up()
    with soon():
        ask(person)
        job = erasure_job(person.id)
        run_first_look(person.id, job)
        time.sleep(0.5)
        Follow.between(follower=fan.id, followed=person.id).save()
        with monkeypatch.context() as broken:
            broken.setattr(turns, "_note", die)
            broken.setattr(leases, "have_passed", lambda _moment: True)  # all that was there before the edge
            jobs.run(job)
        found = Erasure.read(keys.erasure(person.id))
        assert found is not None
        after = int(found.after)
        monkeypatch.setattr(leases, "have_passed", lambda moment: moment <= after / 1000)  # it lags
        make_due(job)
        jobs.run(job)
        assert receipt(person.id) is None
        monkeypatch.undo()
        run_out(person.id, job)
        assert_gone(person)


def make_due(job: int) -> None:
    """As if a job that was put off had waited for long enough."""
    request = {
        "TableName": config.table_name,
        "Key": table.wire_key(keys.job(job)),
        "UpdateExpression": "SET DueAt = :now",
        "ExpressionAttributeValues": {":now": {"N": str(table.clock())}},
    }
    dynamodb.call("UpdateItem", request)


def test_an_address_that_takes_no_mail_does_not_keep_the_account(monkeypatch: pytest.MonkeyPatch) -> None:
    refusal: Any = {"Error": {"Code": "MessageRejected", "Message": "no"}}

    def refuse(*_: object, **__: object) -> None:
        raise Refused(refusal, "SendRawEmail")

    person = sign_up()
    with soon() as projector:
        person.post("/posts", {"content": "mine"})
        ask(person)
        job = erasure_job(person.id)
        monkeypatch.setattr(mail, "send", refuse)
        assert run_out(person.id, job)["removed"]["posts, their former versions and the likes of them"] == 1
        projector.catch_up()
        assert_gone(person)


def test_a_link_that_could_never_be_mailed_leaves_no_job(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> None:
        raise ValueError

    person = sign_up()
    with soon():
        assert person.post("/auth/forgot-password", {"email": person.email}).status_code == 202
        (waiting,) = (job.id for shard in jobs.shards_of(resetting.KIND) for job in _due(shard, person.email))
        with monkeypatch.context() as broken:
            broken.setattr(mail, "send", fail)
            for _ in range(8):
                make_due(waiting)
                jobs.run(waiting)
        assert waiting in [job.id for job in jobs.failed()]
        erase(person)
        assert_gone(person)


def _due(shard: str, email: str) -> list[Job]:
    """Those that are about an address."""
    found = [
        Job.read((entry["PK"]["S"], entry["SK"]["S"]))
        for entry in table.query(shard, index="GSI2", attributes=("PK", "SK"))
    ]
    return [job for job in found if job and job.payload["claim"] == keys.email_claim(email)[0]]


def test_the_job_of_the_erasure_goes_with_its_last_step() -> None:
    """A worker that dies right after it leaves no job that names the one who is gone."""
    person = sign_up()
    with soon():
        ask(person)
        job = Job.read(keys.job(erasure_job(person.id)))
        assert job is not None
        end = time.monotonic() + PATIENCE_SECONDS
        while receipt(person.id) is None:
            assert time.monotonic() < end, "the erasure doesn't come to an end"
            with suppress(jobs.Again):
                tasks.erase_account(job.payload, job)
            time.sleep(0.05)
        assert Job.read(keys.job(job.id)) is None


def test_erasers_do_nothing_to_one_of_whom_nothing_is_there() -> None:
    with projecting() as projector:
        projector.catch_up()
        assert [sum(eraser.erase(4711)) for eraser in privacy.erasers()] == [0] * len(privacy.erasers())


def test_a_name_and_an_address_may_be_had_again_after_the_erasure() -> None:
    person = sign_up()
    with soon():
        erase(person)
    again = sign_up_as(person)
    assert again.id != person.id
    assert again.get(f"/users/{person.username}").json()["id"] == str(again.id)


def sign_up_as(person: Person) -> Person:
    from echomate.testing.client import Caller

    body = {"username": person.username, "email": person.email, "password": person.password}
    made = Caller().post("/auth/signup", {**body, "token_delivery": "body"})
    assert made.status_code == 201, made.content
    return Person(made.json())
