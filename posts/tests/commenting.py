"""What tests of comments do again and again."""

from typing import Any

from echomate import cache, keys, timelines
from posts.tests.actor import Actor, Person


def comment_on(post: int, by: Person, content: str = "hello", *, parent: int | None = None) -> int:
    """The id of a new comment."""
    answers = {} if parent is None else {"parent_id": str(parent)}
    answer = by.post(f"posts/{post}/comments", {"content": content, **answers})
    assert answer.status == 201, answer.content
    return int(answer.json["id"])


def thread(reader: Actor, comment: int, query: str = "") -> list[dict[str, Any]]:
    answer = reader.get(f"comments/{comment}/thread{query}")
    assert answer.status == 200, answer.content
    found: list[dict[str, Any]] = answer.json["results"]
    return found


def ids_of(comments: list[dict[str, Any]]) -> list[int]:
    return [int(comment["id"]) for comment in comments]


def walk(reader: Actor, path: str) -> list[int]:
    """All ids of a list, page by page."""
    found: list[int] = []
    url: str | None = path
    while url:
        page = reader.get(url).json
        found += ids_of(page["results"])
        url = page["next"]
    return found


def settle() -> None:
    """Let Redis look as if it had lost nothing lately: what is read after a loss lives a second."""
    cache.ask(*(("SET", keys.epoch(number), 1) for number in range(timelines.EPOCHS)))
