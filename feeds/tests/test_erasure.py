"""Everything of a user is planted, the user is erased, and all stores are searched."""

import re
from io import StringIO
from typing import Any

import orjson
from django.core import mail
from django.core.management import CommandError, call_command

from echomate import cache, keys, privacy
from echomate.testing.client import Caller, Person, sign_up
from echomate.testing.stack import needs_times_of_records
from feeds.tests.erasing import ask, erase, erasure_job, everything, run_out, soon
from feeds.tests.planting import MARK, Plot, entities, plant_everything, planted_entities
from posts.tests.commenting import settle

pytestmark = needs_times_of_records


def counts(person: Person) -> dict[str, int]:
    found: dict[str, int] = person.get("/users/me").json()["counts"]
    return found


def test_every_entity_is_erased_or_has_a_reason() -> None:
    erased = {entity for eraser in privacy.erasers() for entity in eraser.entities}
    without = privacy.without_eraser()
    assert set(entities()) - erased - set(without) == set()
    assert erased & set(without) == set()
    assert all(without.values())


def test_every_entity_that_is_erased_is_planted() -> None:
    erased = {entity for eraser in privacy.erasers() for entity in eraser.entities}
    assert erased - planted_entities() == set()


def test_nothing_is_left_of_one_who_had_everything_but_the_receipt() -> None:
    person, friend, foe = sign_up("zeb"), sign_up("friend"), sign_up("foe")
    former_name, former = person.username, person.email
    with soon() as projector:
        post = friend.post("/posts", {"content": "hello"}).json()["id"]
        projector.catch_up()
        plant_everything(Plot(person, friend, foe, post))
        projector.catch_up()
        for one in (person, friend, foe):
            for path in (
                "/feed",
                "/timeline",
                f"/users/{person.id}",
                f"/relations?ids={person.id}",
                "/users/me",
            ):
                one.get(path)
        receipt = erase(person)
        projector.catch_up()

        hashes = [keys.email_claim(address)[0][6:] for address in (person.email, former)]
        names = re.compile(
            rf"(?<!\d)0*{person.id}(?!\d)|(?<!@){person.username}|(?<!@){former_name}|{'|'.join(hashes)}|{MARK}"
        )
        left = [where for where, text in everything() if names.search(text)]
        receipt_key = " ".join(("table", *keys.erasure_receipt(person.id)))
        assert set(left) == {receipt_key}
        assert receipt["removed"]["posts, their former versions and the likes of them"] == 9
        assert receipt["removed"]["followers"] == 1
        assert receipt["removed"]["mentions in what others have written"] == 3
        assert counts(friend) == {"posts": 2, "followers": 0, "following": 0, "likes": 0}
        assert friend.get(f"/posts/{post}").json()["counts"]["likes"] == 0
        assert foe.get("/blocks").json()["results"] == []

        verified = verify(str(person.id), "--username", person.username, "--email", person.email)
        assert verified == (0, [])
        assert [
            m.extra_headers["Message-ID"].split(".")[1].split("@")[0]
            for m in mail.outbox
            if m.to == [person.email]
        ][-2:] == ["erasure-begun", "erased"]


def test_comments_of_one_who_is_erased_leave_what_is_cached_of_their_places() -> None:
    person, friend = sign_up("zoe"), sign_up("friend")
    with soon() as projector:
        post = friend.post("/posts", {"content": "hello"}).json()["id"]
        lone, answered = (comment(person, post) for _ in range(2))
        comment(person, post, parent=answered)
        answer = comment(friend, post, parent=answered, content="mine")
        projector.catch_up()
        settle()
        paths = [
            *(f"/posts/{post}/comments?sort={sort}" for sort in ("oldest", "newest")),
            *(f"/comments/{answered}/{what}" for what in ("replies", "thread")),
        ]

        def shown() -> list[list[dict[str, Any]]]:
            answers = [one.get(path) for _ in range(2) for one in (friend, Caller()) for path in paths]
            return [answer.json().get("results", []) for answer in answers]

        assert str(shown()).count(lone) > 0
        ask(person)
        assert not re.search(rf"{person.id}|{person.username}|{MARK}", str(shown()))
        run_out(person.id, erasure_job(person.id))
        projector.catch_up()
        warm = shown()
        cache.client().flushdb()
        assert warm == shown()
        left = [[one["id"] for one in results] for results in warm[: len(paths)]]
        assert left == [[answered], [answered], [answer], [answered, answer]]
        assert not re.search(rf"{person.id}|{person.username}|{MARK}", str(warm))


def comment(person: Person, post: str, *, parent: str | None = None, content: str = MARK) -> str:
    body = {"content": content} | ({"parent_id": parent} if parent else {})
    made = person.post(f"/posts/{post}/comments", body)
    assert made.status_code == 201, made.content
    return str(made.json()["id"])


def verify(*arguments: str) -> tuple[int, list[str]]:
    """Exit code and traces."""
    out = StringIO()
    try:
        call_command("verify_erasure", *arguments, "--json", stdout=out)
    except SystemExit as ended:
        return int(ended.code or 0), orjson.loads(out.getvalue())["traces"]
    except CommandError as error:
        return error.returncode, []
    return 0, orjson.loads(out.getvalue())["traces"]
