"""The graph against a plain model of it: follows, requests, locks, blocks and mutes in any order."""

from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from echomate import cache
from echomate.testing.client import Person, sign_up
from echomate.testing.examples import examples
from echomate.testing.projecting import Projecting, projecting
from social.services.requests import accept_page

PEOPLE = 3
person = st.integers(0, PEOPLE - 1)

Pair = tuple[int, int]


class Graph(RuleBasedStateMachine):
    """People by number, and pairs (who, whom) of each kind; requests in the order in which they came."""

    projector: Projecting

    def __init__(self) -> None:
        super().__init__()
        self.people = [sign_up() for _ in range(PEOPLE)]
        self.locked: set[int] = set()
        self.follows: set[Pair] = set()
        self.requests: dict[Pair, None] = {}
        self.blocks: set[Pair] = set()
        self.mutes: set[Pair] = set()
        self.touched: set[Pair] = set()

    @rule(who=person, whom=person)
    def follow(self, who: int, whom: int) -> None:
        status = self.call("POST", f"/users/{self.id(whom)}/follow", who, whom)
        expected = 200
        if who == whom:
            expected = 400
        elif (whom, who) in self.blocks:
            expected = 404
        elif (who, whom) in self.blocks:
            expected = 403
        elif whom in self.locked and (who, whom) not in self.follows:
            self.requests.setdefault((who, whom))
        else:
            self.follows.add((who, whom))
        assert status == expected

    @rule(who=person, whom=person)
    def unfollow(self, who: int, whom: int) -> None:
        status = self.call("DELETE", f"/users/{self.id(whom)}/follow", who, whom)
        assert status == (400 if who == whom else self.known(who, whom, 200))
        if status == 200:
            self.part(who, whom)

    @rule(who=person, whom=person)
    def remove(self, who: int, whom: int) -> None:
        status = self.call("DELETE", f"/followers/{self.id(whom)}", who, whom)
        assert status == self.known(who, whom, 204)
        if status == 204:
            self.part(whom, who)

    @rule(who=person, whom=person)
    def accept(self, who: int, whom: int) -> None:
        status = self.call("POST", f"/follow-requests/{self.id(whom)}/accept", who, whom)
        assert status == (200 if (whom, who) in self.requests else 404)
        if status == 200:
            del self.requests[whom, who]
            self.follows.add((whom, who))

    @rule(who=person, whom=person)
    def reject(self, who: int, whom: int) -> None:
        status = self.call("DELETE", f"/follow-requests/{self.id(whom)}", who, whom)
        assert status == self.known(who, whom, 204)
        if status == 204:
            self.requests.pop((whom, who), None)

    @rule(who=person, whom=person)
    def block(self, who: int, whom: int) -> None:
        status = self.call("POST", f"/users/{self.id(whom)}/block", who, whom)
        assert status == (400 if who == whom else 200)
        if status == 200:
            self.blocks.add((who, whom))
            self.part(who, whom)
            self.part(whom, who)

    @rule(who=person, whom=person)
    def unblock(self, who: int, whom: int) -> None:
        status = self.call("DELETE", f"/users/{self.id(whom)}/block", who, whom)
        assert status == (400 if who == whom else 200)
        self.blocks.discard((who, whom))

    @rule(who=person, whom=person, ends=st.booleans())
    def mute(self, who: int, whom: int, *, ends: bool) -> None:
        status = self.call("DELETE" if ends else "POST", f"/users/{self.id(whom)}/mute", who, whom)
        assert status == (400 if who == whom else self.known(who, whom, 200))
        if status == 200:
            (self.mutes.discard if ends else self.mutes.add)((who, whom))

    @rule(who=person, locked=st.booleans())
    def lock(self, who: int, *, locked: bool) -> None:
        assert self.people[who].patch("/users/me", {"locked": locked}).status_code == 200
        self.locked.discard(who)
        if locked:
            self.locked.add(who)
            return
        while accept_page(self.id(who)) is not None:
            pass
        for pair in [pair for pair in self.requests if pair[1] == who]:
            del self.requests[pair]
            self.follows.add(pair)
            self.touched.add(pair)

    @rule()
    def empty_redis(self) -> None:
        cache.ask(("FLUSHALL",))

    @rule()
    def settle(self) -> None:
        """Counters and lists, once the projector has handled everything."""
        self.projector.catch_up()
        for who, one in enumerate(self.people):
            counts = one.get("/users/me").json()["counts"]
            assert counts["following"] == sum(pair[0] == who for pair in self.follows)
            assert counts["followers"] == sum(pair[1] == who for pair in self.follows)
            asking = [a for a, b in self.requests if b == who]
            assert self.listed(one, "/follow-requests") == asking[::-1]
            muted = [b for a, b in self.mutes if a == who and (b, who) not in self.blocks]
            assert sorted(self.listed(one, "/mutes")) == sorted(muted)
        self.touched = {(a, b) for a in range(PEOPLE) for b in range(PEOPLE) if a != b}

    @invariant()
    def everybody_sees_at_once_how_they_stand(self) -> None:
        for pair in self.touched | {pair[::-1] for pair in self.touched}:
            self.sees(*pair)
        self.touched.clear()

    def teardown(self) -> None:
        self.settle()
        self.everybody_sees_at_once_how_they_stand()

    def call(self, method: str, path: str, who: int, whom: int) -> int:
        if who != whom:
            self.touched.add((who, whom))
        status: int = self.people[who].call(method, path).status_code
        return status

    def id(self, who: int) -> int:
        return self.people[who].id

    def known(self, who: int, whom: int, status: int) -> int:
        return 404 if (whom, who) in self.blocks else status

    def part(self, follower: int, followed: int) -> None:
        self.follows.discard((follower, followed))
        self.requests.pop((follower, followed), None)

    def listed(self, one: Person, path: str) -> list[int]:
        numbers = {str(person.id): number for number, person in enumerate(self.people)}
        return [numbers[user["id"]] for user in one.get(path).json()["results"]]

    def sees(self, who: int, whom: int) -> None:
        response = self.people[who].get(f"/users/{self.id(whom)}")
        assert response.status_code == self.known(who, whom, 200)
        if response.status_code == 200:
            shown: dict[str, Any] = response.json()["viewer"]
            pair = (who, whom)
            assert shown == {
                "following": pair in self.follows,
                "requested": pair in self.requests,
                "followed_by": pair[::-1] in self.follows,
                "blocking": pair in self.blocks,
                "muting": pair in self.mutes,
            }


def test_the_graph_is_what_its_model_says() -> None:
    with projecting() as projector:
        Graph.projector = projector
        run_state_machine_as_test(Graph, settings=examples(4, thorough=90, steps=30, shrinks=False))
