"""Redis hangs, or is cut off from one process, and comes back with what it held: no read contradicts an answer."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Any

import pytest

from accounts.tests.mailing import step_up, token
from echomate.testing.client import Person, sign_up, unique_name
from echomate.testing.projecting import projecting
from echomate.testing.proxy import Proxy
from echomate.testing.stack import Stack
from echomate.tests.over_http import Answer, Server
from posts.tests.commenting import settle

pytestmark = pytest.mark.timed

READ_SECONDS = 2.0
"""Where nothing was done about them, the old values showed at once, for 0.2 to 3.4 s."""


class Web:
    """A web process; people who signed up elsewhere call it with their tokens."""

    def __init__(self, server: Server) -> None:
        self.server = server

    def call(self, method: str, path: str, who: Person | None = None, body: Any = None) -> Answer:
        headers = {"Authorization": f"Bearer {who.access}"} if who else {}
        return self.server.send(method, f"/api/v1{path}", body, **headers)

    def get(self, path: str, who: Person | None = None) -> Answer:
        return self.call("GET", path, who)


@dataclass(frozen=True)
class Change:
    """A call, the answer that acknowledges it, and whether a read of a web process shows what was before."""

    name: str
    act: Callable[[Web], Answer]
    status: int
    is_stale: Callable[[Web], bool]


@pytest.mark.parametrize(
    "has_projector",
    [False, pytest.param(True, marks=pytest.mark.long)],
    ids=["projector down", "projector up"],
)
def test_a_redis_that_hangs_comes_back_and_contradicts_nothing(stack: Stack, *, has_projector: bool) -> None:
    with two_webs(stack) as (one, other, _), ExitStack() as cleanup:
        changes = prepared(one, other)
        if has_projector:
            cleanup.enter_context(projecting())
        with reading(changes, [one, other]) as read:
            stack.freeze("redis-feeds")
            try:
                make(changes, one, read)
            finally:
                stack.thaw("redis-feeds")
            time.sleep(READ_SECONDS)
    assert not read.contradictions


@pytest.mark.parametrize("fault", ["hang", pytest.param("refuse", marks=pytest.mark.long)])
def test_a_process_that_is_cut_off_from_redis_contradicts_nothing(stack: Stack, fault: str) -> None:
    """What it changes shows to those who read Redis, and what they change to those whom it serves."""
    with two_webs(stack) as (one, other, proxy):
        changes = prepared(one, other)
        with reading(changes, [one, other]) as read:
            getattr(proxy, fault)()
            make(changes[::2], one, read)
            make(changes[1::2], other, read)
            time.sleep(READ_SECONDS)
            proxy.heal()
            time.sleep(READ_SECONDS)
    assert not read.contradictions


def test_a_process_that_could_not_delete_and_died_contradicts_nothing(stack: Stack) -> None:
    with two_webs(stack) as (one, other, _):
        changes = prepared(one, other)
        with reading(changes, [other]) as read:
            stack.freeze("redis-feeds")
            try:
                make(changes, one, read)
                one.server.process.kill()
            finally:
                stack.thaw("redis-feeds")
            time.sleep(READ_SECONDS)
    assert not read.contradictions


@contextmanager
def two_webs(stack: Stack) -> Iterator[tuple[Web, Web, Proxy]]:
    """The first goes to Redis through the proxy."""
    with Proxy(stack.ports["redis-feeds"]) as proxy, ExitStack() as cleanup:
        webs = []
        for port in (proxy.port, stack.ports["redis-feeds"]):
            settings = {"REDIS_URL": f"redis://127.0.0.1:{port}/0", "RATE_LIMIT_FACTOR": "1000000"}
            server = Server(stack, debug=False, **settings)
            cleanup.callback(server.process.kill)
            webs.append(Web(server))
        yield webs[0], webs[1], proxy


# --- what is read meanwhile -------------------------------------------------------------------------------------------


class Reading:
    """Reads of all changes, again and again, each from its acknowledgement on."""

    def __init__(self) -> None:
        self.acknowledged: set[str] = set()
        self.contradictions: set[str] = set()
        self.ending = threading.Event()

    def repeat(self, change: Change, webs: list[Web]) -> None:
        while not self.ending.is_set():
            for number, web in enumerate(webs):
                is_acknowledged = change.name in self.acknowledged
                if change.is_stale(web) and is_acknowledged:
                    self.contradictions.add(f"{change.name} at web {number}")
            time.sleep(0.1)


@contextmanager
def reading(changes: list[Change], webs: list[Web]) -> Iterator[Reading]:
    read = Reading()
    threads = [threading.Thread(target=read.repeat, args=(change, webs)) for change in changes]
    for thread in threads:
        thread.start()
    try:
        yield read
    finally:
        read.ending.set()
        for thread in threads:
            thread.join()


def make(changes: list[Change], web: Web, read: Reading) -> None:
    """All at once. Each is acknowledged, or 503 where the machine is too busy for the promise."""

    def act(change: Change) -> None:
        answer = change.act(web)
        if answer.status == change.status:
            read.acknowledged.add(change.name)
        elif answer.status != 503:
            refusals.append((change.name, answer))

    refusals: list[tuple[str, Answer]] = []
    threads = [threading.Thread(target=act, args=(change,)) for change in changes]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not refusals
    assert len(read.acknowledged) > len(changes) / 2


# --- what is changed --------------------------------------------------------------------------------------------------


def prepared(*webs: Web) -> list[Change]:
    """A change of each kind, whose old value all webs have read, so that Redis holds it."""
    changes = [*ends_of_sessions(), *changes_of_the_graph(), *changes_of_posts(), *changes_of_accounts()]
    for change in changes:
        for web in (*webs, *webs):
            assert change.is_stale(web), change.name
    return changes


def call(method: str, path: str, who: Person | None = None, body: Any = None) -> Callable[[Web], Answer]:
    return lambda web: web.call(method, path, who, body)


def is_let_in(who: Person) -> Callable[[Web], bool]:
    return lambda web: web.get("/users/me", who).status == 200


def is_there(path: str, who: Person | None = None) -> Callable[[Web], bool]:
    return lambda web: web.get(path, who).status == 200


def shows(path: str, who: Person | None, part: Callable[[Any], Any], value: Any) -> Callable[[Web], bool]:
    """Whether the answer, where it is one, has a value in a part."""

    def look(web: Web) -> bool:
        answer = web.get(path, who)
        return answer.status == 200 and part(answer.json) == value

    return look


def ends_of_sessions() -> list[Change]:
    resets, thief, out, everywhere, one, changes, leaves = (sign_up() for _ in range(7))
    assert resets.post("/auth/forgot-password", {"email": resets.email}).status_code == 202
    reset = {"token": token(resets.email, "reset"), "password": "brown7sparrow"}
    stolen = {"refresh": thief.refresh, "token_delivery": "body"}
    for _ in range(2):
        refreshed = thief.post("/auth/refresh-token", {"refresh": thief.refresh, "token_delivery": "body"})
        thief.refresh = refreshed.json()["refresh"]
    second = logged_in_again(one)
    sid = next(each["id"] for each in one.get("/auth/sessions").json()["results"] if not each["current"])
    others = logged_in_again(changes)
    passwords = {"password": changes.password, "new_password": "brown7sparrow"}
    step_up(leaves)
    return [
        Change("reset", call("POST", "/auth/reset-password", None, reset), 204, is_let_in(resets)),
        Change("refresh twice", call("POST", "/auth/refresh-token", None, stolen), 401, is_let_in(thief)),
        Change("logout", call("POST", "/auth/logout", out), 204, is_let_in(out)),
        Change("logout-all", call("POST", "/auth/logout-all", everywhere), 204, is_let_in(everywhere)),
        Change("end of one", call("DELETE", f"/auth/sessions/{sid}", one), 204, is_let_in(second)),
        Change("password", call("POST", "/auth/change-password", changes, passwords), 204, is_let_in(others)),
        Change("erasure", call("DELETE", "/users/me", leaves), 202, is_let_in(leaves)),
    ]


def logged_in_again(who: Person) -> Person:
    body = {"login": who.username, "password": who.password, "token_delivery": "body"}
    answer = who.post("/auth/login", body)
    assert answer.status_code == 200, answer.content
    return Person(answer.json())


def changes_of_the_graph() -> list[Change]:
    return [blocked(), unblocked(), unfollowed(), removed(), muted(), followed(), accepted()]


def post_of(author: Person, **fields: Any) -> str:
    answer = author.post("/posts", {"content": "before", **fields})
    assert answer.status_code == 201, answer.content
    return str(answer.json()["id"])


def blocked() -> Change:
    ann, bob = sign_up(), sign_up()
    post = post_of(ann)
    both = [is_there(f"/users/{ann.id}", bob), is_there(f"/posts/{post}", bob)]
    return Change(
        "block", call("POST", f"/users/{bob.id}/block", ann), 200, lambda web: any(is_(web) for is_ in both)
    )


def unblocked() -> Change:
    ann, bob = sign_up(), sign_up()
    ann.post(f"/users/{bob.id}/block")
    return Change(
        "unblock",
        call("DELETE", f"/users/{bob.id}/block", ann),
        200,
        lambda web: web.get(f"/users/{ann.id}", bob).status == 404,
    )


def unfollowed() -> Change:
    ann, bob = sign_up(), sign_up()
    ann.post(f"/users/{bob.id}/follow")
    post = post_of(bob, visibility="followers")
    return Change(
        "unfollow", call("DELETE", f"/users/{bob.id}/follow", ann), 200, is_there(f"/posts/{post}", ann)
    )


def removed() -> Change:
    ann, bob = sign_up(), sign_up()
    bob.post(f"/users/{ann.id}/follow")
    post = post_of(ann, visibility="followers")
    return Change(
        "removal", call("DELETE", f"/followers/{bob.id}", ann), 204, is_there(f"/posts/{post}", bob)
    )


def muted() -> Change:
    ann, bob = sign_up(), sign_up()
    ann.post(f"/users/{bob.id}/follow")
    post = post_of(bob)
    return Change(
        "mute",
        call("POST", f"/users/{bob.id}/mute", ann),
        200,
        lambda web: post in (item["id"] for item in web.get("/feed", ann).json.get("results", ())),
    )


def followed() -> Change:
    ann, bob = sign_up(), sign_up()
    seen = shows(f"/users/{bob.id}", ann, lambda user: user["viewer"]["following"], value=False)
    return Change("follow", call("POST", f"/users/{bob.id}/follow", ann), 200, seen)


def accepted() -> Change:
    ann, bob = sign_up(), sign_up()
    assert ann.patch("/users/me", {"locked": True}).status_code == 200
    bob.post(f"/users/{ann.id}/follow")
    seen = shows(f"/users/{ann.id}", bob, lambda user: user["viewer"]["following"], value=False)
    return Change("acceptance", call("POST", f"/follow-requests/{bob.id}/accept", ann), 200, seen)


def changes_of_posts() -> list[Change]:
    ann, bob = sign_up(), sign_up()
    gone, edited, liked, kept, talked_about = (post_of(ann) for _ in range(5))
    comments = [
        bob.post(f"/posts/{talked_about}/comments", {"content": "before"}).json()["id"] for _ in range(3)
    ]
    new = {"content": "after"}
    return [
        Change("deletion", call("DELETE", f"/posts/{gone}", ann), 204, is_there(f"/posts/{gone}")),
        Change("edit", call("PATCH", f"/posts/{edited}", ann, new), 200, is_before(f"/posts/{edited}")),
        Change("like", call("POST", f"/posts/{liked}/like", bob), 200, lacks("liked", liked, bob)),
        Change("bookmark", call("POST", f"/posts/{kept}/bookmark", bob), 200, lacks("bookmarked", kept, bob)),
        Change(
            "deletion of a comment",
            call("DELETE", f"/comments/{comments[0]}", bob),
            204,
            is_there(f"/comments/{comments[0]}"),
        ),
        Change(
            "edit of a comment",
            call("PUT", f"/comments/{comments[1]}", bob, new),
            200,
            is_before(f"/comments/{comments[1]}"),
        ),
        Change(
            "hiding of a comment",
            call("POST", f"/comments/{comments[2]}/hide", ann),
            200,
            is_there(f"/comments/{comments[2]}"),
        ),
        published(),
        *commented(),
    ]


def is_before(path: str) -> Callable[[Web], bool]:
    return shows(path, None, lambda item: item["content"], "before")


def lacks(mark: str, post: str, who: Person) -> Callable[[Web], bool]:
    return shows(f"/posts/{post}", who, lambda item: item["viewer"][mark], value=False)


def commented() -> list[Change]:
    """Under what was read long after any loss, when heads of lists live for long."""
    settle()
    ann = sign_up()
    post, other = post_of(ann), post_of(ann)
    top = ann.post(f"/posts/{other}/comments", {"content": "before"}).json()["id"]
    comments, thread = f"/posts/{post}/comments", f"/comments/{top}/thread"
    new = {"content": "after"}
    answer = call("POST", f"/posts/{other}/comments", ann, {**new, "parent_id": top})
    return [
        Change("comment", call("POST", comments, ann, new), 201, shows(comments, ann, number, 0)),
        Change("answer to a comment", answer, 201, shows(thread, ann, number, 1)),
    ]


def number(page: Any) -> int:
    return len(page["results"])


def published() -> Change:
    """One's own post is in one's own list at once."""
    ann = sign_up()
    post_of(ann)
    newest = shows(f"/users/{ann.id}/posts", ann, lambda page: page["results"][0]["content"], "before")
    return Change("post", call("POST", "/posts", ann, {"content": "after"}), 201, newest)


def changes_of_accounts() -> list[Change]:
    named, renamed, hidden, looking = sign_up(full_name="before"), sign_up(), sign_up(), sign_up()
    step_up(renamed)
    return [
        Change(
            "profile",
            call("PATCH", "/users/me", named, {"full_name": "after"}),
            200,
            shows(f"/users/{named.id}", None, lambda user: user["full_name"], "before"),
        ),
        Change(
            "name",
            call("POST", "/auth/change-username", renamed, {"username": unique_name("new")}),
            200,
            shows(f"/users/{renamed.id}", None, lambda user: user["username"], renamed.username),
        ),
        Change(
            "followers kept private",
            call("PATCH", "/users/me", hidden, {"settings": {"show_followers": False}}),
            200,
            is_there(f"/users/{hidden.id}/followers", looking),
        ),
    ]
