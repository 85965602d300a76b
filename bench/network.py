"""The people and posts that the bench asks for, written in bulk into a table that says nothing of it on its stream.

200 authors write. 50 readers follow 20 of them each, one reader follows all. 100 actors write during the run. A crowd
follows three announcers, by 10, 1,000 and 10,000. 20 photographers, whose posts have four pictures each, have 50
admirers, who follow them all.
"""

import itertools
import random
import time
from collections.abc import Iterator
from dataclasses import dataclass, field

from accounts import passwords, sessions
from accounts.models import email_claim, new_user, username_claim
from bench import table
from echomate import ids
from echomate.dynamodb import Wire
from social.models import Follow

AUTHORS, READERS, ACTORS = 200, 50, 100
FEW, MANY = 20, AUTHORS
PHOTOGRAPHERS, ADMIRERS = FEW, READERS
CROWDS = (10, 1_000, 10_000)
PASSWORD = "a-password-of-the-bench-1"  # noqa: S105 - of nobody
CONTENT = "A post of middling length, as people write them when they have something to say about their day. "

random_source = random.Random(20200101)


@dataclass(frozen=True, slots=True)
class Person:
    id: int
    token: str

    @property
    def username(self) -> str:
        return f"person_{self.id % 10**12}"


@dataclass(slots=True)
class Network:
    authors: list[Person] = field(default_factory=list)
    readers: list[Person] = field(default_factory=list)
    actors: list[Person] = field(default_factory=list)
    announcers: dict[int, Person] = field(default_factory=dict)
    crowds: dict[int, list[int]] = field(default_factory=dict)
    photographers: list[Person] = field(default_factory=list)
    admirers: list[Person] = field(default_factory=list)
    posts: list[int] = field(default_factory=list)
    """Of the authors, the newest last."""
    thread: int = 0
    """A comment with many below."""

    @property
    def wide_reader(self) -> Person:
        """The one who follows all authors."""
        return self.readers[-1]


def settle_people(crowds: tuple[int, ...] = CROWDS) -> Network:
    """Write all people, their sessions and whom they follow. Without posts yet."""
    network = Network()
    items: list[Wire] = []
    hashed = passwords.make(PASSWORD)
    sizes = (AUTHORS, READERS + 1, ACTORS, len(crowds), PHOTOGRAPHERS, ADMIRERS)
    people = [_person(items, hashed) for _ in range(sum(sizes))]
    source = iter(people)
    parts = (list(itertools.islice(source, size)) for size in sizes)
    network.authors, network.readers, network.actors, announcers, network.photographers, network.admirers = (
        parts
    )
    network.announcers = dict(zip(crowds, announcers, strict=True))
    network.crowds = {size: _crowd(size) for size in crowds}
    table.write(itertools.chain(items, _edges(network)))
    return network


def _crowd(size: int) -> list[int]:
    """Ids a millisecond apart: so many new ones at once would collide."""
    now = time.time_ns() // 1_000_000
    return [
        ids.with_random_part(ids.id_at_milliseconds(now - n), random_source.getrandbits(22))
        for n in range(size)
    ]


def _person(items: list[Wire], hashed: str) -> Person:
    id_ = ids.new_id()
    session = sessions.new_session(id_)
    person = Person(id_, sessions.tokens_of(session).access)
    user = new_user(id_=id_, username=person.username, email=f"{person.username}@example.org")
    user.password_hash, user.full_name, user.bio = hashed, "Somebody of the Bench", CONTENT
    user.email_verified = True
    user.gsi1pk = user.gsi1sk = None  # nobody searches them
    items += [
        each.wire()
        for each in (user, session, username_claim(user), email_claim(user, f"{person.username}@example.org"))
    ]
    return person


def _edges(network: Network) -> Iterator[Wire]:
    for reader in network.readers:
        size = MANY if reader is network.wide_reader else FEW
        for author in random_source.sample(network.authors, size):
            yield Follow.between(follower=reader.id, followed=author.id).wire()
    for admirer, photographer in itertools.product(network.admirers, network.photographers):
        yield Follow.between(follower=admirer.id, followed=photographer.id).wire()
    for size, crowd in network.crowds.items():
        for follower in crowd:
            yield Follow.between(follower=follower, followed=network.announcers[size].id).wire()
