"""A town of people who use the product over HTTP, and remember what was acknowledged to them."""

import itertools
import random
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import orjson
import urllib3

PEOPLE = 12
FEED_DEPTH = 40
PATIENCE_SECONDS = 60

_nonces = itertools.count(1)


class Unclear(Exception):
    """No answer came, or 503: the write may have happened or not."""


@dataclass
class Person:
    """What one person did, each entry acknowledged. A person acts in one thread only."""

    id: str
    token: str
    follows: set[str] = field(default_factory=set)
    likes: set[str] = field(default_factory=set)
    posts: dict[str, str] = field(default_factory=dict)
    """id → nonce of the content."""
    deleted: set[str] = field(default_factory=set)
    unclear: set[str] = field(default_factory=set)
    """Nonces of posts that were sent, and no answer came."""


class Town:
    """Load, and at the end the comparison of all that the API shows with what was acknowledged."""

    def __init__(self, port: int) -> None:
        self.pool = urllib3.connection_from_url(
            f"http://127.0.0.1:{port}", maxsize=8, retries=False, timeout=8
        )
        self.people = [self.sign_up(f"neighbour{n}") for n in range(PEOPLE)]
        self.writes: Counter[str] = Counter()
        self._ending = threading.Event()

    # --- load ---------------------------------------------------------------------------------------------------------

    @contextmanager
    def busy(self) -> Iterator[None]:
        """Two threads act for half of the people each."""
        threads = [threading.Thread(target=self._live, args=(self.people[half::2],)) for half in (0, 1)]
        for thread in threads:
            thread.start()
        try:
            yield
        finally:
            self._ending.set()
            for thread in threads:
                thread.join()

    def wait_for_writes(self, number: float) -> None:
        """Until there were so many of each kind, however slow the machine is."""
        end = time.monotonic() + PATIENCE_SECONDS
        while min(self.writes[kind] for kind in ("post", "POST like", "POST follow")) < number:
            assert time.monotonic() < end, self.writes
            time.sleep(0.05)

    def _live(self, people: list[Person]) -> None:
        acts = [self.post, self.post, self._like, self._like, self._unlike, self._follow, self._unfollow]
        acts += [self._read_feed, self._read_feed, self._delete]
        while not self._ending.is_set():
            random.choice(acts)(random.choice(people))
            time.sleep(0.005)

    def post(self, person: Person) -> None:
        nonce = f"n{next(_nonces)}"
        person.unclear.add(nonce)
        try:
            made = self._call("POST", "/posts", person, {"content": nonce})
        except Unclear:
            return
        person.unclear.remove(nonce)
        person.posts[made["id"]] = nonce
        self.writes["post"] += 1

    def _delete(self, person: Person) -> None:
        if not person.posts or random.random() < 0.7:
            return
        post = random.choice(list(person.posts))
        self.insist("DELETE", f"/posts/{post}", person)
        del person.posts[post]
        person.deleted.add(post)

    def _like(self, person: Person) -> None:
        post = self._some_post()
        if post and self.insist("POST", f"/posts/{post}/like", person) is not None:
            person.likes.add(post)

    def _unlike(self, person: Person) -> None:
        if person.likes:
            post = random.choice(list(person.likes))
            self.insist("DELETE", f"/posts/{post}/like", person)
            person.likes.discard(post)

    def _some_post(self) -> str | None:
        posts = list(random.choice(self.people).posts.copy())
        return random.choice(posts[-5:]) if posts else None

    def _follow(self, person: Person) -> None:
        other = random.choice(self.people)
        if other is not person:
            self.insist("POST", f"/users/{other.id}/follow", person)
            person.follows.add(other.id)

    def _unfollow(self, person: Person) -> None:
        if person.follows and random.random() < 0.5:
            other = random.choice(list(person.follows))
            self.insist("DELETE", f"/users/{other}/follow", person)
            person.follows.discard(other)

    def _read_feed(self, person: Person) -> None:
        try:
            self._call("GET", "/feed", person)
        except Unclear:
            return

    # --- HTTP ---------------------------------------------------------------------------------------------------------

    def sign_up(self, name: str) -> Person:
        body = {"username": name, "email": f"{name}@example.org", "password": "blue-otter-42x"}
        made = self._call("POST", "/auth/signup", None, body | {"token_delivery": "body"})
        return Person(made["user"]["id"], made["access"])

    def insist(self, method: str, path: str, person: Person, body: Any = None) -> Any:
        """Repeat what may be repeated until it is answered; None where it isn't there (any more)."""
        end = time.monotonic() + PATIENCE_SECONDS
        while True:
            try:
                answer = self._call(method, path, person, body)
            except Unclear:
                if time.monotonic() > end:
                    raise
                time.sleep(0.05)
                continue
            if answer is not None:
                self.writes[f"{method} {path.rpartition('/')[2] or path}"[:12]] += 1
            return answer

    def _call(self, method: str, path: str, person: Person | None, body: Any = None) -> Any:
        """The JSON of the answer, {} where it has none, None for 404."""
        headers = {"Content-Type": "application/json"}
        if person is not None:
            headers["Authorization"] = f"Bearer {person.token}"
        content = orjson.dumps(body) if body is not None else None
        try:
            answer = self.pool.urlopen(method, f"/api/v1{path}", body=content, headers=headers)
        except urllib3.exceptions.HTTPError as error:
            raise Unclear from error
        if answer.status == 503:
            assert "Retry-After" in answer.headers
            raise Unclear
        if answer.status == 404:
            return None
        assert answer.status < 400, (method, path, answer.status, answer.data)
        return orjson.loads(answer.data) if answer.data else {}

    # --- the comparison -----------------------------------------------------------------------------------------------

    def wait_until_right(self, *, within: float) -> None:
        """All that the API shows equals what was acknowledged, within so many seconds."""
        end = time.monotonic() + within
        while wrong := self.differences():
            if time.monotonic() > end:
                raise AssertionError(f"after {within} s: " + "; ".join(wrong[:20]))
            time.sleep(0.5)

    def differences(self) -> list[str]:
        """What the API shows differently, a sentence each."""
        try:
            listed = {person.id: self.listed(f"/users/{person.id}/posts", person) for person in self.people}
            wrong = [text for person in self.people for text in self._wrong_posts(person, listed[person.id])]
            return wrong + [text for person in self.people for text in self._wrong(person, listed)]
        except Unclear:
            return ["a read was not answered"]

    def _wrong_posts(self, person: Person, listed: list[Any]) -> Iterator[str]:
        found = {post["id"]: post["content"] for post in listed}
        if len(listed) != len(found):
            yield f"the posts of {person.id} repeat"
        if lost := person.posts.keys() - found.keys():
            yield f"posts of {person.id} are lost: {lost}"
        if risen := person.deleted & found.keys():
            yield f"deleted posts of {person.id} are back: {risen}"
        extra = [content for post, content in found.items() if post not in person.posts]
        if not person.unclear.issuperset(extra) or len(extra) != len(set(extra)):
            yield f"posts of {person.id} that were never sent, or twice: {extra}"
        likers = Counter(post for liker in self.people for post in liker.likes)
        for post in listed:
            if post["counts"]["likes"] != likers[post["id"]]:
                yield f"post {post['id']} counts {post['counts']['likes']} likes of {likers[post['id']]}"

    def _wrong(self, person: Person, listed: dict[str, list[Any]]) -> Iterator[str]:
        counts = self._call("GET", f"/users/{person.id}", person)["counts"]
        expected = {
            "posts": len(listed[person.id]),
            "followers": sum(person.id in other.follows for other in self.people),
            "following": len(person.follows),
            "likes": len(person.likes),
        }
        if counts != expected:
            yield f"{person.id} counts {counts}, should be {expected}"
        following = [user["id"] for user in self.listed(f"/users/{person.id}/following", person)]
        if sorted(following) != sorted(person.follows):
            yield f"{person.id} follows {sorted(following)}, should be {sorted(person.follows)}"
        authors = {person.id, *person.follows}
        ids = sorted((int(post["id"]) for author in authors for post in listed[author]), reverse=True)
        shown = [int(post["id"]) for post in self.listed("/feed", person)]
        if shown != ids[:FEED_DEPTH]:
            missing, extra = set(ids[:FEED_DEPTH]) - set(shown), set(shown) - set(ids[:FEED_DEPTH])
            yield f"the feed of {person.id} lacks {missing}, has {extra}, of {len(shown)}"

    def listed(self, path: str, person: Person) -> list[Any]:
        """All pages of a list."""
        items: list[Any] = []
        page = self._call("GET", f"{path}?limit=50", person)
        while True:
            items += page["results"]
            if page["next"] is None:
                return items
            page = self._call("GET", page["next"].partition("/api/v1")[2], person)
