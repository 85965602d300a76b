"""An author's posts and a user's likes: one's own writes at once, and pages under an index that lags."""

import time

import pytest

from echomate import cache, keys, table
from echomate.metering import metering
from echomate.testing.configuration import configured
from posts.tests.actor import Person

pytestmark = pytest.mark.store


def walk(reader: Person, path: str) -> list[list[int]]:
    """The ids of every page from the first on, along `next`."""
    pages, url = [], f"/api/v1/{path}"
    while url:
        answer = reader.get(url).json
        pages.append([int(item["id"]) for item in answer["results"]])
        url = answer["next"]
    return pages


def test_pages_run_from_the_newest_to_the_oldest(ann: Person, bob: Person) -> None:
    posts = [ann.publish(str(n)) for n in range(5)]
    assert walk(bob, f"users/{ann.name}/posts?limit=2") == [posts[4:2:-1], posts[2:0:-1], posts[:1]]


def test_links_are_absolute_and_in_the_header_too(ann: Person) -> None:
    ann.publish()
    ann.publish()
    answer = ann.get(f"users/{ann.id}/posts?limit=1")
    assert answer.json["next"].startswith(f"http://testserver/api/v1/users/{ann.id}/posts?limit=1&cursor=")
    assert answer.headers["Link"] == (
        f'<{answer.json["next"]}>; rel="next", <{answer.json["previous"]}>; rel="prev"'
    )


def test_previous_leads_to_what_is_newer_by_then(ann: Person, bob: Person) -> None:
    ann.publish("before")
    url = bob.get(f"users/{ann.id}/posts?limit=2").json["previous"]
    empty = bob.get(url).json
    assert (empty["results"], empty["previous"]) == ([], url)
    posts = [ann.publish(str(n)) for n in range(3)]
    first = bob.get(empty["previous"]).json
    assert [int(post["id"]) for post in first["results"]] == posts[1::-1]
    second = bob.get(first["previous"]).json
    assert [int(post["id"]) for post in second["results"]] == posts[2:]


def test_a_page_is_filled_up_where_posts_are_hidden(ann: Person, bob: Person) -> None:
    posts = [ann.publish(visibility="followers" if n % 3 else "public") for n in range(12)]
    assert walk(bob, f"users/{ann.id}/posts?limit=2") == [[posts[9], posts[6]], [posts[3], posts[0]]]


@pytest.mark.usefixtures("lagging_index")
def test_a_new_post_is_in_its_authors_list_at_once(ann: Person, bob: Person) -> None:
    path = f"users/{ann.id}/posts"
    posts: list[int] = []
    for n in range(3):
        posts.insert(0, ann.publish(str(n)))
        assert ann.ids(path) == bob.ids(path) == posts
    assert walk(ann, f"{path}?limit=1") == [[post] for post in posts]
    ann.delete(f"posts/{posts[1]}")
    assert ann.ids(path) == [posts[0], posts[2]]


def test_what_redis_lost_is_in_the_list_when_the_index_has_it(ann: Person) -> None:
    post = ann.publish()
    cache.forget(keys.author_list(ann.id))
    with configured(test_index_delay_seconds=600):
        assert ann.ids(f"users/{ann.id}/posts") == []
    end = time.monotonic() + 30
    while ann.ids(f"users/{ann.id}/posts") != [post]:
        assert time.monotonic() < end
        time.sleep(0.1)


@pytest.mark.usefixtures("lagging_index")
def test_a_like_is_in_ones_list_at_once_and_leaves_it_at_once(ann: Person, bob: Person) -> None:
    path = f"users/{bob.id}/likes"
    first, second = ann.publish("1"), ann.publish("2")
    bob.post(f"posts/{second}/like")
    bob.post(f"posts/{first}/like")
    assert walk(bob, f"{path}?limit=1") == [[first], [second]]
    bob.delete(f"posts/{first}/like")
    assert bob.ids(path) == ann.ids(path) == [second]
    bob.post(f"posts/{first}/like")
    assert bob.ids(path) == [first, second]


def test_likes_that_moved_or_ended_are_listed_as_they_are_although_the_index_tells_the_old(
    ann: Person, bob: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, ended, second = ann.publish("1"), ann.publish("2"), ann.publish("3")
    for post in (first, ended, second):
        bob.post(f"posts/{post}/like")
    stale = list(table.query(keys.likes_of(bob.id), index="GSI1", limit=9))
    bob.delete(f"posts/{ended}/like")
    bob.delete(f"posts/{first}/like")
    bob.post(f"posts/{first}/like")
    monkeypatch.setattr(table, "query", lambda *_, **__: stale)
    assert bob.ids(f"users/{bob.id}/likes") == [first, second]


def test_twenty_posts_of_an_author_cost_little_cold_and_nothing_warm(ann: Person, bob: Person) -> None:
    for n in range(21):
        ann.publish(str(n))
    path = f"users/{ann.id}/posts"
    bob.ids(path)
    for key in cache.ask(("KEYS", "post:*"))[0]:
        cache.forget(key.decode())
    with metering() as cold:
        assert len(bob.ids(path)) == 20
    assert [operation for operation, _ in cold.dynamodb] == ["Query", "BatchGetItem", "BatchGetItem"]
    assert cold.units <= 41, cold.dynamodb
    with metering() as warm:
        bob.ids(path)
    assert [operation for operation, _ in warm.dynamodb] == ["Query"]
    assert len(warm.redis) <= 3
