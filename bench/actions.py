"""What is measured: the requests of each action."""

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import count, islice

import jwt

from bench.loading import request
from bench.network import CONTENT, PASSWORD, Network, Person

API = "/api/v1"
LOG_IN, LOGINS = "log in", 600
AT_ONCE = 50
"""The API shows so many posts or relations at once; so many each actor likes and follows."""


@dataclass(frozen=True, slots=True)
class Action:
    """`requests` are sent in turn; those of a write are all different and sent `once`.

    `warming` ones come before them and show the writer what they are about to like or follow.
    """

    name: str
    requests: Sequence[bytes]
    warming: Sequence[bytes] = ()
    expected: int = 200
    once: bool = False
    may_be: float | None = None
    """How many times as much CPU of web and Redis as the floor a request may take."""

    def part(self, number: int, *, of: int) -> Sequence[bytes]:
        """What one of so many rounds sends: a write's share, all requests of a read."""
        if not self.once:
            return self.requests
        share = len(self.requests) // of
        return self.requests[number * share : (number + 1) * share]


def actions(network: Network, *, writes: int) -> list[Action]:
    posts, readers = network.posts[-200:], network.readers[:-1]
    shown = [(readers[n % len(readers)], post) for n, post in enumerate(posts)]
    profiles = [(readers[n % len(readers)], author) for n, author in enumerate(network.authors)]
    return [
        Action("home feed, 20", [read("/feed", reader.token) for reader in readers], may_be=0.75),
        Action(
            "home feed, 20, four pictures a post",
            [read("/feed", admirer.token) for admirer in network.admirers],
            may_be=1.05,
        ),
        Action("one post", [read(f"/posts/{post}", who.token) for who, post in shown], may_be=0.6),
        Action("one post, anonymous", [read(f"/posts/{post}") for post in posts], may_be=0.6),
        Action("profile", [read(f"/users/{author.id}", who.token) for who, author in profiles], may_be=0.6),
        Action("profile, anonymous", [read(f"/users/{author.id}") for author in network.authors], may_be=0.6),
        Action(
            "comments of a post, 20",
            [read(f"/posts/{posts[-1]}/comments", reader.token) for reader in readers],
            may_be=1.5,
        ),
        Action(
            "a thread, 200 comments",
            [read(f"/comments/{network.thread}/thread", reader.token) for reader in readers],
            may_be=15,
        ),
        Action(
            "create a post",
            list(islice(_creations(network), writes)),
            [read(f"/users/{actor.id}", actor.token) for actor in network.actors],
            expected=201,
            once=True,
            may_be=2,
        ),
        Action(
            "create a post with 10 mentions",
            list(islice(_creations(network, mentioning(network, 10)), writes // 2)),
            expected=201,
            once=True,
        ),
        Action(
            "like",
            list(islice(_likes(network), writes)),
            [read(f"/posts?ids={_ids(_liked(network))}", actor.token) for actor in network.actors],
            once=True,
            may_be=1.3,
        ),
        Action(
            "follow",
            list(islice(_follows(network), writes)),
            [read(f"/relations?ids={_ids(_followed(network))}", actor.token) for actor in network.actors]
            + [read(f"/users/{author}") for author in _followed(network)],
            once=True,
            may_be=2.2,
        ),
        Action(LOG_IN, list(islice(_logins(network), LOGINS)), once=True),
    ]


def of_floor(secret: str, readers: Sequence[Person]) -> tuple[Action, Action, Action]:
    """Requests of the floor's views: the bare one, that which computes a password's hash, and the stock one."""
    claims = {"token_type": "access", "exp": int(time.time()) + 3600, "jti": "1"}
    tokens = [
        jwt.encode({**claims, "user_id": str(reader.id)}, secret, algorithm="HS256") for reader in readers
    ]
    stock = [request("GET", "/stock", token=token) for token in tokens]
    return (
        Action("bare Django view", [request("GET", "/bare")]),
        Action("bare Django view with a password's hash", [request("GET", "/hash")]),
        Action("the floor: stock DRF view, JWT, same bytes", stock),
    )


def _liked(network: Network) -> list[int]:
    return network.posts[-AT_ONCE:]


def _followed(network: Network) -> list[int]:
    return [author.id for author in network.authors[:AT_ONCE]]


def _ids(ids: Sequence[int]) -> str:
    return ",".join(map(str, ids))


def read(path: str, token: str | None = None) -> bytes:
    return request("GET", API + path, token=token)


def mentioning(network: Network, people: int) -> str:
    """Names of so many readers."""
    return " ".join(f"@{reader.username}" for reader in network.readers[:people])


def _creations(network: Network, mentions: str = "") -> Iterator[bytes]:
    for number in count(1):
        actor = network.actors[number % len(network.actors)]
        body = {"content": f"{CONTENT}{number} {mentions}"}
        yield request("POST", f"{API}/posts", token=actor.token, body=body)


def _likes(network: Network) -> Iterator[bytes]:
    for post in _liked(network):
        for actor in network.actors:
            yield request("POST", f"{API}/posts/{post}/like", token=actor.token)


def _follows(network: Network) -> Iterator[bytes]:
    for author in _followed(network):
        for actor in network.actors:
            yield request("POST", f"{API}/users/{author}/follow", token=actor.token)


def _logins(network: Network) -> Iterator[bytes]:
    while True:
        for actor in network.actors:
            yield request("POST", f"{API}/auth/login", body={"login": actor.username, "password": PASSWORD})
