"""The whole product against a plain model of it: anything may be done, lost and restarted, at any time.

While it runs nobody sees what the rules hide, and everybody sees their own writes. Once the projector has caught up
and the jobs have run, every feed, list and counter equals the model's, paged forwards and backwards.
"""

import random
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

import pytest
import redis
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    precondition,
    rule,
    run_state_machine_as_test,
)

from echomate import cache, dynamodb, ids, jobs, keys, provisioning, table, timelines
from echomate.config import config
from echomate.stream import worker
from echomate.testing import client
from echomate.testing.client import Person
from echomate.testing.configuration import configured
from echomate.testing.examples import examples, profile
from echomate.testing.projecting import Projecting
from echomate.testing.races import PATIENCE_SECONDS
from echomate.testing.stack import Stack
from echomate.testing.working import run_jobs
from feeds.tests.model import Model, ModelPost
from social import invalidation
from social.selectors import edges

pytestmark = pytest.mark.timed

PEOPLE_AT_MOST = 7
LAG_SECONDS = 2.0
YOUNG_SECONDS = 3
"""Instead of ten: what is made just after a loss lives so long. Longer than the indexes lag."""
LEASE_SECONDS = 1.0
"""Also how long records are at risk after a takeover, so that most go the usual way."""
BLOCKS = 0.2
STEPS = 15 if profile == "suite" else 30

FAMOUS = 0
"""Whom all follow at first, so that a post has pages of readers."""

person = st.integers(0, PEOPLE_AT_MOST - 1)
author = st.just(FAMOUS) | person
recent = st.integers(0, 5)
"""Which of the latest posts."""
limits = st.integers(1, 6)


class Network(RuleBasedStateMachine):
    lag: float = 0
    stack: Stack

    def __init__(self) -> None:
        super().__init__()
        empty(self.stack)
        self.model = Model(depth=config.feed_depth)
        self.people: dict[int, Person] = {}
        self.random = random.Random(0)
        self.projector: Projecting | None = Projecting()
        self.lost_at = float("-inf")
        self.walks: dict[tuple[int, str], tuple[str, int]] = {}
        """Half done: the link to the next page, and the lowest id of the last one."""

    def teardown(self) -> None:
        try:
            self.settle()
        finally:
            if self.projector:
                self.projector.drop()

    # --- writes, each followed by what its author must see

    @initialize(count=st.integers(3, 6), seed=st.integers(0, 2**32))
    def begin(self, count: int, seed: int) -> None:
        self.random.seed(seed)
        for _ in range(count):
            self._sign_up()
        for number in range(count):
            self.follow(who=number, whom=FAMOUS)
            self._live(self.random)
        assert self.projector
        self.projector.catch_up()

    def _live(self, chance: random.Random) -> None:
        """So that each run has something to go wrong: most of them know each other, and say something."""
        who, whom, other = (chance.randrange(PEOPLE_AT_MOST) for _ in range(3))
        self.follow(who=who, whom=whom)
        self.post(who=whom, visibility=chance.choice(["public", "followers"]), count=chance.randint(1, 3))
        self.like(who=who, which=chance.randrange(6))
        self.follow(who=other, whom=whom)
        if chance.random() < BLOCKS:
            self.block(who=whom, whom=other)

    def _sign_up(self) -> None:
        new = client.sign_up()
        self.people[new.id] = new
        self.model.users.append(new.id)
        assert new.get("/users/me").status_code == 200
        assert read(new, "/feed", limit=3) == []

    @precondition(lambda self: len(self.people) < PEOPLE_AT_MOST)
    @rule()
    def sign_up(self) -> None:
        self._sign_up()

    @rule(who=person, whom=person)
    def follow(self, who: int, whom: int) -> None:
        one, other = self._person(who), self._person(whom)
        answer = one.post(f"/users/{other.id}/follow")
        if one is other:
            assert answer.status_code == 400
        elif not self.model.knows_of(one.id, other.id):
            assert answer.status_code == 404
        elif (one.id, other.id) in self.model.blocks:
            assert answer.status_code == 403
        else:
            assert answer.status_code == 200
            self.model.follows.setdefault((one.id, other.id))
            self._sees_relation(one, other)
            if not self._may_lack_what_is_new():
                assert other.id in read(one, f"/users/{one.id}/following", limit=50)
                home = set(read(one, "/feed", limit=50))
                assert {
                    post for post in self.model.home(one.id) if self.model.posts[post].author == other.id
                } <= home

    @rule(who=person, whom=person)
    def unfollow(self, who: int, whom: int) -> None:
        one, other = self._person(who), self._person(whom)
        answer = one.delete(f"/users/{other.id}/follow")
        if one is not other and self.model.knows_of(one.id, other.id):
            assert answer.status_code == 200
            self.model.follows.pop((one.id, other.id), None)
            self._sees_relation(one, other)
            self.look(who)

    @rule(who=person, whom=person)
    def block(self, who: int, whom: int) -> None:
        one, other = self._person(who), self._person(whom)
        if one is other:
            return
        assert one.post(f"/users/{other.id}/block").status_code == 200
        self.model.block(one.id, other.id)
        self._sees_relation(one, other)
        assert other.get(f"/users/{one.id}").status_code == 404
        self.look(who)
        self.look(whom)

    @rule(who=person, whom=person)
    def unblock(self, who: int, whom: int) -> None:
        one, other = self._person(who), self._person(whom)
        if one is other:
            return
        assert one.delete(f"/users/{other.id}/block").status_code == 200
        self.model.blocks.discard((one.id, other.id))
        if self.model.knows_of(one.id, other.id):
            self._sees_relation(one, other)

    @rule(who=author, visibility=st.sampled_from(["public", "public", "followers"]), count=st.integers(1, 4))
    def post(self, who: int, visibility: str, count: int) -> None:
        author = self._person(who)
        run_jobs()
        for reader in self.people.values():
            read(reader, "/feed", limit=1)  # their homes are there, and are pushed to
        new = [self._publish(author, visibility) for _ in range(count)][-1]
        assert author.get(f"/posts/{new}").json()["content"] == self.model.posts[new].content
        assert new in read(author, "/feed", limit=3)
        assert read(author, f"/users/{author.id}/posts", limit=4)[0] == max(
            self.model.posts_of(author.id, author.id)
        )

    def _publish(self, author: Person, visibility: str) -> int:
        content = f"words {self.random.random()}"
        answer = author.post("/posts", {"content": content, "visibility": visibility})
        assert answer.status_code == 201, answer.content
        new = int(answer.json()["id"])
        self.model.posts[new] = ModelPost(author.id, visibility, content)
        return new

    @precondition(lambda self: self.model.posts)
    @rule(which=recent)
    def edit(self, which: int) -> None:
        post = self._post(which)
        author = self.people[self.model.posts[post].author]
        content = f"better words {self.random.random()}"
        assert author.patch(f"/posts/{post}", {"content": content}).json()["content"] == content
        self.model.posts[post].content = content
        for one in self.people.values():
            if self.model.sees(one.id, post):
                assert one.get(f"/posts/{post}").json()["content"] == content

    @precondition(lambda self: self.model.posts)
    @rule(which=recent)
    def delete(self, which: int) -> None:
        post = self._post(which)
        author = self.people[self.model.posts[post].author]
        assert author.delete(f"/posts/{post}").status_code == 204
        self.model.delete(post)
        for who in range(len(self.people)):
            assert self._person(who).get(f"/posts/{post}").status_code == 404
            self.look(who)

    @precondition(lambda self: self.model.posts)
    @rule(who=person, which=recent)
    def like(self, who: int, which: int) -> None:
        one, post = self._person(who), self._post(which)
        answer = one.post(f"/posts/{post}/like")
        if not self.model.sees(one.id, post):
            assert answer.status_code == 404
            return
        assert answer.json()["viewer"]["liked"]
        self.model.likes.setdefault((one.id, post))
        assert one.get(f"/posts/{post}").json()["viewer"]["liked"]
        if not self._may_lack_what_is_new():
            assert post in read(one, f"/users/{one.id}/likes", limit=50)
        assert one.id in read(one, f"/posts/{post}/likes", limit=50)

    @precondition(lambda self: self.model.posts or self.model.deleted)
    @rule(who=person, which=recent, of_deleted=st.booleans())
    def unlike(self, who: int, which: int, *, of_deleted: bool) -> None:
        one = self._person(who)
        known = (
            self.model.deleted
            if (of_deleted and self.model.deleted) or not self.model.posts
            else self.model.posts
        )
        post = sorted(known, reverse=True)[which % len(known)]
        answer = one.delete(f"/posts/{post}/like")
        if (one.id, post) in self.model.likes or self.model.sees(one.id, post):
            assert answer.status_code == 200
        else:
            assert answer.status_code == 404
        self.model.likes.pop((one.id, post), None)
        if self.model.sees(one.id, post):
            assert not one.get(f"/posts/{post}").json()["viewer"]["liked"]
        assert post not in read(one, f"/users/{one.id}/likes", limit=50)

    # --- what goes wrong

    @rule()
    def empty_redis(self) -> None:
        self._lose()
        cache.ask(("FLUSHALL",))

    def _lose(self) -> None:
        self.lost_at = time.monotonic()

    @rule(count=st.integers(1, 10))
    def lose_keys(self, count: int) -> None:
        """Evicted, say. What was pushed while the indexes lag is among what was used last, and stays."""
        lasting = ("feed:", "author:", "public", "fresh:", "follows:", "likes:")
        (found,) = cache.ask(("KEYS", "*"))
        names = sorted(name.decode() for name in found if not name.startswith(b"epoch:"))
        if self.lag:
            names = [name for name in names if not name.startswith(lasting) or name.endswith(":stats")]
        cache.ask(*(("DEL", name) for name in self.random.sample(names, min(count, len(names)))))

    @precondition(lambda self: self.projector)
    @rule(orderly=st.booleans())
    def stop_the_projector(self, *, orderly: bool) -> None:
        assert self.projector
        self.projector.stop() if orderly else self.projector.drop()
        self.projector = None

    @precondition(lambda self: not self.projector)
    @rule()
    def start_the_projector(self) -> None:
        self.projector = Projecting()

    @rule()
    def run_the_jobs(self) -> None:
        run_jobs()

    @rule(milliseconds=st.sampled_from([5, 30, 120]))
    def let_time_pass(self, milliseconds: int) -> None:
        time.sleep(milliseconds / 1000)

    # --- reads at any time: nobody sees what the rules hide

    @rule(who=person)
    def look(self, who: int) -> None:
        """Look at everything; it may lack what is under way, but never hold what is hidden."""
        one = self._person(who)
        for post in read(one, "/feed", limit=self._limit()):
            assert self.model.shows_at_home(one.id, post)
        for post in read(one, "/timeline", limit=self._limit()):
            assert self.model.sees(one.id, post)
            assert self.model.posts[post].visibility == "public"

    @rule(who=person, path=st.sampled_from(["/feed", "/timeline"]), limit=limits)
    def turn_the_page(self, who: int, path: str, limit: int) -> None:
        """Go on with a walk, or begin one: whatever has happened meanwhile, it goes down and hides what it must."""
        one = self._person(who)
        link, last = self.walks.pop((one.id, path), (path, ids.MAX_ID))
        page = one.get(with_limit(link, limit)).json()
        found = ids_of(page)
        assert all(self.model.sees(one.id, post) for post in found)
        assert sorted({last, *found}, reverse=True) == [last, *found]
        if page["next"]:
            self.walks[one.id, path] = (page["next"], min([last, *found]))

    @rule(who=person, whom=person)
    def look_at(self, who: int, whom: int) -> None:
        one, other = self._person(who), self._person(whom)
        if not self.model.knows_of(one.id, other.id):
            for path in ("", "/posts", "/likes", "/followers", "/following"):
                assert one.get(f"/users/{other.id}{path}").status_code == 404
            return
        self._sees_relation(one, other)
        for path in ("/posts", "/likes"):
            for post in read(one, f"/users/{other.id}{path}", limit=self._limit()):
                assert self.model.sees(one.id, post)
        for path in ("/followers", "/following"):
            for user in read(one, f"/users/{other.id}{path}", limit=self._limit()):
                assert not self.model.are_apart(one.id, user)

    @precondition(lambda self: self.model.posts)
    @rule(who=person, which=recent)
    def look_at_a_post(self, who: int, which: int) -> None:
        one, post = self._person(who), self._post(which)
        answer = one.get(f"/posts/{post}")
        assert answer.status_code == (200 if self.model.sees(one.id, post) else 404)
        assert one.get(f"/posts/{post}/likes").status_code == answer.status_code

    # --- once all is quiet, everything equals the model

    @rule()
    def settle(self) -> None:
        if self.projector is None:
            self.projector = Projecting()
        self.projector.catch_up()
        with configured(test_index_delay_seconds=0):
            while run_jobs() or any_job_is_due():
                time.sleep(0.02)
            for one in self.people.values():
                eventually(partial(self._equals_the_model_to, one))
            for post in self.model.posts:
                eventually(partial(self._post_equals, post))

    def _equals_the_model_to(self, one: Person) -> None:
        self._walk(one, "/feed", self.model.home(one.id))
        self._walk(one, "/timeline", self.model.public(one.id))
        self._walk(one, "/friends", self.model.friends(one.id))
        self._walk(one, "/blocks", self.model.blocked_by(one.id))
        assert one.get("/users/me").json()["counts"] == self.model.user_counts(one.id)
        other = self.people[self.random.choice(self.model.users)]
        if self.model.knows_of(one.id, other.id):
            self._profile_equals(one, other)

    def _profile_equals(self, one: Person, other: Person) -> None:
        self._sees_relation(one, other)
        path = f"/users/{other.id}"
        assert one.get(path).json()["counts"] == self.model.user_counts(other.id)
        self._walk(one, f"{path}/posts", self.model.posts_of(other.id, one.id))
        self._walk(one, f"{path}/likes", self.model.liked_by(other.id, one.id))
        self._walk(one, f"{path}/followers", self.model.followers(other.id, one.id))
        self._walk(one, f"{path}/following", self.model.following(other.id, one.id))

    def _post_equals(self, post: int) -> None:
        found = self.model.posts[post]
        readers = [one for one in self.people.values() if self.model.sees(one.id, post)]
        reader = self.random.choice(readers)
        shown = reader.get(f"/posts/{post}").json()
        assert (shown["content"], shown["visibility"]) == (found.content, found.visibility)
        assert shown["author"]["id"] == str(found.author)
        assert shown["counts"] == self.model.post_counts(post)
        assert shown["viewer"]["liked"] == ((reader.id, post) in self.model.likes)
        self._walk(reader, f"/posts/{post}/likes", self.model.likers(post, reader.id))

    def _walk(self, one: Person, path: str, expected: list[int]) -> None:
        """Page through a list with random limits to its end, and back to its top."""
        found, previous = read_all(one, path, limit=self._limit)
        assert found == expected, f"{one} reads {path}"
        back = read_back(one, previous, limit=self._limit)
        assert back == expected[: len(back)], f"{one} reads {path} backwards"
        assert len(back) >= len(expected) - 6, f"{one} reads {path} backwards"

    # --- who and what

    def _limit(self) -> int:
        return self.random.randint(1, 6)

    def _person(self, number: int) -> Person:
        return self.people[self.model.users[number % len(self.people)]]

    def _post(self, which: int) -> int:
        newest = sorted(self.model.posts, reverse=True)
        return newest[which % len(newest)]

    def _may_lack_what_is_new(self) -> bool:
        """Whether Redis was lost while an index lags, so that lists have a gap for some seconds."""
        return bool(self.lag) and time.monotonic() - self.lost_at < 4 * YOUNG_SECONDS

    def _sees_relation(self, one: Person, other: Person) -> None:
        """How one stands to another shows at once, to both."""
        for viewer, user in ((one, other), (other, one)):
            if viewer is user or not self.model.knows_of(viewer.id, user.id):
                continue
            shown = viewer.get(f"/users/{user.id}").json()["viewer"]
            assert shown["following"] == ((viewer.id, user.id) in self.model.follows)
            assert shown["followed_by"] == ((user.id, viewer.id) in self.model.follows)
            assert shown["blocking"] == ((viewer.id, user.id) in self.model.blocks)


def empty(stack: Stack) -> None:
    """A new network on a Redis that lost nothing lately: no example finds another's items, and each stays small."""
    for name in ("redis-feeds", "redis-state"):
        with redis.Redis(port=stack.ports[name]) as server:
            server.flushall()
    for table_name in (config.table_name, config.lease_table_name):
        dynamodb.call("DeleteTable", {"TableName": table_name})
    provisioning.create_tables()
    cache.ask(*(("SET", keys.epoch(number), 1) for number in range(timelines.EPOCHS)))


def any_job_is_due() -> bool:
    """Whether some job has not ended, but for those that are put off for a day."""
    soon = keys.due_sort(table.clock() + 3_600_000, 0)
    return any(
        next(table.query(shard, index="GSI2", below=soon, limit=1), None)
        for kind in jobs.kinds()
        for shard in jobs.shards_of(kind)
    )


def eventually(check: Callable[[], None]) -> None:
    """Counters that were counted are deleted from Redis within a second; what a loss made young dies."""
    end = time.monotonic() + PATIENCE_SECONDS
    while True:
        try:
            return check()
        except AssertionError:
            if time.monotonic() > end:
                raise
            time.sleep(0.1)


def read(one: Person, path: str, *, limit: int) -> list[int]:
    """The ids of the first page."""
    answer = one.get(f"{path}?limit={limit}")
    assert answer.status_code == 200, answer.content
    return ids_of(answer.json())


def ids_of(page: dict[str, Any]) -> list[int]:
    return [int(item["id"]) for item in page["results"]]


def read_all(one: Person, path: str, *, limit: Callable[[], int]) -> tuple[list[int], str]:
    """All ids, page by page, and the link from the last page to what is newer."""
    found: list[int] = []
    link = f"{path}?limit={limit()}"
    while True:
        page = one.get(link).json()
        found += ids_of(page)
        if page["next"] is None:
            return found, page["previous"]
        link = with_limit(page["next"], limit())


def read_back(one: Person, link: str, *, limit: Callable[[], int]) -> list[int]:
    """All ids from a link to what is newer on, newest first."""
    found: list[int] = []
    while True:
        page = one.get(with_limit(link, limit())).json()
        if not page["results"] and page["previous"].partition("cursor=")[2] == link.partition("cursor=")[2]:
            return found
        found[:0] = ids_of(page)
        link = page["previous"]


def with_limit(link: str, limit: int) -> str:
    path, _, query = link.partition("?")
    cursor = query.partition("cursor=")[2]
    return f"{path}?limit={limit}&cursor={cursor}" if cursor else f"{path}?limit={limit}"


@contextmanager
def small(*, lag: float) -> Iterator[None]:
    """Short lists and pages, and times as short.

    Who follows is fresh no longer than the indexes lag, or jobs had no work. A post is late before so many came after
    it that they fill the few places beyond a feed's depth.
    """
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(timelines, "YOUNG_SECONDS", YOUNG_SECONDS)
        patch.setattr(worker, "RISK_SECONDS", LEASE_SECONDS)
        patch.setattr(timelines, "LATE_MILLISECONDS", 1500 * lag or 300)
        for module in (invalidation, edges):
            patch.setattr(module, "FRESH_SECONDS", round(2 * lag))
        with configured(
            feed_depth=8,
            feed_cap=16,
            fan_out_page=2,
            rate_limit_factor=1000.0,
            lease_seconds=LEASE_SECONDS,
            test_index_delay_seconds=lag,
        ):
            yield


def test_the_network_equals_its_model(stack: Stack) -> None:
    Network.stack = stack
    with small(lag=0):
        run_state_machine_as_test(Network, settings=examples(2, thorough=90, steps=STEPS, shrinks=False))


def test_the_network_equals_its_model_while_indexes_lag(stack: Stack) -> None:
    class LaggingNetwork(Network):
        lag = LAG_SECONDS

    LaggingNetwork.stack = stack
    with small(lag=LAG_SECONDS):
        run_state_machine_as_test(
            LaggingNetwork, settings=examples(2, thorough=60, steps=STEPS, shrinks=False)
        )
