"""Timelines of hashtags, and the entries that they are read from."""

from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

import pytest

from echomate import cache, ids, keys, table, timelines
from echomate.dynamodb import plain
from echomate.metering import metering
from echomate.projections import Change, Effects
from echomate.testing.client import unique_name
from echomate.testing.configuration import configured
from echomate.testing.projecting import Projecting, projecting
from feeds import fan_out, sources
from feeds.projections import announce_tagged
from posts import tag_entries
from posts.projections import index_tags
from posts.services import Draft, create, import_posts
from posts.tests.actor import Actor, Person

pytestmark = pytest.mark.store


@pytest.fixture
def ann() -> Person:
    return Person()


@pytest.fixture
def bob() -> Person:
    return Person()


@pytest.fixture
def tag() -> str:
    """The table is that of the module."""
    return unique_name("tag")


def settle(projector: Projecting) -> None:
    """Until the entries that follow from posts are there, and what follows from them."""
    projector.catch_up()
    projector.catch_up()


def timeline(reader: Actor, tag: str) -> list[int]:
    return reader.ids(f"tags/{quote(tag, safe='')}/timeline")


def entries(tag: str) -> set[int]:
    return {table.last_id(item["SK"]["S"]) for item in table.query(keys.tag(tag))}


def test_it_holds_the_public_posts_that_bear_the_tag_newest_first(
    ann: Person, bob: Person, projector: Projecting, tag: str
) -> None:
    posts = [
        ann.publish(f"#{tag} one"),
        bob.publish(f"two #{tag.upper()}"),
        ann.publish(f"x #{tag.title()} #{tag} #{tag}x"),
    ]
    for visibility in ("followers", "mentioned"):
        ann.publish(f"#{tag} hidden", visibility=visibility)
    ann.publish("none")
    settle(projector)
    for reader in (ann, bob, Actor()):
        assert timeline(reader, tag) == posts[::-1]
    assert timeline(bob, tag.upper()) == timeline(bob, f"\uff34{tag[1:]}") == posts[::-1]
    assert timeline(bob, f"{tag}x") == [posts[2]]


@pytest.mark.parametrize(
    "word",
    [
        "Straße",
        "日本語",
        "नमस्ते\u200cदुनिया",
        "שלום",
        "col·legi",
        'צה"ל',
        "צה״ל",
        "תל־אביב",
        "ג'ירפה",
        "བོད་ལྗོངས",
        "a\u00adb\u200fc",
    ],
)
def test_a_tag_is_found_as_it_is_written(ann: Person, projector: Projecting, tag: str, word: str) -> None:
    post = ann.publish(f"#{tag}{word}")
    settle(projector)
    assert timeline(ann, tag + word) == [post]
    (link,) = [part for part in ann.get(f"posts/{post}").json["content_html"].split('"') if "/tags/" in part]
    assert ann.ids(link) == [post]


def test_a_tag_is_one_however_keyboards_write_its_marks(ann: Person, projector: Projecting, tag: str) -> None:
    ways = [f"{tag}_{word}" for word in ('צה"ל', "צה״ל", "צה\u201dל", "צ\u200fה״ל")]
    posts = [ann.publish(f"#{way}, yes") for way in ways]
    settle(projector)
    assert [timeline(ann, way) for way in ways] == [posts[::-1]] * 4
    assert entries(ways[1]) == set(posts)
    assert {name for post in posts for name in ann.get(f"posts/{post}").json["tags"]} == {ways[1]}


@pytest.mark.parametrize("word", ["schön", "日本語"])
def test_links_to_the_pages_of_any_tag_are_in_ascii(ann: Person, tag: str, word: str) -> None:
    posts = [ann.publish(f"#{tag}{word}") for _ in range(2)]
    tag_entries.put(posts[0], [tag + word])
    tag_entries.put(posts[1], [tag + word])
    answer = ann.get(f"tags/{quote(tag + word)}/timeline?limit=1")
    assert answer.json["next"].isascii()
    assert f'<{answer.json["next"]}>; rel="next"' in answer.headers["Link"]
    assert ann.ids(answer.json["next"].partition("/api/v1/")[2]) == posts[:1]


def test_what_is_no_tag_is_not_found_and_what_nobody_used_is_empty(ann: Person) -> None:
    for text in ("1", "a b", "%EF%B7%BA", "x" * 101, "%00", "a-b"):
        assert ann.get(f"tags/{text}/timeline").status == 404
    assert timeline(ann, "nobody_used_it") == []


def test_an_edit_shows_at_once_where_it_takes_the_tag_and_soon_where_it_gives_it(
    ann: Person, projector: Projecting, tag: str
) -> None:
    posts = [ann.publish(f"#{tag}"), ann.publish("plain"), ann.publish(f"#{tag} too")]
    settle(projector)
    assert timeline(ann, tag) == [posts[2], posts[0]]
    ann.patch(f"posts/{posts[2]}", {"content": "no more"})
    assert timeline(ann, tag) == [posts[0]]
    ann.patch(f"posts/{posts[1]}", {"content": f"now #{tag}"})
    settle(projector)
    assert timeline(ann, tag) == [posts[1], posts[0]]
    assert entries(tag) == {posts[1], posts[0]}


def test_a_tag_that_was_taken_and_given_back_while_no_projector_ran_is_there(ann: Person, tag: str) -> None:
    """The entry goes and comes in one batch: its place in the list does so in that order."""
    with projecting() as first:
        posts = [ann.publish(f"#{tag} {n}") for n in range(3)][::-1]
        settle(first)
        assert timeline(ann, tag) == posts
    for text in ("no more", f"again #{tag}"):
        ann.patch(f"posts/{posts[1]}", {"content": text})
    with projecting() as second:
        settle(second)
    assert entries(tag) == set(posts)
    assert timeline(ann, tag) == posts


def test_a_deleted_post_leaves_it_at_once_and_its_entries_soon(
    ann: Person, projector: Projecting, tag: str
) -> None:
    post = ann.publish(f"#{tag}")
    settle(projector)
    assert timeline(ann, tag) == [post]
    ann.delete(f"posts/{post}")
    assert timeline(ann, tag) == []
    settle(projector)
    assert entries(tag) == set()
    assert b"%d" % post not in cache.ask(timelines.head(keys.tag_list(tag)))[0]


def test_who_is_blocked_or_muted_is_not_in_it(
    ann: Person, bob: Person, projector: Projecting, tag: str
) -> None:
    eve = Person()
    mine, muted, blocked = ann.publish(f"#{tag}"), bob.publish(f"#{tag}"), eve.publish(f"#{tag}")
    settle(projector)
    ann.post(f"users/{bob.id}/mute")
    ann.post(f"users/{eve.id}/block")
    assert timeline(ann, tag) == [mine]
    assert timeline(bob, tag) == [blocked, muted, mine]
    assert timeline(eve, tag) == [blocked, muted]


def test_pages_go_down_to_the_oldest_and_up_again(ann: Person, projector: Projecting, tag: str) -> None:
    with configured(feed_cap=8):
        posts = [ann.publish(f"#{tag} {n}") for n in range(25)][::-1]
        settle(projector)
        seen: list[int] = []
        last: dict[str, Any] = {}
        path: str | None = f"tags/{tag}/timeline?limit=4"
        while path:
            answer = ann.get(path).json
            seen += [int(post["id"]) for post in answer["results"]]
            path, last = answer["next"], answer
        assert seen == posts
        path, back = last["previous"], list[int]()
        while len(back) < 24:
            assert path
            answer = ann.get(path).json
            back = [int(post["id"]) for post in answer["results"]] + back
            path = answer["previous"]
        assert back == posts[:24]


def test_after_redis_is_emptied_the_table_tells(ann: Person, projector: Projecting, tag: str) -> None:
    posts = [ann.publish(f"#{tag} {n}") for n in range(3)][::-1]
    settle(projector)
    cache.ask(("FLUSHALL",))
    assert timeline(ann, tag) == posts
    posts.insert(0, ann.publish(f"#{tag} more"))
    settle(projector)
    assert timeline(ann, tag) == posts


def test_an_old_post_takes_its_place(ann: Person, projector: Projecting, tag: str) -> None:
    posts = [ann.publish(f"#{tag} {n}") for n in range(3)]
    settle(projector)
    assert timeline(ann, tag) == posts[::-1]
    hour_ago = ids.id_at_milliseconds(table.clock() - 3_600_000)
    create(author=ann.id, draft=Draft(f"#{tag} then"), post=hour_ago)
    settle(projector)
    assert timeline(ann, tag) == [*posts[::-1], hour_ago]


@pytest.mark.parametrize("listed", [False, True])
def test_a_reader_who_has_missed_an_old_post_keeps_nothing_of_what_was_read(
    ann: Person, tag: str, *, listed: bool
) -> None:
    hour_ago = ids.id_at_milliseconds(table.clock() - 3_600_000)
    new, old = ann.publish(f"#{tag}"), hour_ago + 1
    for post in (hour_ago, old):
        create(author=ann.id, draft=Draft(f"#{tag}"), post=post)
    tag_entries.put(new, [tag])
    tag_entries.put(hour_ago, [tag])
    key = keys.tag_list(tag)
    if listed:
        fan_out.announce_tagged(new, tag)
    line = timelines.source(cache.ask(timelines.head(key))[0])
    read = sources.tag_ids(tag, below=new if listed else None, limit=9)
    tag_entries.put(old, [tag])
    fan_out.announce_tagged(old, tag)
    late = timelines.Extension(key, line.last, line.stale, [*read, timelines.END], None)
    timelines.extend([late], seconds=timelines.TAG_SECONDS)
    assert timeline(ann, tag) == [new, old, hour_ago]
    fan_out.announce_tagged(new, tag)
    assert timeline(ann, tag) == [new, old, hour_ago]


def test_a_warm_page_takes_two_round_trips_and_nothing_from_the_table(ann: Person, tag: str) -> None:
    """No projector runs here, whose own calls would be counted too."""
    for number in range(5):
        tag_entries.put(ann.publish(f"#{tag} {number}"), [tag])
    path = f"tags/{tag}/timeline?limit=3"
    ann.get(path)
    with metering() as meter:
        assert len(ann.ids(path)) == 3
    assert meter.dynamodb == []
    assert len(meter.redis) <= 2


def test_its_handlers_may_run_twice(ann: Person, tag: str) -> None:
    post = ann.publish(f"#{tag} #{tag}x")
    new = plain(table.get_item(keys.post(post)) or {})
    ann.patch(f"posts/{post}", {"content": f"#{tag} #{tag}y"})
    edited = plain(table.get_item(keys.post(post)) or {})
    ann.delete(f"posts/{post}")
    tombstone = plain(table.get_item(keys.post(post)) or {})
    steps: list[tuple[Any, Any, Any, list[str]]] = [
        ("insert", None, new, [tag, f"{tag}x"]),
        ("modify", new, edited, [tag, f"{tag}y"]),
        ("modify", edited, tombstone, []),
        ("remove", tombstone, None, []),
    ]
    for kind, old, image, tags in steps:
        for _ in range(2):
            index_tags(Change(kind, old, image, "1", datetime.now(UTC)), Effects(at_risk=True))
            assert [name for name in (tag, f"{tag}x", f"{tag}y") if post in entries(name)] == tags


def test_announcing_twice_changes_nothing(ann: Person, tag: str) -> None:
    post = ann.publish(f"#{tag}")
    pk, sk = keys.tag_entry(tag, post)
    entry = {"PK": pk, "SK": sk, "EntityType": "tag_entry"}
    for _ in range(2):
        announce_tagged(Change("insert", None, entry, "1", datetime.now(UTC)), Effects(at_risk=True))
        assert cache.ask(timelines.head(keys.tag_list(tag)))[0] == [b"%d" % post]
    for _ in range(2):
        announce_tagged(Change("remove", entry, None, "1", datetime.now(UTC)), Effects(at_risk=True))
        assert cache.ask(timelines.head(keys.tag_list(tag)))[0] == []


def test_a_rebuild_puts_what_is_missing_and_takes_what_is_stale(ann: Person, tag: str) -> None:
    """No projector runs here."""
    bears, hidden, lost = (ids.new_id() for _ in range(3))
    import_posts(
        [
            (bears, ann.id, Draft(f"#{tag} #{tag}x")),
            (hidden, ann.id, Draft(f"#{tag}", visibility="followers")),
            (lost, ann.id, Draft("no tag")),
        ]
    )
    for post in (hidden, lost, ids.new_id()):
        tag_entries.put(post, [tag, f"{tag}z"])
    for _ in range(2):
        tag_entries.put_all()
        tag_entries.delete_stale()
        assert (entries(tag), entries(f"{tag}x"), entries(f"{tag}z")) == ({bears}, {bears}, set())
