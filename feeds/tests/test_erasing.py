"""Asking to be erased: out of everybody's sight at once, and back as one was."""

import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Any

import pytest

from accounts import services, sessions
from accounts.services import erasing
from accounts.tests.acting import log_in, refresh
from accounts.tests.mailing import expire, step_up, token
from echomate import jobs
from echomate.errors import Forbidden
from echomate.testing.client import Caller, Person, problem, sign_up
from echomate.testing.configuration import configured
from echomate.testing.projecting import Projecting, projecting
from echomate.testing.proxy import Proxy
from echomate.testing.races import halting, together
from echomate.testing.stack import needs_times_of_records
from echomate.testing.working import run_jobs
from feeds.tests.erasing import ask, erasure_job, receipt, run_out, soon

pytestmark = needs_times_of_records

OF_PERSON = (
    "/users/{id}",
    "/users/{name}",
    *(f"/users/{{id}}/{what}" for what in ("posts", "likes", "followers", "following")),
)
OF_POST = ("/posts/{post}", "/posts/{post}/likes")
LISTS = (
    "/feed",
    "/timeline",
    "/users?q={name}",
    "/users/{friend}/followers",
    "/users/{friend}/following",
    "/friends",
    "/posts/{liked}/likes",
    "/posts?ids={post}",
)


class Pair:
    """A person and a friend, who follow each other and like each other's post."""

    def __init__(self, projector: Projecting) -> None:
        self.person, self.friend = sign_up("leaving"), sign_up("staying")
        self.post = self.person.post("/posts", {"content": "before I go"}).json()["id"]
        self.liked = self.friend.post("/posts", {"content": "stay"}).json()["id"]
        for one, other, post in (
            (self.person, self.friend, self.liked),
            (self.friend, self.person, self.post),
        ):
            assert one.post(f"/users/{other.id}/follow").status_code == 200
            assert one.post(f"/posts/{post}/like").status_code == 200
        projector.catch_up()

    def path(self, place: str) -> str:
        person = self.person
        return place.format(
            id=person.id, name=person.username, friend=self.friend.id, post=self.post, liked=self.liked
        )

    def seen(self) -> Mapping[str, Any]:
        """All that the friend sees of the person."""
        return {place: self.friend.get(self.path(place)).json() for place in (*OF_PERSON, *OF_POST, *LISTS)}


def shows(pair: Pair, place: str) -> bool:
    response = pair.friend.get(pair.path(place))
    assert response.status_code == 200, (place, response.content)
    return pair.person.username in str(response.json()["results"])


def test_one_who_asks_to_be_erased_is_gone_from_everybodys_sight_at_once() -> None:
    with projecting() as projector:
        pair = Pair(projector)
        assert [place for place in LISTS if not shows(pair, place)] == []
        ask(pair.person)
        for place in (*OF_PERSON, *OF_POST):
            for caller in (pair.friend, Caller()):
                response = caller.get(pair.path(place))
                assert response.status_code in ({404} if caller is pair.friend else {401, 404}), place
        assert [place for place in LISTS if shows(pair, place)] == []
        projector.catch_up()
        assert [place for place in LISTS if shows(pair, place)] == []


def test_nobody_can_act_on_one_who_asks_to_be_erased() -> None:
    with projecting() as projector:
        pair = Pair(projector)
        ask(pair.person)
        for path in ("/users/{id}/follow", "/users/{name}/follow", "/users/{id}/block", "/posts/{post}/like"):
            assert pair.friend.post(pair.path(path)).status_code == 404, path


def test_all_sessions_end_and_nobody_gets_in() -> None:
    person = sign_up()
    other = log_in(person.username).json()
    ask(person)
    assert problem(person.get("/users/me")) == "session-revoked"
    for found in (person.refresh, other["refresh"]):
        assert problem(refresh(found)) == "session-revoked"
    assert problem(Person(other).get("/users/me")) == "session-revoked"
    refused = log_in(person.username)
    assert refused.status_code in {401, 403}, refused.content


def test_without_redis_it_stands_all_the_same(redis_proxy: Proxy) -> None:
    with projecting() as projector:
        person = sign_up()
        step_up(person)
        assert Caller().get(f"/users/{person.id}").status_code == 200
        redis_proxy.refuse()
        assert person.delete("/users/me").status_code == 202
        redis_proxy.heal()
        assert Caller().get(f"/users/{person.id}").status_code == 404
        assert problem(person.get("/users/me")) == "session-revoked"
        projector.catch_up(within=30)
        assert Caller().get(f"/users/{person.id}").status_code == 404
        assert problem(person.get("/users/me")) == "session-revoked"
        assert problem(refresh(person.refresh)) == "session-revoked"


def test_it_takes_a_step_up() -> None:
    person = sign_up()
    response = person.use(log_in(person.username).json()["access"]).delete("/users/me")
    assert (response.status_code, problem(response)) == (403, "step-up-required")
    assert person.get("/users/me").status_code == 200


def test_asked_again_it_answers_the_same() -> None:
    person = sign_up()
    step_up(person)
    answers = together(*[lambda: erasing.request_erasure(person.id)] * 4)
    assert len(set(answers)) == 1
    assert erasing.request_erasure(person.id) == answers[0]


def test_the_name_and_the_address_are_kept_for_their_owner() -> None:
    person = sign_up()
    ask(person)
    body = {"username": person.username, "email": person.email, "password": "correct9horse"}
    taken = Caller().post("/auth/signup", body)
    assert set(taken.json()["errors"]) == {"username", "email"}


def test_the_link_of_the_mail_brings_everything_back() -> None:
    with projecting() as projector:
        pair = Pair(projector)
        before = pair.seen()
        ask(pair.person)
        projector.catch_up()
        assert pair.seen() != before  # homes are built without them meanwhile
        link = token(pair.person.email, "erasing")
        assert Caller().post("/users/me/restore", {"token": link}).status_code == 204
        projector.catch_up()
        run_jobs()
        assert pair.seen() == before
        again = log_in(pair.person.username)
        assert again.status_code == 200
        assert pair.person.use(again.json()["access"]).get("/feed").json()["results"]


def test_their_homes_and_those_of_many_followers_hold_their_posts_again() -> None:
    with configured(fan_out_page=2), projecting() as projector:
        person, followers = sign_up(), [sign_up() for _ in range(5)]
        for one in followers:
            one.post(f"/users/{person.id}/follow")
        post = person.post("/posts", {"content": "back again"}).json()["id"]
        projector.catch_up()
        run_jobs()
        ask(person)
        assert [one.get("/feed").json()["results"] for one in followers] == [[]] * 5
        erasing.restore(person.id)
        projector.catch_up()
        run_jobs()
        found = [[post["id"] for post in one.get("/feed").json()["results"]] for one in followers]
        assert found == [[post]] * 5


def test_one_who_was_suspended_and_is_back_is_in_homes_again() -> None:
    with projecting() as projector:
        pair = Pair(projector)
        services.suspend(pair.person.id)
        assert not shows(pair, "/feed")
        services.unsuspend(pair.person.id)
        projector.catch_up()
        run_jobs()
        assert shows(pair, "/feed")


def test_who_does_not_wish_to_be_found_is_not_found_afterwards_either() -> None:
    person, other = sign_up(), sign_up()
    person.patch("/users/me", {"settings": {"discoverable": False}})
    ask(person)
    erasing.restore(person.id)
    assert other.get(f"/users?q={person.username}").json()["results"] == []
    assert other.get(f"/users/{person.id}").status_code == 200


def test_a_link_brings_back_once_and_only_its_own_account() -> None:
    one, other = sign_up(), sign_up()
    links = {}
    for person in (one, other):
        ask(person)
        links[person.id] = token(person.email, "erasing")
    assert Caller().post("/users/me/restore", {"token": links[one.id]}).status_code == 204
    assert Caller().get(f"/users/{one.id}").status_code == 200
    assert Caller().get(f"/users/{other.id}").status_code == 404
    one.use(log_in(one.username).json()["access"])
    ask(one)
    assert problem(Caller().post("/users/me/restore", {"token": links[one.id]})) == "link-invalid"
    assert Caller().get(f"/users/{one.id}").status_code == 404


def test_the_link_of_an_earlier_erasure_brings_nobody_back() -> None:
    person = sign_up()
    ask(person)
    earlier = token(person.email, "erasing")
    person.use(log_in(person.username, restore=True).json()["access"])
    ask(person)
    assert problem(Caller().post("/users/me/restore", {"token": earlier})) == "link-invalid"
    link = token(person.email, "erasing")
    assert Caller().post("/users/me/restore", {"token": link}).status_code == 204


def test_other_links_and_old_ones_bring_nobody_back() -> None:
    person = sign_up()
    welcome = token(person.email, "welcome")
    ask(person)
    link = token(person.email, "erasing")
    expire(link)
    for wrong in (welcome, link, "x", "é" * 20, "0" * 43):
        response = Caller().post("/users/me/restore", {"token": wrong})
        assert (response.status_code, problem(response)) == (400, "link-invalid")
    assert Caller().get(f"/users/{person.id}").status_code == 404


def test_after_its_time_nothing_brings_an_account_back() -> None:
    person = sign_up()
    with configured(erasure_delay_seconds=1), projecting():
        ask(person)
        link = token(person.email, "erasing")
        job = erasure_job(person.id)
        with configured(erasure_settle_seconds=0.3):
            run_out(person.id, job)
        assert problem(Caller().post("/users/me/restore", {"token": link})) == "link-invalid"
        erasing.restore(person.id)
        assert Caller().get(f"/users/{person.id}").status_code == 404


def test_a_job_that_comes_for_one_who_is_back_does_nothing() -> None:
    person = sign_up()
    with projecting() as projector:
        ask(person)
        job = erasure_job(person.id)
        payload = jobs.Job.read(("JOB#" + f"{job:019d}", "JOB")).payload  # type: ignore[union-attr]
        erasing.restore(person.id)
        projector.catch_up()
        late = jobs.job(erasing.KIND, payload)
        jobs.add(late)
        assert jobs.run(late.id)
        assert not jobs.run(job)
        assert Caller().get(f"/users/{person.id}").status_code == 200
        assert receipt(person.id) is None


@pytest.mark.parametrize("_round", range(8))
def test_of_coming_back_and_the_erasure_that_begins_one_wins(_round: int) -> None:
    """The job is due while one may still come back: in truth these two meet at one moment only."""
    person = sign_up()
    ask(person)
    job = erasure_job(person.id)
    payload = jobs.Job.read(("JOB#" + f"{job:019d}", "JOB")).payload  # type: ignore[union-attr]
    early = jobs.job(erasing.KIND, payload)
    jobs.add(early)

    def come_back() -> bool:
        try:
            erasing.restore(person.id)
        except Forbidden:
            return False
        return True

    came_back, _ = together(come_back, lambda: jobs.run(early.id))
    assert (Caller().get(f"/users/{person.id}").status_code == 200) == came_back
    with soon():
        if came_back:
            assert not jobs.run(early.id)
        else:
            run_out(person.id, early.id)
    assert (receipt(person.id) is None) == came_back


def test_a_login_brings_one_back_who_wishes_it() -> None:
    person = sign_up()
    body = {"login": person.username, "password": person.password, "token_delivery": "body"}
    erased_at = ask(person)
    refused = Caller().post("/auth/login", body)
    assert (refused.status_code, problem(refused)) == (403, "erasing")
    assert refused.json()["erased_at"] == erased_at
    wrong = Caller().post("/auth/login", {**body, "password": "wrong9horse", "restore": True})
    assert (wrong.status_code, problem(wrong)) == (401, "bad-credentials")
    assert Caller().get(f"/users/{person.id}").status_code == 404
    back = Caller().post("/auth/login", {**body, "restore": True})
    assert back.status_code == 200, back.content
    assert Caller().get(f"/users/{person.id}").status_code == 200
    assert person.use(back.json()["access"]).get("/users/me").status_code == 200


def test_a_login_after_the_time_brings_nobody_back() -> None:
    person = sign_up()
    with configured(erasure_delay_seconds=1):
        erased_at = datetime.fromisoformat(ask(person))
    while datetime.now(UTC) <= erased_at:
        time.sleep(0.05)
    body = {"login": person.username, "password": person.password, "restore": True}
    late = Caller().post("/auth/login", body)
    assert (late.status_code, problem(late)) == (403, "erasing")
    assert Caller().get(f"/users/{person.id}").status_code == 404


def test_a_reset_that_overtakes_a_login_that_restores_leaves_it_no_session() -> None:
    person = sign_up("leaving")
    ask(person)
    assert Caller().post("/auth/forgot-password", {"email": person.email}).status_code == 202
    new = {"token": token(person.email, "reset"), "password": "brown7sparrow"}
    with halting(erasing, "restore", after=True) as the_login, ThreadPoolExecutor(1) as pool:
        answer = pool.submit(log_in, person.username, restore=True)
        the_login.wait()
        assert Caller().post("/auth/reset-password", new).status_code == 204
        the_login.go_on()
        assert problem(answer.result()) == "bad-credentials"
    assert sessions.of(person.id) == []
