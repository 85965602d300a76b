"""Posts of an export, as they are put."""

from typing import Any

import pytest

from accounts.tests.acting import change_user
from accounts.tests.imported import old_post, posts_of, refusal, take, zipped
from echomate import ids, keys, table
from echomate.testing.client import Person, sign_up
from posts import services
from posts.services import Draft, OldPost, create, importing

pytestmark = pytest.mark.store


@pytest.fixture
def ann() -> Person:
    return sign_up("ann")


@pytest.fixture
def new() -> Person:
    return sign_up("new")


def test_an_old_post_has_an_id_of_its_moment_that_the_account_gives(ann: Person, new: Person) -> None:
    old = OldPost(ids.id_at_milliseconds(1_700_000_000_000) + 7, Draft("x"), None)
    his, hers, again = (int(importing._imported(who.id, old, 0).id) for who in (ann, new, ann))
    assert his == again != hers
    assert {ids.milliseconds(one) for one in (his, hers)} == {1_700_000_000_000}


def test_a_derived_id_that_is_anothers_is_given_up_for_the_next(
    ann: Person, new: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    row = old_post()
    for number in range(importing.TRIES):
        taken = importing._imported(new.id, importing.OldPost(int(row["id"]), Draft("x"), None), number)
        if number < importing.TRIES - 1:
            create(author=ann.id, draft=Draft("there before"), post=int(taken.id))
    take(new, zipped(posts=[row]))
    assert [post["content"] for post in posts_of(new)] == ["old 0"]
    monkeypatch.setattr(importing, "TRIES", 1)
    other = sign_up("other")
    first = importing._imported(other.id, importing.OldPost(int(row["id"]), Draft("x"), None), 0)
    create(author=ann.id, draft=Draft("there before"), post=int(first.id))
    assert take(other, zipped(posts=[row]))["refused"] == {"posts": {"id: belongs to another post": 1}}


def test_an_account_that_goes_meanwhile_gets_no_more(new: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    put = services.take_in

    def put_and_go(author: int, posts: Any) -> list[bool]:
        change_user(author, State="erasing")
        return put(author, posts)

    monkeypatch.setattr(services, "take_in", put_and_go)
    assert refusal(new, zipped(posts=[old_post(n) for n in range(250)])) == "The account is not active."
    found = list(table.query(keys.author(new.id), index="GSI1"))
    assert len(found) == 100, "one step was under way"


def test_an_old_post_for_the_mentioned_shows_to_nobody_who_has_their_names_now(
    ann: Person, new: Person
) -> None:
    row = old_post(visibility="mentioned", content=f"for @{ann.username}")
    take(new, zipped(posts=[row]))
    (post,) = posts_of(new)
    assert (post["content"], post["visibility"], post["mentions"]) == (row["content"], "mentioned", [])
    assert ann.get(f"/posts/{post['id']}").status_code == 404
