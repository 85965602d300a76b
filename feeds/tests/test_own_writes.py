"""Each write shows to its writer right after it, while others, and they themselves elsewhere, read the same."""

from collections.abc import Iterator
from functools import partial

import pytest

from echomate.testing.client import Person, sign_up
from echomate.testing.configuration import configured
from echomate.testing.projecting import Projecting
from echomate.testing.races import busy

ROUNDS = 6

pytestmark = pytest.mark.usefixtures("projector", "lagging_index")


@pytest.fixture(autouse=True)
def _crowd(ann: Person, bob: Person, projector: Projecting) -> Iterator[None]:
    """Others fill every cache that a write empties, all the time."""
    paths = [
        f"/users/{one.id}{rest}" for one in (ann, bob) for rest in ("", "/posts", "/likes", "/followers")
    ]

    def read(one: Person) -> None:
        for path in ("/feed", "/timeline", *paths):
            page = one.get(path)
            assert page.status_code in {200, 404}
            if page.status_code == 200:
                for item in page.json().get("results", [])[:2]:
                    one.get(f"/posts/{item['id']}")

    readers = (ann, bob, sign_up("eve"))
    with configured(rate_limit_factor=1000.0), busy(*(partial(read, one) for one in readers)):
        yield


def ids(one: Person, path: str) -> list[str]:
    return [item["id"] for item in one.get(path).json()["results"]]


def publish(one: Person, content: str = "hello") -> str:
    return str(one.post("/posts", {"content": content, "visibility": "followers"}).json()["id"])


def test_own_posts_show_and_go_at_once(ann: Person) -> None:
    for n in range(ROUNDS):
        new = publish(ann, f"first {n}")
        for path in ("/feed", f"/users/{ann.id}/posts"):
            assert ids(ann, path)[0] == new
        ann.patch(f"/posts/{new}", {"content": f"second {n}"})
        assert ann.get(f"/posts/{new}").json()["content"] == f"second {n}"
        assert ann.get("/feed").json()["results"][0]["content"] == f"second {n}"
        assert ann.delete(f"/posts/{new}").status_code == 204
        assert ann.get(f"/posts/{new}").status_code == 404
        for path in ("/feed", f"/users/{ann.id}/posts"):
            assert new not in ids(ann, path)


def test_own_likes_show_and_go_at_once(ann: Person, bob: Person) -> None:
    ann.post(f"/users/{bob.id}/follow")
    post = publish(bob)
    for _ in range(ROUNDS):
        assert ann.post(f"/posts/{post}/like").json()["viewer"]["liked"]
        assert liked(ann, post) == [True, True]
        assert post in ids(ann, f"/users/{ann.id}/likes")
        assert str(ann.id) in ids(ann, f"/posts/{post}/likes")
        assert not ann.delete(f"/posts/{post}/like").json()["viewer"]["liked"]
        assert liked(ann, post) == [False, False]
        assert post not in ids(ann, f"/users/{ann.id}/likes")
        assert str(ann.id) not in ids(ann, f"/posts/{post}/likes")


def test_own_bookmarks_show_and_go_at_once(ann: Person, bob: Person) -> None:
    ann.post(f"/users/{bob.id}/follow")
    post = publish(bob)
    for _ in range(ROUNDS):
        for act, bookmarked in ((ann.post, True), (ann.delete, False)):
            assert act(f"/posts/{post}/bookmark").json()["viewer"]["bookmarked"] == bookmarked
            assert (post in ids(ann, "/bookmarks")) == bookmarked
            (in_feed,) = ann.get("/feed").json()["results"]
            for shown in (in_feed, ann.get(f"/posts/{post}").json()):
                assert shown["viewer"]["bookmarked"] == bookmarked


def liked(one: Person, post: str) -> list[bool]:
    in_feed = [item for item in one.get("/feed").json()["results"] if item["id"] == post]
    return [item["viewer"]["liked"] for item in [one.get(f"/posts/{post}").json(), *in_feed]]


def test_own_follows_show_and_go_at_once(ann: Person, bob: Person) -> None:
    posts = [publish(bob) for _ in range(3)][::-1]
    for _ in range(ROUNDS):
        ann.post(f"/users/{bob.id}/follow")
        assert ann.get(f"/users/{bob.id}").json()["viewer"]["following"]
        assert ids(ann, "/feed") == posts
        assert ids(ann, f"/users/{ann.id}/following") == [str(bob.id)]
        ann.delete(f"/users/{bob.id}/follow")
        assert not ann.get(f"/users/{bob.id}").json()["viewer"]["following"]
        assert ids(ann, "/feed") == []
        assert ids(ann, f"/users/{ann.id}/following") == []
        assert [ann.get(f"/posts/{post}").status_code for post in posts] == [404] * 3


@pytest.mark.parametrize("is_followed_back", [False, True])
def test_own_blocks_hold_and_end_at_once(ann: Person, bob: Person, *, is_followed_back: bool) -> None:
    post = bob.post("/posts", {"content": "hello"}).json()["id"]
    for _ in range(ROUNDS):
        ann.post(f"/users/{bob.id}/follow")
        if is_followed_back:
            bob.post(f"/users/{ann.id}/follow")
        ann.post(f"/users/{bob.id}/block")
        assert bob.get(f"/users/{ann.id}").status_code == 404
        shown = ann.get(f"/users/{bob.id}").json()["viewer"]
        assert (shown["blocking"], shown["following"], shown["followed_by"]) == (True, False, False)
        assert ann.get(f"/posts/{post}").status_code == 404
        assert ids(ann, "/feed") == []
        ann.delete(f"/users/{bob.id}/block")
        assert bob.get(f"/users/{ann.id}").status_code == 200
        assert ann.get(f"/posts/{post}").status_code == 200
