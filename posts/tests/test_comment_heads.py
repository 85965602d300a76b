"""What Redis keeps of lists of comments: warm reads ask the table nothing, and every change shows at once."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from echomate import cache, ids, keys, metering, timelines
from echomate.errors import DependencyAway
from echomate.idempotency import Creation
from echomate.recent import AT_MOST, Recent
from echomate.testing.proxy import Proxy
from posts.comments import heads, recent, services
from posts.comments.heads import heads_of_posts
from posts.comments.services import Draft, creating
from posts.comments.sort import Sort
from posts.services.publishing import new_nonce
from posts.tests.actor import Actor, Person
from posts.tests.commenting import comment_on, ids_of, settle, thread, walk
from posts.tests.test_comment_threads import plant
from social import services as social


@pytest.fixture(autouse=True)
def _settled() -> None:
    settle()


def seconds_left(post: int) -> int:
    (left,) = cache.ask(("TTL", keys.first_comments(post, "oldest")))
    return int(left)


def test_a_warm_thread_asks_the_table_nothing_and_redis_twice(
    ann: Person, bob: Person, nobody: Actor
) -> None:
    post = ann.publish()
    made = plant(post, bob.id, [None, *[number // 3 for number in range(250)]])
    for reader in (bob, nobody):
        for sort in ("oldest", "newest"):
            path = f"comments/{made[0]}/thread?sort={sort}"
            first = reader.get(path)
            reader.get(path)
            with metering.metering() as meter:
                assert reader.get(path).content == first.content
            assert meter.dynamodb == []
            assert len(meter.redis) == 2


def test_warm_pages_of_comments_ask_the_table_nothing(ann: Person, bob: Person) -> None:
    post = ann.publish()
    top = comment_on(post, bob)
    for parent in (None, top):
        for _ in range(4):
            comment_on(post, bob, parent=parent)
    for path in (f"posts/{post}/comments", f"comments/{top}/replies"):
        for sort in ("oldest", "newest"):
            first = ann.get(f"{path}?sort={sort}&limit=2").json
            urls = [f"{path}?sort={sort}&limit=2", first["next"], first["previous"]]
            for url in urls:
                ann.get(url)
            with metering.metering() as meter:
                for url in urls:
                    ann.get(url)
            assert meter.dynamodb == []
            assert len(meter.redis) <= 2 * len(urls)
    ann.get(f"comments/{top}")
    with metering.metering() as meter:
        ann.get(f"comments/{top}")
    assert (meter.dynamodb, len(meter.redis)) == ([], 1)


@pytest.mark.usefixtures("lagging_index")
def test_what_is_done_to_comments_shows_at_once_in_what_was_cached(
    ann: Person, bob: Person, nobody: Actor
) -> None:
    """Whatever the index shows yet."""
    post = ann.publish()
    top = comment_on(post, bob)
    stranger = Person()

    def see(
        top_level: list[int], below: list[int], *, readers: tuple[Actor, ...] = (ann, bob, nobody)
    ) -> None:
        for _ in range(2):
            for reader in readers:
                assert reader.ids(f"posts/{post}/comments") == top_level
                assert reader.ids(f"posts/{post}/comments?sort=newest") == top_level[::-1]
                assert reader.ids(f"comments/{top}/replies") == below
                assert ids_of(thread(reader, top)) == [top, *below]

    see([top], [])
    answer = comment_on(post, ann, parent=top)
    see([top], [answer])
    other = comment_on(post, stranger)
    see([top, other], [answer])
    second = comment_on(post, stranger, parent=top)
    see([top, other], [answer, second])
    assert ann.post(f"comments/{second}/hide").status == 200
    see([top, other], [answer], readers=(bob, nobody))
    see([top, other], [answer, second], readers=(ann, stranger))
    assert ann.delete(f"comments/{second}/hide").status == 200
    see([top, other], [answer, second])
    social.block(blocker=stranger.id, blocked=bob.id)
    see([top], [answer], readers=(bob,))
    see([top, other], [answer, second], readers=(ann, nobody))
    social.unblock(blocker=stranger.id, blocked=bob.id)
    see([top, other], [answer, second])
    assert stranger.delete(f"comments/{other}").status == 204
    see([top], [answer, second])
    assert stranger.delete(f"comments/{second}").status == 204
    see([top], [answer])
    assert bob.delete(f"comments/{top}").status == 204
    see([top], [answer])
    assert ann.delete(f"posts/{post}").status == 204
    for reader in (ann, bob, nobody):
        for path in (f"posts/{post}/comments", f"comments/{top}/replies", f"comments/{top}/thread"):
            assert reader.get(path).status == 404


@pytest.mark.usefixtures("lagging_index")
def test_a_head_holds_what_its_index_did_not_show(ann: Person) -> None:
    post = ann.publish()
    made = [comment_on(post, ann) for _ in range(2)]
    assert ann.ids(f"posts/{post}/comments") == made
    assert seconds_left(post) > heads.SECONDS - 60
    cache.forget(keys.recent_comments(post))
    assert ann.ids(f"posts/{post}/comments") == made


@pytest.mark.usefixtures("lagging_index")
def test_a_tombstone_keeps_its_place_though_the_index_does_not_show_it_yet(ann: Person) -> None:
    post = ann.publish()
    top = comment_on(post, ann)
    comment_on(post, ann, parent=comment_on(post, ann, parent=top))
    assert ann.delete(f"comments/{top}").status == 204
    assert ann.ids(f"posts/{post}/comments") == [top]


@pytest.mark.parametrize("parent", [False, True])
def test_a_comment_that_comes_while_a_head_is_read_is_not_lost(
    ann: Person, bob: Person, monkeypatch: pytest.MonkeyPatch, *, parent: bool
) -> None:
    post = ann.publish()
    top = comment_on(post, ann)
    path = f"comments/{top}/replies" if parent else f"posts/{post}/comments"
    made = [] if parent else [top]
    read = heads.ids_in
    waiting = [True]

    def read_slowly(*args: Any, **named: Any) -> list[int]:
        found = read(*args, **named)
        if waiting:
            waiting.clear()
            made.append(comment_on(post, bob, parent=top if parent else None))
            cache.forget(keys.recent_replies(top) if parent else keys.recent_comments(post))
        return found

    monkeypatch.setattr(heads, "ids_in", read_slowly)
    ann.get(path)
    assert not waiting
    assert ann.ids(path) == bob.ids(path) == made


def test_who_comments_finds_the_comment_however_many_read(ann: Person, bob: Person) -> None:
    post = ann.publish()
    top = comment_on(post, ann)
    readers = [Person() for _ in range(3)]
    is_over = False

    def read_on(reader: Person) -> int:
        reads = 0
        while not is_over:
            reader.get(f"posts/{post}/comments?sort=newest")
            thread(reader, top)
            reads += 1
        return reads

    with ThreadPoolExecutor(3) as pool:
        reading = [pool.submit(read_on, reader) for reader in readers]
        try:
            beside, below = [top], []
            for _ in range(12):
                beside.append(comment_on(post, bob))
                below.append(comment_on(post, ann, parent=top))
                for reader in (ann, bob):
                    assert reader.ids(f"posts/{post}/comments?sort=newest") == beside[::-1]
                    assert ids_of(thread(reader, top)) == [top, *below]
        finally:
            is_over = True
        assert all(read.result() for read in reading)
    for reader in (ann, bob, *readers):
        assert reader.ids(f"posts/{post}/comments") == beside
        assert ids_of(thread(reader, top)) == [top, *below]


def test_what_a_writer_that_died_did_not_tell_redis_shows_when_the_projector_has_seen_it(
    ann: Person, bob: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    from echomate.testing.projecting import projecting

    post = ann.publish()
    top = comment_on(post, ann)
    assert ann.ids(f"posts/{post}/comments") == ids_of(thread(ann, top)) == [top]
    with monkeypatch.context() as dying:
        dying.setattr(creating, "tell", lambda *_: None)
        other, answer = comment_on(post, bob), comment_on(post, bob, parent=top)
    assert ann.ids(f"posts/{post}/comments") == [top]
    with projecting() as running:
        running.catch_up()
    assert ann.ids(f"posts/{post}/comments") == [top, other]
    assert ids_of(thread(ann, top)) == [top, answer]
    assert list(heads_of_posts.recent.edges(post)) == [top, other]


def test_a_comment_whose_first_try_died_shows_when_it_is_asked_for_again(
    ann: Person, bob: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    post = ann.publish()
    assert ann.ids(f"posts/{post}/comments") == []
    creation = Creation(ids.new_id(), new_nonce())

    def create() -> int:
        return services.create(author=bob.id, post=post, draft=Draft("hello"), creation=creation).id

    with monkeypatch.context() as dying:
        dying.setattr(creating, "tell", lambda *_: None)
        made = create()
    assert ann.ids(f"posts/{post}/comments") == []
    creation = Creation(creation.id, creation.nonce, is_repeated=True)
    assert create() == made
    assert ann.ids(f"posts/{post}/comments") == [made]


def _redis_lost_all(post: int) -> None:
    cache.ask(*(("DEL", keys.epoch(number)) for number in range(timelines.EPOCHS)))


def _too_many_came(post: int) -> None:
    cache.ask(("RPUSH", keys.recent_comments(post), *(f"{number}:{number}" for number in range(1, 101))))


@pytest.mark.parametrize("happen", [_redis_lost_all, _too_many_came])
def test_a_head_that_may_lack_something_lives_a_second(ann: Person, happen: Callable[[int], None]) -> None:
    post = ann.publish()
    made = comment_on(post, ann)
    happen(post)
    assert ann.ids(f"posts/{post}/comments") == [made]
    assert seconds_left(post) <= 1


def test_a_head_that_was_read_while_redis_was_away_lives_a_second(
    ann: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between its lease and its end."""

    def be_away(*_: object) -> None:
        raise DependencyAway("redis")

    post = ann.publish()
    made = comment_on(post, ann)
    with monkeypatch.context() as outage:
        outage.setattr(Recent, "edges_of_many", be_away)
        assert ann.ids(f"posts/{post}/comments") == [made]
    assert seconds_left(post) <= 1


def test_lists_go_on_where_their_heads_end(ann: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(heads, "LENGTH", 5)
    post = ann.publish()
    made = plant(post, ann.id, [None] * 12)
    latest = comment_on(post, ann)
    for sort, expected in (("oldest", [*made, latest]), ("newest", [latest, *made[::-1]])):
        path = f"posts/{post}/comments?sort={sort}"
        for limit in (1, 2, 5, 6, 50):
            assert walk(ann, f"{path}&limit={limit}") == expected
        url = f"{path}&limit=3"
        while following := ann.get(url).json["next"]:
            url = following
        back: list[int] = []
        while found := ids_of((page := ann.get(url).json)["results"]):
            back = found + back
            url = page["previous"]
        assert back == expected


def test_comments_are_the_same_while_redis_is_away(
    ann: Person, bob: Person, nobody: Actor, redis_proxy: Proxy
) -> None:
    settle()
    post = ann.publish()
    top = comment_on(post, bob)
    for number in range(6):
        comment_on(post, ann, parent=comment_on(post, bob, parent=top) if number % 2 else top)
    paths = [
        f"posts/{post}/comments?limit=1",
        f"comments/{top}/replies",
        f"comments/{top}/thread?sort=newest",
    ]

    def answers() -> list[bytes]:
        return [reader.get(path).content for reader in (ann, bob, nobody) for path in paths for _ in range(2)]

    warm = answers()
    redis_proxy.refuse()
    assert answers() == warm
    redis_proxy.heal()


def test_the_orders_are_cached_each_for_itself_and_forgotten_together(ann: Person) -> None:
    post = ann.publish()
    names = [keys.first_comments(post, sort.value) for sort in Sort]
    ann.get(f"posts/{post}/comments?sort=newest")
    assert cache.ask(("EXISTS", names[0]), ("EXISTS", names[1])) == [0, 1]
    ann.get(f"posts/{post}/comments")
    assert cache.ask(("EXISTS", *names)) == [2]
    comment_on(post, ann)
    assert cache.ask(("EXISTS", *names)) == [0]


def test_an_answer_shows_though_who_marked_its_parent_died_before_it_told(
    ann: Person, bob: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    post = ann.publish()
    top = comment_on(post, ann)
    assert ids_of(thread(ann, top)) == [top]
    with monkeypatch.context() as dying:
        dying.setattr(creating, "tell", lambda *_: None)
        first = comment_on(post, bob, parent=top)
    assert ids_of(thread(ann, top)) == [top]
    second = comment_on(post, bob, parent=top)
    assert ids_of(thread(ann, top)) == [top, first, second]


def test_a_deletion_does_not_hide_that_too_many_came_at_once(ann: Person) -> None:
    post = ann.publish()
    made = comment_on(post, ann)
    cache.ask(("RPUSH", keys.recent_comments(post), *(f"{number}:{number}" for number in range(1, 100))))
    assert ann.delete(f"comments/{made}").status == 204
    assert ann.ids(f"posts/{post}/comments") == []
    assert seconds_left(post) <= 1


def test_comments_that_are_old_push_no_new_ones_out_of_the_latest(ann: Person) -> None:
    post = ann.publish()
    made = comment_on(post, ann)
    for number in range(1, 2 * AT_MOST):
        cache.forget_parts(recent.remember_in_place(number, post=post, parent=None))
    latest = heads_of_posts.recent.edges(post)
    assert made in latest
    assert len(latest) == AT_MOST


def test_a_thread_that_is_warm_for_its_reader_needs_no_table_for_what_they_may_not_see(
    ann: Person, bob: Person, nobody: Actor, dynamodb_proxy: Proxy
) -> None:
    post = ann.publish()
    top = comment_on(post, bob)
    hidden = comment_on(post, bob, parent=top)
    below = comment_on(post, bob, parent=hidden)
    assert ann.post(f"comments/{hidden}/hide").status == 200
    assert ids_of(thread(nobody, top)) == [top]
    assert ids_of(thread(ann, top)) == [top, hidden, below]
    assert ids_of(thread(nobody, top)) == [top]
    cache.forget(keys.cached_comment(below))
    dynamodb_proxy.refuse()
    assert ids_of(thread(nobody, top)) == [top]
