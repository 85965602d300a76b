"""Comments of an export, as they are taken in."""

from collections import Counter
from io import BytesIO
from typing import Any

import pytest

from accounts.importing import archive
from accounts.tests.exported import export, lines
from accounts.tests.imported import all_of, old_post, posts_of, start, take, zipped
from echomate import cache, ids, jobs, keys, table
from echomate.cache import debts
from echomate.dynamodb import Wire
from echomate.testing.client import Person, sign_up
from echomate.testing.projecting import projecting
from echomate.testing.working import run_jobs
from posts.comments import erasure, recent, services
from posts.comments.services import creating, importing
from posts.comments.services.creating import mark_answered, new_comment
from posts.services import Draft, create
from posts.services.importing import imported_ids
from posts.services.putting import put_new, put_or_stored

POST = old_post(100)


@pytest.fixture
def ann() -> Person:
    return sign_up("ann")


@pytest.fixture
def new() -> Person:
    return sign_up("new")


def old_comment(number: int, **changes: Any) -> dict[str, Any]:
    """A row of comments.jsonl, on `POST`; the higher its number, the younger it is."""
    old = ids.id_at_milliseconds(1_700_000_000_000 + number * 1000) + number
    return {
        "id": str(old),
        "post_id": POST["id"],
        "parent_id": None,
        "created_at": ids.rfc3339(old),
        "edited_at": None,
        "content": f"comment {number}",
        "hidden": False,
        **changes,
    }


def answer(number: int, to: int, **changes: Any) -> dict[str, Any]:
    return old_comment(number, parent_id=old_comment(to)["id"], **changes)


def with_comments(rows: list[dict[str, Any]], **others: Any) -> BytesIO:
    """An export with a post and comments, the newest first."""
    return zipped(**{"posts": [POST], "comments": rows[::-1], **others})


def items_of(person: Person) -> list[Wire]:
    """The comments of a person that the table has, oldest first."""
    found = table.query(keys.comments_of(person.id), index="GSI2", newest_first=False)
    return [item for item in table.batch_get(map(table.key_of, found)) if item]


def places(person: Person) -> list[tuple[str, str | None, int]]:
    """Content, what it answers, and depth, of all that stands on the only post of a person, as it is read."""
    (post,) = posts_of(person)
    first = all_of(person, f"/posts/{post['id']}/comments")
    threads = [person.get(f"/comments/{one['id']}/thread").json()["results"] for one in first]
    shown = [one for thread in threads for one in thread]
    content = {one["id"]: one["content"] for one in shown}
    return [(one["content"], content.get(one["parent_id"]), one["depth"]) for one in shown]


def comment(person: Person, post: Any, content: str, *, parent: Any = None) -> dict[str, Any]:
    answers = {"parent_id": parent["id"]} if parent else {}
    made = person.post(f"/posts/{post['id']}/comments", {"content": content, **answers})
    assert made.status_code == 201, made.content
    found: dict[str, Any] = made.json()
    return found


def archive_of(person: Person) -> BytesIO:
    """The ZIP of a real export."""
    file = export(person).fp
    assert file
    file.seek(0)
    return BytesIO(file.read())


def comparable(rows: list[dict[str, Any]], posts: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Comments with contents in place of ids, which are an account's own, and with their moments."""
    contents = {row["id"]: row["content"] for row in [*rows, *posts]}
    kept = ("created_at", "edited_at", "content", "content_html", "hidden")
    return [
        {
            **{name: row[name] for name in kept},
            "post": contents[row["post_id"]],
            "parent": contents.get(row["parent_id"]),
            "moment": ids.milliseconds(int(row["id"])),
        }
        for row in rows
    ]


def test_comments_on_ones_own_posts_come_back_in_their_places(ann: Person, new: Person) -> None:
    bob = sign_up("bob")
    one, two = (ann.post("/posts", {"content": text}).json() for text in ("post one", "post two"))
    his = bob.post("/posts", {"content": "his"}).json()
    top = comment(ann, one, "first <b>\n\nline 🎉")
    deep = comment(ann, one, "deeper", parent=comment(ann, one, "deep", parent=top))
    hidden = comment(ann, two, "hidden")
    assert ann.post(f"/comments/{hidden['id']}/hide").status_code == 200
    assert ann.put(f"/comments/{deep['id']}", {"content": "deeper, edited"}).status_code == 200
    comment(ann, his, "under another's")
    comment(ann, one, "answer to bob", parent=comment(bob, one, "bob's"))
    report = take(new, archive_of(ann))
    assert report["taken"]["comments"] == 4
    assert report["refused"] == {"comments": {importing.NO_POST: 1, importing.NO_PARENT: 1}}
    assert "comments" not in report["left_out"]
    first, second = export(ann), export(new)
    before = [
        row
        for row in comparable(lines(first, "comments"), [*lines(first, "posts"), his])
        if row["content"] not in ("under another's", "answer to bob")
    ]
    assert comparable(lines(second, "comments"), lines(second, "posts")) == before
    assert all_of(bob, f"/users/{new.id}/comments") != []
    assert "hidden" not in [row["content"] for row in all_of(bob, f"/users/{new.id}/comments")]
    both = [{row["id"] for row in lines(zipped_, "comments")} for zipped_ in (first, second)]
    assert both[0].isdisjoint(both[1])


def test_what_is_answered_is_found_however_far_from_its_answers_it_stands(
    new: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(archive, "CHUNK", 700)
    rows = [old_comment(0), *(old_comment(number) for number in range(1, 130)), answer(130, 0)]
    rows += [answer(131, 130), answer(132, 131), answer(133, 131)]
    assert take(new, with_comments(rows))["refused"] == {}
    shown = places(new)
    assert len(shown) == len(rows)
    assert [one for one in shown if one[2]] == [
        ("comment 130", "comment 0", 1),
        ("comment 131", "comment 130", 2),
        ("comment 132", "comment 131", 3),
        ("comment 133", "comment 131", 3),
    ]


def test_nobody_is_told_and_counters_and_heads_that_were_cached_are_right(ann: Person, new: Person) -> None:
    with projecting() as projector:
        take(new, zipped(posts=[POST]))
        (post,) = posts_of(new)
        for sort in ("oldest", "newest"):
            assert ann.get(f"/posts/{post['id']}/comments?sort={sort}").json()["results"] == []
        young = comment(ann, post, "young")
        projector.catch_up()
        take(new, with_comments([old_comment(0), answer(1, 0), answer(2, 0), old_comment(3)]))
        projector.catch_up()
        run_jobs()
        expected = ["comment 0", "comment 3", "young"]
        for sort in ("oldest", "newest"):
            found = ann.get(f"/posts/{post['id']}/comments?sort={sort}").json()["results"]
            assert [one["content"] for one in found] == expected[:: 1 if sort == "oldest" else -1]
        (first, *_) = ann.get(f"/posts/{post['id']}/comments").json()["results"]
        assert first["counts"] == {"likes": 0, "replies": 2}
        assert ann.get(f"/posts/{post['id']}").json()["counts"]["comments"] == 5
        assert [one["content"] for one in all_of(ann, f"/users/{ann.id}/comments")] == ["young"]
        assert ann.get(f"/comments/{young['id']}").status_code == 200
    assert all(item["Imported"]["BOOL"] for item in items_of(new))


def test_a_second_import_makes_nothing_twice_and_what_was_changed_since_stays_so(new: Person) -> None:
    rows = [old_comment(0), answer(1, 0), old_comment(2), old_comment(3, hidden=True)]
    file = with_comments(rows)
    first = take(new, file)
    (post,) = posts_of(new)
    made = {one["content"]: one for one in all_of(new, f"/posts/{post['id']}/comments")}
    new.delete(f"/comments/{made['comment 0']['id']}")  # its place stays, as it is answered
    new.delete(f"/comments/{made['comment 2']['id']}")
    new.delete(f"/comments/{made['comment 3']['id']}/hide")
    file.seek(0)
    assert take(new, file) == first
    assert places(new) == [("", None, 0), ("comment 1", "", 1), ("comment 3", None, 0)]
    assert not any("Hidden" in item for item in items_of(new))
    new.delete(f"/posts/{post['id']}")
    for _ in services.sweep(int(post["id"])):
        pass
    file.seek(0)
    assert take(new, file) == first
    assert (posts_of(new), items_of(new)) == ([], [])


@pytest.mark.parametrize("place", ["before the put", "after the put", "after the mark"])
def test_an_import_that_broke_off_goes_on_and_makes_nothing_twice(
    new: Person, monkeypatch: pytest.MonkeyPatch, place: str
) -> None:
    """At each place in turn, in the fourth comment that comes there."""
    rows = [old_comment(0), *(answer(number, number - 1) for number in range(1, 8))]
    job = start(new, with_comments(rows))
    patched = mark_answered if place == "after the mark" else put_or_stored
    calls = 0

    def broken(item: Any) -> Any:
        nonlocal calls
        calls += 1
        found = None if place == "before the put" and calls == 4 else patched(item)
        if calls == 4:
            raise RuntimeError("killed")
        return found

    monkeypatch.setattr(importing, patched.__name__, broken)
    assert jobs.run(job.id)
    assert 3 <= len(items_of(new)) <= 4
    there = jobs.Job.read(keys.job(job.id))
    assert there
    there.update(actions=[jobs.Job.due_at.set(1)])
    assert jobs.run(job.id)
    done = jobs.Job.read(keys.job(job.id))
    assert done
    report = done.result or {}
    assert (report["taken"], report["refused"]) == ({"posts": 1, "comments": 8}, {})
    assert [int(item["Depth"]["N"]) for item in items_of(new)] == list(range(8))
    assert len(places(new)) == 8


def test_comments_whose_post_or_parent_was_not_taken_are_not_and_are_counted(
    ann: Person, new: Person
) -> None:
    his = ann.post("/posts", {"content": "his"}).json()
    theirs = comment(ann, his, "theirs")
    refused = old_post(101, content="")
    rows = [
        old_comment(0),
        old_comment(1, post_id=refused["id"]),
        old_comment(2, post_id=his["id"]),
        old_comment(3, post_id=his["id"], parent_id=theirs["id"]),
        old_comment(4, parent_id=theirs["id"]),
        answer(5, 4),
        old_comment(6, content=""),
        answer(7, 6),
    ]
    report = take(new, with_comments(rows, posts=[POST, refused]))
    assert report["taken"] == {"posts": 1, "comments": 1}
    assert report["refused"]["comments"] == {
        importing.NO_POST: 3,
        importing.NO_PARENT: 3,
        "content: blank": 1,
    }
    assert {example["line"] for example in report["examples"] if example["file"] == "comments"} == set(
        range(1, 8)
    )
    assert [one["content"] for one in all_of(ann, f"/posts/{his['id']}/comments")] == ["theirs"]
    assert len(items_of(new)) == 1


def test_only_posts_that_the_same_account_imported_take_comments(ann: Person, new: Person) -> None:
    """Not even its own others, of its ids here or of another's import."""
    take(ann, zipped(posts=[POST]))
    take(new, zipped(posts=[old_post(1)]))
    own = new.post("/posts", {"content": "own"}).json()
    (imported,) = [post for post in posts_of(new) if post["content"] == "old 1"]
    (others,) = posts_of(ann)
    rows = [old_comment(n, post_id=post["id"]) for n, post in enumerate((own, imported, others, POST))]
    report = take(new, zipped(posts=[old_post(1)], comments=rows[::-1]))
    assert report["refused"] == {"comments": {importing.NO_POST: 4}}
    assert items_of(new) == []


FUTURE = str(ids.id_at_milliseconds(table.clock() + 86_400_000))
HOSTILE: list[Any] = [
    b"[]\n",
    b"nonsense\n",
    old_comment(1, id="x"),
    old_comment(1, id=7),
    old_comment(1, id=FUTURE),
    old_comment(1, id="1"),
    old_comment(1, id="9" * 19),
    old_comment(1, post_id=None),
    old_comment(1, post_id="x" * 10_000),
    old_comment(1, post_id=[POST["id"]]),
    old_comment(1, parent_id=7),
    old_comment(1, parent_id=""),
    old_comment(1, content="x" * 5001),
    old_comment(1, content="x" * 70_000),
    old_comment(1, content={"a": "b"}),
    old_comment(1, content=" ".join(f"@name{n}" for n in range(2000))),
    old_comment(1, hidden="yes"),
    old_comment(1, edited_at="once"),
    answer(1, 1),
    answer(2, 3),
    answer(3, 2),
    old_comment(4, post_id=old_post(99)["id"], parent_id=old_comment(0)["id"]),
]


@pytest.mark.parametrize("is_reversed", [False, True])
def test_rows_that_nobody_should_send_are_refused_one_by_one(new: Person, *, is_reversed: bool) -> None:
    rows = HOSTILE[:: -1 if is_reversed else 1]
    file = zipped(posts=[old_post(99), POST], comments=[*rows, old_comment(0)])
    report = take(new, file)
    assert report["taken"] == {"posts": 2, "comments": 1}
    assert sum(report["refused"]["comments"].values()) == len(HOSTILE)
    assert [item["Content"]["S"] for item in items_of(new)] == ["comment 0"]
    file.seek(0)
    assert take(new, file) == report


def test_a_comment_of_before_its_post_or_of_before_what_it_answers_is_not_taken(new: Person) -> None:
    before = ids.milliseconds(int(POST["id"])) - 1
    rows = [
        old_comment(0, id=str(ids.id_at_milliseconds(before))),
        old_comment(2),
        answer(1, 2),
    ]
    report = take(new, zipped(posts=[POST], comments=[rows[2], rows[1], rows[0]]))
    assert report["refused"] == {"comments": {importing.TOO_EARLY: 2}}
    assert places(new) == [("comment 2", None, 0)]


def test_a_thread_of_no_end_ends(new: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importing, "DEPTH_AT_MOST", 3)
    rows = [old_comment(0), *(answer(number, number - 1) for number in range(1, 6))]
    report = take(new, with_comments(rows))
    assert report["refused"] == {"comments": {importing.TOO_DEEP: 1, importing.NO_PARENT: 1}}
    assert [depth for _, _, depth in places(new)] == [0, 1, 2, 3]


def test_of_rows_with_the_same_id_there_is_one_comment(new: Person) -> None:
    twin = old_comment(0, content="twin")
    report = take(
        new, with_comments([old_comment(0), twin, answer(1, 0), old_comment(0, parent_id=twin["id"])])
    )
    assert places(new) == [("comment 0", None, 0), ("comment 1", "comment 0", 1)]
    assert report["refused"] == {"comments": {importing.NO_PARENT: 1}}


def test_a_comment_that_is_named_again_in_another_place_is_refused(new: Person) -> None:
    other = old_post(101)
    rows = [old_comment(0), old_comment(0, post_id=other["id"]), old_comment(1), answer(1, 0)]
    file = with_comments(rows, posts=[POST, other])
    report = take(new, file)
    assert report["refused"] == {"comments": {importing.NAMED_TWICE: 2}}
    stored = items_of(new)
    assert [item["Content"]["S"] for item in stored] == ["comment 0", "comment 1"]
    assert len({item["Post"]["N"] for item in stored}) == 1
    assert not any("Parent" in item for item in stored)
    file.seek(0)
    assert take(new, file) == report


def test_a_derived_id_that_is_anothers_is_given_up_for_the_next(ann: Person, new: Person) -> None:
    row, parent = old_comment(1), old_comment(0)
    theirs = ann.post("/posts", {"content": "theirs"}).json()
    for old in (parent, row):
        first = imported_ids(new.id, int(old["id"]))[0]
        there = new_comment(
            first, author=ann.id, post=int(theirs["id"]), draft=services.Draft("there"), depth=0
        )
        assert put_new(there)
    take(new, with_comments([parent, {**row, "parent_id": parent["id"]}]))
    assert places(new) == [("comment 0", None, 0), ("comment 1", "comment 0", 1)]
    assert {item["Content"]["S"] for item in items_of(ann)} == {"there"}


def test_another_post_that_has_the_id_which_a_post_would_have_had_takes_no_comments(
    ann: Person, new: Person
) -> None:
    (id_, *_) = imported_ids(new.id, int(POST["id"]))
    create(author=ann.id, draft=Draft("theirs"), post=id_)
    report = take(new, with_comments([old_comment(0)], posts=[old_post(99)]))
    assert report["refused"] == {"comments": {importing.NO_POST: 1}}
    assert all_of(ann, f"/posts/{id_}/comments") == []


def test_only_who_sees_the_post_sees_its_comments(ann: Person, new: Person) -> None:
    posts = [{**POST, "visibility": "followers"}, old_post(99, visibility="mentioned", content="hm")]
    rows = [old_comment(0), old_comment(1, post_id=posts[1]["id"], content=f"for @{ann.username}")]
    take(new, with_comments(rows, posts=posts))
    made = [item["Id"]["N"] for item in items_of(new)]
    assert [new.get(f"/comments/{one}").status_code for one in made] == [200, 200]
    assert [ann.get(f"/comments/{one}").status_code for one in made] == [404, 404]
    ann.post(f"/users/{new.id}/follow")
    assert [ann.get(f"/comments/{one}").status_code for one in made] == [200, 404]


def test_an_edit_keeps_its_moment_and_one_that_can_not_be_is_none(new: Person) -> None:
    moments = ("2023-12-01T00:00:00.000Z", "2019-01-01T00:00:00Z", "2999-01-01T00:00:00Z")
    take(new, with_comments([old_comment(n, edited_at=at) for n, at in enumerate(moments)]))
    (post,) = posts_of(new)
    shown = all_of(new, f"/posts/{post['id']}/comments")
    assert [one["edited_at"] for one in shown] == [moments[0], None, None]


def test_an_erasure_removes_them(new: Person) -> None:
    take(new, with_comments([old_comment(0), answer(1, 0), old_comment(2)]))
    assert len(items_of(new)) == 3
    assert sum(erasure.erase_comments(new.id)) >= 3
    assert items_of(new) == []


def test_old_comments_push_out_no_new_ones(ann: Person, new: Person) -> None:
    take(new, zipped(posts=[POST]))
    (post,) = posts_of(new)
    young = comment(ann, post, "young")
    take(new, with_comments([old_comment(number) for number in range(120)]))
    recent = cache.ask(("LRANGE", keys.recent_comments(int(post["id"])), 0, -1))[0]
    assert recent[0] == f"{young['id']}:{young['id']}".encode()
    newest = ann.get(f"/posts/{post['id']}/comments?sort=newest&limit=1").json()["results"]
    assert [one["content"] for one in newest] == ["young"]


def test_what_a_step_can_not_delete_from_the_cache_is_owed_and_no_flush(
    new: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    commands: list[cache.Command] = []

    def owed(*deletions: cache.Command) -> None:
        assert debts.EVERYTHING not in debts._debts(deletions, others=0)
        commands.extend(deletions)

    for told in (importing, creating):
        monkeypatch.setattr(told, "tell", owed)
    rows = [old_comment(number) for number in range(100)]
    assert take(new, with_comments([*rows, *(answer(100 + n, n) for n in range(100))]))["refused"] == {}
    (post,) = posts_of(new)
    made = [int(item["Id"]["N"]) for item in items_of(new)]
    heads = [
        *recent.forget_in_place(post=int(post["id"]), parent=None),
        *(head for id_ in made[:100] for head in recent.forget_in_place(post=int(post["id"]), parent=id_)),
    ]
    told_twice = [("DEL", keys.cached_comment(id_)) for id_ in [*made, *made[:100]]]
    assert Counter(commands) == Counter([*told_twice, *heads])
