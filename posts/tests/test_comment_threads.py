"""Lists of comments in both orders, threads, and the tombstones that hold them together."""

import secrets
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from echomate import ids, keys, table
from posts.comments import services
from posts.comments.services import OldComment
from posts.comments.thread import COMMENTS_AT_MOST, LEVELS_AT_MOST
from posts.tests.actor import Actor, Person
from posts.tests.commenting import comment_on, ids_of, thread, walk

pytestmark = pytest.mark.store


def plant(post: int, author: int, parents: list[int | None]) -> list[int]:
    """Comments of the past in a second: each names its parent by its place, or none."""
    start = int(time.time() * 1000) - 60_000
    made = [
        ids.id_at_milliseconds(start + number) | secrets.randbits(ids.RANDOM_BITS)
        for number in range(len(parents))
    ]
    depths: list[int] = []
    for parent in parents:
        depths.append(0 if parent is None else depths[parent] + 1)
    comments = [
        OldComment(
            id=made[number],
            author=author,
            post=post,
            content=str(number),
            parent=None if parent is None else made[parent],
            depth=depths[number],
            is_answered=number in parents,
        )
        for number, parent in enumerate(parents)
    ]
    assert services.import_comments(comments) == len(comments)
    return made


def test_answers_stand_under_what_they_answer(ann: Person, bob: Person) -> None:
    post = ann.publish()
    top = comment_on(post, bob)
    answer = comment_on(post, ann, parent=top)
    deeper = comment_on(post, bob, parent=answer)
    assert ann.ids(f"posts/{post}/comments") == [top]
    assert ann.ids(f"comments/{top}/replies") == [answer]
    shown = bob.get(f"comments/{answer}/replies").json["results"]
    assert [(one["id"], one["parent_id"], one["depth"]) for one in shown] == [(str(deeper), str(answer), 2)]


@pytest.mark.parametrize("kind", ["posts", "comments"])
def test_lists_run_in_both_orders_and_page_by_page(ann: Person, kind: str) -> None:
    post = ann.publish()
    top = plant(post, ann.id, [None])[0] if kind == "comments" else None
    made = (
        plant(post, ann.id, [None] * 7)
        if top is None
        else [comment_on(post, ann, parent=top) for _ in range(7)]
    )
    made.sort()
    path = f"posts/{post}/comments" if top is None else f"comments/{top}/replies"
    assert ann.ids(path) == ann.ids(f"{path}?sort=oldest") == made
    assert ann.ids(f"{path}?sort=newest") == made[::-1]
    for limit in (1, 3, 7):
        assert walk(ann, f"{path}?sort=oldest&limit={limit}") == made
        assert walk(ann, f"{path}?sort=newest&limit={limit}") == made[::-1]


def test_paging_back_shows_the_pages_before(ann: Person) -> None:
    post = ann.publish()
    made = plant(post, ann.id, [None] * 9)
    for sort, expected in (("oldest", made), ("newest", made[::-1])):
        first = ann.get(f"posts/{post}/comments?sort={sort}&limit=3").json
        second = ann.get(first["next"]).json
        third = ann.get(second["next"]).json
        assert [ids_of(page["results"]) for page in (first, second, third)] == [
            expected[n : n + 3] for n in (0, 3, 6)
        ]
        assert third["next"] is None
        assert ids_of(ann.get(third["previous"]).json["results"]) == expected[3:6]
        assert ids_of(ann.get(second["previous"]).json["results"]) == expected[:3]
        assert ann.get(first["previous"]).json["results"] == []


def test_what_comes_while_one_pages_is_at_its_end_or_beginning(ann: Person) -> None:
    post = ann.publish()
    made = plant(post, ann.id, [None] * 4)
    oldest = ann.get(f"posts/{post}/comments?limit=2").json
    newest = ann.get(f"posts/{post}/comments?limit=2&sort=newest").json
    late = comment_on(post, ann)
    ann.delete(f"comments/{made[1]}")
    assert walk(ann, oldest["next"]) == [*made[2:], late]
    assert walk(ann, newest["next"]) == [made[0]]
    assert ids_of(ann.get(newest["previous"]).json["results"]) == [late]


@pytest.mark.usefixtures("lagging_index")
def test_comments_show_at_once_though_the_index_lags(ann: Person, bob: Person) -> None:
    post = ann.publish()
    top = comment_on(post, bob)
    answers = [comment_on(post, ann, parent=top) for _ in range(2)]
    assert bob.ids(f"posts/{post}/comments") == bob.ids(f"users/{bob.id}/comments") == [top]
    assert bob.ids(f"comments/{top}/replies?sort=newest") == answers[::-1]
    assert ids_of(thread(bob, top)) == [top, *answers]
    assert ann.delete(f"comments/{answers[0]}").status == 204
    assert ids_of(thread(bob, top)) == [top, answers[1]]


def test_a_thread_is_the_comment_and_all_below_it_breadth_first(ann: Person, nobody: Actor) -> None:
    post = ann.publish()
    made = plant(post, ann.id, [None, 0, 0, 1, 2, 1, 3, None, 7])
    for reader in (ann, nobody):
        shown = thread(reader, made[0])
        assert ids_of(shown) == [made[n] for n in (0, 1, 2, 3, 5, 4, 6)]
        assert [one["depth"] for one in shown] == [0, 1, 1, 2, 2, 2, 3]
        assert {one["next"] for one in shown} == {None}
    assert ids_of(thread(ann, made[0], "?sort=newest")) == [made[n] for n in (0, 2, 1, 4, 5, 3, 6)]
    assert ids_of(thread(ann, made[1])) == [made[n] for n in (1, 3, 5, 6)]
    assert ids_of(thread(ann, made[6])) == [made[6]]


def test_a_thread_ends_at_its_eighth_level_and_says_where_it_goes_on(ann: Person) -> None:
    post = ann.publish()
    made = plant(post, ann.id, [None, *range(LEVELS_AT_MOST + 1)])
    shown = thread(ann, made[0])
    assert ids_of(shown) == made[:LEVELS_AT_MOST]
    assert [one["next"] is not None for one in shown] == [False] * (LEVELS_AT_MOST - 1) + [True]
    assert ann.ids(shown[-1]["next"]) == [made[LEVELS_AT_MOST]]


@pytest.mark.parametrize("sort", ["oldest", "newest"])
def test_a_wide_thread_goes_on_for_each_parent_where_it_was_cut(ann: Person, sort: str) -> None:
    """Two answers to the root, with 150 answers each, of which 197 have room; every answer has one more."""
    post = ann.publish()
    parents: list[int | None] = [None, 0, 0, *[1 + number % 2 for number in range(300)]]
    made = plant(post, ann.id, [*parents, *range(3, 303)])
    shown = thread(ann, made[0], f"?sort={sort}")
    assert len(shown) == len(set(ids_of(shown))) == COMMENTS_AT_MOST
    assert [one["depth"] for one in shown] == [0, 1, 1, *[2] * 197]
    more = {int(one["id"]): one["next"] for one in shown if one["next"]}
    cut = made[2] if sort == "oldest" else made[1]
    assert set(more) == {cut, *ids_of(shown)[3:]}
    rest = walk(ann, more[cut])
    answers = [made[n] for n, parent in enumerate(parents) if parent is not None and made[parent] == cut]
    ordered = answers if sort == "oldest" else answers[::-1]
    assert [one for one in ids_of(shown) if one in answers] + rest == ordered
    assert len(rest) == 103


def test_a_deleted_comment_that_was_answered_keeps_its_place(ann: Person, bob: Person, nobody: Actor) -> None:
    post = ann.publish()
    top = comment_on(post, bob, "secret")
    answer = comment_on(post, ann, parent=top)
    assert bob.delete(f"comments/{top}").status == 204
    for reader in (ann, bob, nobody):
        (tombstone,) = reader.get(f"posts/{post}/comments").json["results"]
        assert tombstone == reader.get(f"comments/{top}").json
        assert (tombstone["author"], tombstone["content"], tombstone["content_html"]) == (None, "", "")
        assert tombstone["deleted"]
        assert ids_of(thread(reader, top)) == [top, answer]
    assert bob.ids(f"users/{bob.id}/comments") == []
    for refused in (bob.put(f"comments/{top}", {"content": "x"}), bob.delete(f"comments/{top}")):
        assert refused.status == 404
    assert ann.post(f"comments/{top}/like").status == 404
    more = ann.post(f"posts/{post}/comments", {"content": "x", "parent_id": str(top)})
    assert list(more.json["errors"]) == ["parent_id"]
    item = table.get_item(keys.comment(top))
    assert item is not None
    assert not {"Author", "Content", "ContentHtml", "ExpiresAt"} & set(item)
    assert item["GSI2PK"]["S"] == keys.deleted_comments_of(bob.id)


def test_a_deleted_comment_that_was_not_answered_leaves_the_thread_and_the_table(
    ann: Person, bob: Person
) -> None:
    post = ann.publish()
    top = comment_on(post, bob)
    answer = comment_on(post, ann, parent=top)
    assert ann.delete(f"comments/{answer}").status == 204
    assert ids_of(thread(bob, top)) == [top]
    item = table.get_item(keys.comment(answer))
    assert item is not None
    assert not {"Author", "Content", "GSI1PK", "GSI2PK"} & set(item)
    assert int(item["ExpiresAt"]["N"]) > time.time()


def test_an_answer_and_a_deletion_at_once_lose_no_answer(ann: Person, bob: Person) -> None:
    """Whichever comes first: an answer that was taken is below a tombstone that keeps its place."""
    post = ann.publish()
    tops = [comment_on(post, bob) for _ in range(6)]
    with ThreadPoolExecutor(2) as pool:
        for top in tops:
            deletion = pool.submit(bob.delete, f"comments/{top}")
            answer = pool.submit(
                ann.post, f"posts/{post}/comments", {"content": "x", "parent_id": str(top)}
            ).result()
            assert deletion.result().status == 204
            assert answer.status in {201, 400}
            shown = ann.get(f"comments/{top}/thread")
            if answer.status == 201:
                assert ids_of(shown.json["results"]) == [top, int(answer.json["id"])]


def test_a_thread_in_which_all_is_hidden_is_read_in_bounded_steps(ann: Person, bob: Person) -> None:
    """A block hides what is between; a page says that there is more."""
    post = ann.publish()
    stranger = Person()
    plant(post, stranger.id, [None] * 60)
    last = comment_on(post, ann)
    assert bob.post(f"users/{stranger.id}/block").status == 200
    assert walk(bob, f"posts/{post}/comments?limit=2") == [last]
