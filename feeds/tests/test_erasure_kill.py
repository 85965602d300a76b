"""Processes are killed at random moments while somebody is erased under load: it goes on until nothing is left."""

import random
import subprocess
import sys
import time
from collections.abc import Sequence
from contextlib import ExitStack

import pytest

from echomate.testing.stack import ROOT, Stack
from feeds.tests.test_kill import Product
from feeds.tests.town import Person, Town

POSTS = 8
PASSWORD = "blue-otter-42x"
VERIFY_SECONDS = 60
CLEAN, UNDER_WAY = 0, 2


class Leaver:
    """One who has written a lot, whom everybody in town follows and likes, and who likes and follows everybody."""

    def __init__(self, town: Town, *, posts: int) -> None:
        self._town = town
        self.person = town.sign_up("leaver")
        for number in range(posts):
            self._act("POST", "/posts", {"content": f"leaving {number}"})
        made = [post["id"] for post in town.listed(f"/users/{self.person.id}/posts", self.person)]
        for other in town.people:
            self._act("POST", f"/users/{other.id}/follow")
            town.insist("POST", f"/users/{self.person.id}/follow", other)
            for post in random.sample(made, 5):
                town.insist("POST", f"/posts/{post}/like", other)
            town.post(other)
            farewell = town.insist("POST", "/posts", other, {"content": "farewell @leaver"})
            other.posts[farewell["id"]] = "farewell @leaver"
            for theirs in other.posts:
                self._act("POST", f"/posts/{theirs}/like")

    def leave(self) -> None:
        self._act("POST", "/auth/step-up", {"password": PASSWORD})
        assert self._act("DELETE", "/users/me")["erased_at"]

    def _act(self, method: str, path: str, body: object = None) -> dict[str, str]:
        answer: dict[str, str] = self._town.insist(method, path, self.person, body)
        return answer


def verify(product: Product, person: Person) -> int:
    """The exit code of the command: 2 while there is no receipt."""
    command = [sys.executable, "manage.py", "verify_erasure", person.id, "--username", "leaver"]
    done = subprocess.run(
        [*command, "--email", "leaver@example.org"],
        cwd=ROOT,
        env=product.environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode in {CLEAN, UNDER_WAY}, done.stdout + done.stderr
    return done.returncode


def erase_while_killing(victims: Sequence[str], *, kills: int, posts: int, dynamodb_local: bool) -> None:
    with ExitStack() as cleanup:
        stack = Stack(dynamodb_local=dynamodb_local, durable=True)
        product = Product(stack, ERASURE_DELAY_SECONDS="1", ERASURE_SETTLE_SECONDS="2")
        cleanup.enter_context(product.running())
        town = Town(product.port)
        leaver = Leaver(town, posts=posts)
        with town.busy():
            leaver.leave()
            time.sleep(random.uniform(0.8, 3))
            for number in range(kills):
                product.kill(victims[number % len(victims)])
                time.sleep(random.uniform(0.2, 6))
        end = time.monotonic() + VERIFY_SECONDS + 20 * kills
        while verify(product, leaver.person) != CLEAN:
            assert time.monotonic() < end, "the erasure doesn't come to an end"
            time.sleep(3)  # a look takes a process and a second of CPU
        town.wait_until_right(within=60)


@pytest.mark.timed
def test_an_erasure_whose_worker_and_projector_are_killed_goes_on_until_nothing_is_left() -> None:
    erase_while_killing(["worker", "projector"], kills=2, posts=POSTS, dynamodb_local=False)


@pytest.mark.kill
def test_an_erasure_goes_on_whatever_is_killed() -> None:
    victims = ["worker", "projector", "redis-feeds", "worker", "web", "redis-state", "dynamodb"]
    erase_while_killing(victims, kills=21, posts=400, dynamodb_local=True)
