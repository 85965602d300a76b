"""The feeds over HTTP: pages both ways, who may read, what they cost, and what happens when a store is away."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest

from echomate import metering
from echomate.testing.client import Caller, Person
from echomate.testing.projecting import Projecting
from echomate.testing.proxy import Proxy
from echomate.testing.timing import within
from feeds.building import MERGES_WITHOUT_REDIS, _without_redis

SignUp = Callable[..., Person]


def publish(author: Person, number: int = 1, **fields: object) -> list[str]:
    """Ids, newest first."""
    made = [author.post("/posts", {"content": f"post {n}", **fields}).json()["id"] for n in range(number)]
    return made[::-1]


def ids(answer: object) -> list[str]:
    return [item["id"] for item in answer.json()["results"]]  # type: ignore[attr-defined]  # Django's test response


def test_a_feed_pages_both_ways_and_repeats_nothing(sign_up: SignUp) -> None:
    ann, bob = sign_up(), sign_up()
    ann.post(f"/users/{bob.id}/follow")
    posts = publish(bob, 5)
    first = ann.get("/feed?limit=2")
    second = ann.get(first.json()["next"])
    third = ann.get(second.json()["next"])
    assert [ids(page) for page in (first, second, third)] == [posts[:2], posts[2:4], posts[4:]]
    assert third.json()["next"] is None
    assert ids(ann.get(third.json()["previous"])) == posts[2:4]
    new = publish(bob, 3)
    assert ids(ann.get("/feed?limit=2")) != []
    newer = ann.get(first.json()["previous"])
    assert ids(newer) in ([], new[1:])
    assert 'rel="next"' in first.headers["Link"]


def test_an_empty_newest_page_repeats_its_own_previous(sign_up: SignUp) -> None:
    ann = sign_up()
    publish(ann)
    previous = ann.get("/feed").json()["previous"]
    empty = ann.get(previous).json()
    assert empty["results"] == []
    assert empty["previous"] == previous
    (new,) = publish(ann)
    assert ids(ann.get(previous)) == [new]


def test_the_feed_ends_after_its_depth(sign_up: SignUp) -> None:
    ann = sign_up()
    posts = publish(ann, 20)
    page = ann.get("/feed?limit=6")
    seen = ids(page)
    while page.json()["next"]:
        page = ann.get(page.json()["next"])
        seen += ids(page)
    assert seen == posts[:16]


def test_the_public_timeline_shows_public_posts_to_everybody(sign_up: SignUp, projector: Projecting) -> None:
    ann = sign_up()
    open_posts = publish(ann, 3)
    hidden = publish(ann, visibility="followers")
    projector.catch_up()
    shown = ids(Caller().get("/timeline?limit=50"))
    assert [post for post in shown if post in {*open_posts, *hidden}] == open_posts
    assert ids(ann.get("/timeline?limit=3")) == open_posts


def test_the_public_timeline_pages_beyond_what_its_list_holds(sign_up: SignUp, projector: Projecting) -> None:
    ann = sign_up()
    posts = publish(ann, 40)
    projector.catch_up()
    page = Caller().get("/timeline?limit=10")
    seen = ids(page)
    while len(seen) < 40:
        page = Caller().get(page.json()["next"])
        seen += ids(page)
    assert seen == posts
    assert ids(Caller().get(page.json()["previous"])) == posts[20:30]


def test_a_feed_is_its_readers_own(sign_up: SignUp) -> None:
    ann, bob = sign_up(), sign_up()
    publish(ann, 3)
    assert Caller().get("/feed").status_code == 401
    foreign = ann.get("/feed?limit=1").json()["next"]
    answer = bob.get(foreign)
    assert answer.status_code == 400
    assert answer.json()["type"].endswith("invalid-cursor")


@pytest.mark.parametrize(
    "query", ["limit=0", "limit=51", "limit=-1", "limit=x", "cursor=", "cursor=AAAA", "cursor=%00"]
)
def test_a_limit_or_cursor_that_is_none_is_refused(sign_up: SignUp, query: str) -> None:
    for path in ("/feed", "/timeline"):
        answer = sign_up().get(f"{path}?{query}")
        assert answer.status_code == 400
        assert answer.json()["errors"].keys() == {query.partition("=")[0]}


def test_a_warm_feed_costs_two_round_trips_and_no_read_of_the_table(sign_up: SignUp) -> None:
    ann, authors = sign_up(), [sign_up() for _ in range(3)]
    for author in authors:
        ann.post(f"/users/{author.id}/follow")
        publish(author, 2)
    ann.get("/feed")
    with metering.metering() as meter:
        assert len(ids(ann.get("/feed"))) == 6
    assert meter.dynamodb == []
    assert len(meter.redis) == 2


def test_without_redis_a_feed_is_merged_and_says_that_it_is_rebuilding(
    sign_up: SignUp, redis_proxy: Proxy
) -> None:
    ann, bob = sign_up(), sign_up()
    ann.post(f"/users/{bob.id}/follow")
    posts = publish(bob, 3)
    redis_proxy.refuse()
    answer = ann.get("/feed")
    assert answer.json()["state"] == "rebuilding"
    assert ids(answer) == posts
    new = publish(bob)
    assert ids(ann.get("/feed")) == new + posts
    assert ids(ann.get("/timeline?limit=4")) == new + posts
    assert ann.post("/auth/logout", {"refresh": ann.refresh}).status_code == 204
    redis_proxy.heal()
    assert ann.get("/feed").status_code == 401, "the end of the session stands"


def test_without_redis_only_so_many_feeds_are_merged_at_once(sign_up: SignUp, redis_proxy: Proxy) -> None:
    ann = sign_up()
    redis_proxy.refuse()
    for _ in range(MERGES_WITHOUT_REDIS):
        assert _without_redis.acquire(blocking=False)
    try:
        answer = ann.get("/feed")
    finally:
        for _ in range(MERGES_WITHOUT_REDIS):
            _without_redis.release()
    assert answer.status_code == 503
    assert answer.headers["Retry-After"]
    assert ann.get("/feed").status_code == 200


def test_without_dynamodb_a_warm_feed_is_served_and_all_else_is_503_in_bounded_time(
    sign_up: SignUp, dynamodb_proxy: Proxy
) -> None:
    ann, bob = sign_up(), sign_up()
    ann.post(f"/users/{bob.id}/follow")
    posts = publish(bob, 2)
    ann.get("/feed")
    dynamodb_proxy.hang()
    assert ids(ann.get("/feed")) == posts
    answer = within(5, lambda: ann.post("/posts", {"content": "hello"}))
    assert answer.status_code == 503
    assert answer.headers["Retry-After"]


def test_many_first_readers_at_once_get_the_same_feed(sign_up: SignUp) -> None:
    ann = sign_up()
    posts = publish(ann, 4)
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: ids(ann.get("/feed")), range(8)))
    assert answers == [posts] * 8
