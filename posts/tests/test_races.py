"""Many at once, in real threads."""

import random
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import pytest

from echomate import cache, keys, table
from echomate.testing.configuration import configured
from echomate.testing.projecting import Projecting
from posts import services
from posts.recent import recent_bookmarks, recent_likes
from posts.selectors import BOOKMARKED, PostCounts, liked, stats, viewer_bits
from posts.services import Draft, Reaction
from posts.tests.actor import Answer, Person
from posts.tests.commenting import comment_on

MARKS = {
    "bookmarks": (services.bookmark, services.unbookmark, recent_bookmarks, keys.bookmark),
    "likes": (services.like, services.unlike, recent_likes, lambda user, post: keys.like(post, user)),
}


def side_by_side(calls: Sequence[Callable[[], Answer]]) -> list[Answer]:
    with ThreadPoolExecutor(len(calls)) as threads:
        return [future.result() for future in [threads.submit(call) for call in calls]]


def test_likes_toggled_by_fifty_clients_end_in_counters_that_equal_the_set(
    ann: Person, projector: Projecting
) -> None:
    post = services.create(author=ann.id, draft=Draft(content="hello")).id
    users = [ann.id + 1 + n for n in range(50)]
    toggles = [(user, random.random() < 0.6) for user in users for _ in range(6)]
    random.shuffle(toggles)

    def toggle(user: int, up: bool) -> None:  # noqa: FBT001 - a pair of the list above
        (services.like if up else services.unlike)(user=user, post=post)

    with ThreadPoolExecutor(16) as threads:
        list(threads.map(lambda pair: toggle(*pair), toggles))
    projector.catch_up()
    items = table.batch_get(keys.like(post, user) for user in users)
    likers = {user for user, item in zip(users, items, strict=True) if item}
    counters = table.get_item(keys.post_stats(post))
    assert counters is not None
    assert int(counters["Likes"]["N"]) == len(likers)
    for user in users:
        assert liked(user, [post]) == ({post} if user in likers else set())
        mine = table.get_item(keys.user_stats(user)) or {"Likes": {"N": "0"}}
        assert int(mine["Likes"]["N"]) == int(user in likers)
    cache.forget(keys.cached_post_stats(post))
    assert stats.one(post) == PostCounts(len(likers), 0)


@pytest.mark.parametrize("what", MARKS)
def test_a_mark_made_anew_stands_where_it_belongs_though_redis_heard_last_of_the_former_one(
    ann: Person, bob: Person, what: str
) -> None:
    """The call that made the former one was slow to say so."""
    put, take_back, recent, key = MARKS[what]
    post, other = ann.publish("1"), ann.publish("2")
    put(user=bob.id, post=post)
    former = table.get_item(key(bob.id, post))
    assert former is not None
    take_back(user=bob.id, post=post)
    put(user=bob.id, post=other)
    put(user=bob.id, post=post)
    cache.ask(*recent.remember(bob.id, edge=int(former["GSI1SK"]["S"]), subject=post))
    assert bob.ids(what if what == "bookmarks" else f"users/{bob.id}/likes") == [post, other]


def test_bookmarks_toggled_from_many_places_at_once_end_as_the_table_tells(ann: Person, bob: Person) -> None:
    posts = [ann.publish(str(n)) for n in range(8)]
    toggles = [(post, random.random() < 0.6) for post in posts for _ in range(12)]
    random.shuffle(toggles)

    def toggle(pair: tuple[int, bool]) -> Reaction:
        post, up = pair
        return (services.bookmark if up else services.unbookmark)(user=bob.id, post=post)

    with ThreadPoolExecutor(16) as threads:
        for (_, up), reaction in zip(toggles, threads.map(toggle, toggles), strict=True):
            assert bool(reaction.bits & BOOKMARKED) == up
            assert reaction.counts == PostCounts(0, 0)
    items = table.batch_get(keys.bookmark(bob.id, post) for post in posts)
    kept = {post: int(item["GSI1SK"]["S"]) for post, item in zip(posts, items, strict=True) if item}
    bits = viewer_bits(bob.id, posts)
    assert {post for post in posts if bits[post] & BOOKMARKED} == set(kept)
    assert bob.ids("bookmarks") == sorted(kept, key=lambda post: kept[post], reverse=True)


def test_of_bookmarks_of_a_post_at_once_one_is_made(ann: Person, bob: Person) -> None:
    post = ann.publish()
    answers = side_by_side([partial(bob.post, f"posts/{post}/bookmark")] * 10)
    assert [answer.json["viewer"]["bookmarked"] for answer in answers] == [True] * 10
    assert bob.ids("bookmarks") == [post]
    assert len(list(table.query(keys.bookmarks_of(bob.id), index="GSI1"))) == 1
    answers = side_by_side([partial(bob.delete, f"posts/{post}/bookmark")] * 10)
    assert [answer.json["viewer"]["bookmarked"] for answer in answers] == [False] * 10
    assert bob.ids("bookmarks") == []


def test_of_edits_of_one_version_one_wins(ann: Person) -> None:
    path = f"posts/{ann.publish('first')}"
    tag = ann.get(path).headers["ETag"]
    answers = side_by_side(
        [partial(ann.patch, path, {"content": f"edit {n}"}, If_Match=tag) for n in range(10)]
    )
    assert sorted(answer.status for answer in answers) == [200] + [412] * 9
    winner = next(answer for answer in answers if answer.status == 200)
    assert ann.get(path).json["content"] == winner.json["content"]
    assert ann.get(path).headers["ETag"].startswith('"2.')


def test_of_edits_and_deletions_of_one_version_one_wins(ann: Person) -> None:
    post = ann.publish()
    comment = comment_on(post, ann)
    for path, edit in ((f"comments/{comment}", ann.put), (f"posts/{post}", ann.patch)):
        tag = ann.get(path).headers["ETag"]
        edits = [partial(edit, path, {"content": f"edit {n}"}, If_Match=tag) for n in range(4)]
        deletions = [partial(ann.delete, path, If_Match=tag) for _ in range(4)]
        statuses = [answer.status for answer in side_by_side([*edits, *deletions])]
        won = [status for status in statuses if status < 300]
        assert len(won) == 1, statuses
        assert set(statuses) - set(won) <= {404, 412}
        assert ann.get(path).status == (200 if won == [200] else 404)


def test_edits_of_different_fields_that_expect_no_version_are_all_kept(ann: Person) -> None:
    path = f"posts/{ann.publish('first')}"
    changes = {"content": "second", "spoiler_text": "cw", "sensitive": True, "language": "de"}
    answers = side_by_side([partial(ann.patch, path, {name: value}) for name, value in changes.items()])
    assert [answer.status for answer in answers] == [200] * 4
    post = ann.get(path).json
    assert {name: post[name] for name in changes} == changes


def test_a_deletion_among_edits_and_likes_is_final(ann: Person, bob: Person, projector: Projecting) -> None:
    for _ in range(5):
        post = ann.publish("first")
        path = f"posts/{post}"
        edits = [partial(ann.patch, path, {"content": f"edit {n}"}) for n in range(4)]
        others = [partial(bob.post, f"{path}/like"), partial(ann.delete, path), partial(ann.delete, path)]
        answers = side_by_side(edits + others)
        assert sorted(answer.status for answer in answers[-2:]) == [204, 404]
        assert {answer.status for answer in answers[:-2]} <= {200, 404}
        item = table.get_item(keys.post(post))
        assert item is not None
        assert not {"Content", "Author", "GSI1PK"} & set(item)
        assert bob.get(path).status == 404
    projector.catch_up()
    # where all of them came in one batch, there was nothing to add
    counters = table.get_item(keys.user_stats(ann.id)) or {"Posts": {"N": "0"}}
    assert counters["Posts"]["N"] == "0"


def test_ones_own_writes_show_right_after_each_write_whoever_reads_beside(ann: Person, bob: Person) -> None:
    """Readers fill caches all the while; none of them may put an old value over a write."""
    path = f"posts/{ann.publish('0')}"
    ended = threading.Event()

    def read() -> None:
        while not ended.is_set():
            assert bob.get(path).status == ann.get(path).status == 200

    def write() -> None:
        for n in range(1, 26):
            ann.patch(path, {"content": str(n)})
            assert ann.get(path).json["content"] == str(n)
            (ann.post if n % 2 else ann.delete)(f"{path}/like")
            assert ann.get(path).json["viewer"]["liked"] == bool(n % 2)

    with configured(rate_limit_factor=100), ThreadPoolExecutor(3) as threads:
        readers = [threads.submit(read) for _ in range(3)]
        try:
            write()
        finally:
            ended.set()
        for reader in readers:
            reader.result()


def test_edits_at_once_that_expect_no_version_are_all_made(ann: Person) -> None:
    post = ann.publish("first")
    comment = comment_on(post, ann)
    for path, edit in ((f"posts/{post}", ann.patch), (f"comments/{comment}", ann.put)):
        answers = side_by_side([partial(edit, path, {"content": f"edit {n}"}) for n in range(8)])
        assert [answer.status for answer in answers] == [200] * 8
    assert len(ann.get(f"posts/{post}/history").json["results"]) == 8
