"""Posts for those they mention alone, in homes."""

import pytest

from accounts.selectors import cards
from echomate import cache, keys, timelines
from echomate.config import config
from echomate.testing.projecting import Projecting
from feeds import fan_out
from feeds.tests.network import person, post, read_home
from posts.services import edit
from posts.tests.actor import Person
from social.services import follow


def mention(*users: int) -> str:
    return " ".join(f"@{card.username}" for user in users if (card := cards.one(user)))


def listed(reader: int) -> list[int]:
    """The ids of a home's list in Redis."""
    (elements,) = cache.ask(timelines.head(keys.feed(reader)))
    return timelines.timeline(elements).ids


@pytest.fixture
def town(projector: Projecting) -> tuple[int, int, int, int]:
    """An author, a follower who will be mentioned, another, and one who doesn't follow; all have their homes."""
    author, named, other, stranger = (person() for _ in range(4))
    for reader in (named, other):
        follow(follower=reader, followed=author)
    projector.catch_up()
    for reader in (author, named, other, stranger):
        assert read_home(reader)[0] == []
    return author, named, other, stranger


def test_it_is_pushed_to_its_author_and_to_followers_whom_it_mentions(
    town: tuple[int, int, int, int], projector: Projecting
) -> None:
    author, named, other, stranger = town
    new = post(author, mention(named, stranger), visibility="mentioned")
    projector.catch_up()
    fan_out.deliver_to_mentioned(new, author=author, mentioned=(named, stranger))  # again
    assert [listed(reader) for reader in (author, named, other, stranger)] == [[new], [new], [], []]
    assert [read_home(reader)[0] for reader in (author, named, other, stranger)] == [[new], [new], [], []]


def test_homes_that_are_built_hold_it_for_the_same_people(town: tuple[int, int, int, int]) -> None:
    author, named, other, stranger = town
    new = post(author, mention(named, stranger), visibility="mentioned")
    for _ in range(2):
        cache.ask(("FLUSHALL",))
        shown = [read_home(reader)[0] for reader in (author, named, other, stranger)]
        assert shown == [[new], [new], [], []]


def test_an_edit_brings_it_to_the_home_of_one_who_is_mentioned_anew(
    town: tuple[int, int, int, int], projector: Projecting
) -> None:
    author, named, other, _ = town
    older = post(author, mention(named), visibility="mentioned")
    newer = post(author)
    projector.catch_up()
    assert [read_home(reader)[0] for reader in (named, other)] == [[newer, older], [newer]]
    edit(editor=author, post=older, changes={"content": mention(other)})
    projector.catch_up()
    assert listed(other) == [newer, older]
    assert [read_home(reader)[0] for reader in (named, other)] == [[newer], [newer, older]]


@pytest.mark.parametrize("is_cold", [False, True])
def test_however_many_one_may_not_see_the_home_reaches_what_is_below_them(*, is_cold: bool) -> None:
    author, reader = person(), person()
    follow(follower=reader, followed=author)
    shown = [post(author) for _ in range(3)]
    for _ in range(config.feed_depth * 2):
        post(author, "for nobody else", visibility="mentioned")
    shown.append(post(author))
    if is_cold:
        cache.ask(("FLUSHALL",))
    assert read_home(reader) == (shown[::-1], "complete")
    first, _ = read_home(reader, limit=2)
    assert first == shown[:1:-1]
    assert read_home(reader, limit=2, bound=first[-1])[0] == shown[1::-1]


def test_a_page_that_ends_where_the_list_does_leads_on() -> None:
    author, reader = Person(), Person()
    follow(follower=reader.id, followed=author.id)
    older = [author.publish() for _ in range(3)]
    shown = []
    for _ in range(config.feed_depth // 2):
        shown.append(author.publish())
        author.publish("for nobody else", visibility="mentioned")
    cache.ask(("FLUSHALL",))
    first = reader.get(f"feed?limit={len(shown)}").json
    assert [int(one["id"]) for one in first["results"]] == shown[::-1]
    second = reader.get(first["next"]).json
    assert [int(one["id"]) for one in second["results"]] == older[::-1]
    assert second["next"] is None
