"""Posts with pictures: taken up once, shown with URLs that work, given up with the post."""

import urllib.request
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from echomate import keys, table
from echomate.metering import metering
from echomate.testing.projecting import Projecting
from echomate.testing.proxy import Proxy
from media.models import Media, State
from media.purposes import Purpose
from media.tests.ready import FILE, SIDES, ready
from posts.imports import take_posts
from posts.tests.actor import Actor, Person
from posts.tests.test_away import lose_first_answers

pytestmark = pytest.mark.store


def media_of(person: Actor, post: int) -> list[int]:
    answer = person.get(f"posts/{post}")
    assert answer.status == 200, answer.content
    return [int(one["id"]) for one in answer.json["media"]]


def text(ids: list[int]) -> list[str]:
    return [str(id_) for id_ in ids]


def attached(media: int) -> str | None:
    found = Media.read(keys.media(media))
    return found.attached if found else None


def unsigned(media: list[dict[str, Any]]) -> list[tuple[object, ...]]:
    """What doesn't change with the hour."""
    return [
        (one["id"], one["alt"], *(variant["url"].partition("?")[0] for variant in one["variants"]))
        for one in media
    ]


def opened(url: str) -> bytes:
    with urllib.request.urlopen(url, timeout=30) as answer:  # noqa: S310 - the emulator's
        body: bytes = answer.read()
    return body


def test_a_post_shows_its_pictures_in_their_order_with_urls_that_work(ann: Person, nobody: Actor) -> None:
    media = [ready(ann.id, alt=f"picture {n}") for n in range(4)]
    answer = ann.post("posts", {"content": "", "media_ids": text(media)})
    assert answer.status == 201, answer.content
    assert [int(one["id"]) for one in answer.json["media"]] == media
    shown = nobody.get(f"posts/{answer.json['id']}").json["media"]
    assert unsigned(shown) == unsigned(answer.json["media"])
    assert [one["alt"] for one in shown] == [f"picture {n}" for n in range(4)]
    assert [variant["width"] for variant in shown[0]["variants"]] == list(SIDES)
    assert opened(shown[3]["variants"][2]["url"]) == FILE
    assert attached(media[0]) == keys.post_partition(int(answer.json["id"]))


def test_lists_and_feeds_show_the_same(ann: Person, nobody: Actor) -> None:
    post = ann.publish("look", media_ids=text([ready(ann.id)]))
    shown = ann.get(f"posts/{post}").json["media"]
    for path in (f"users/{ann.name}/posts", "feed", f"posts?ids={post}"):
        (found,) = [one for one in ann.get(path).json["results"] if one["id"] == str(post)]
        assert unsigned(found["media"]) == unsigned(shown), path


NOT_ONES_OWN: dict[str, Callable[[int, int], Sequence[int | str]]] = {
    "another's": lambda _ann, bob: [ready(bob)],
    "none that is there": lambda _ann, _bob: [12345],
    "no id": lambda _ann, _bob: ["a"],
    "one twice": lambda ann, _bob: [ready(ann)] * 2,
    "five": lambda ann, _bob: [ready(ann) for _ in range(5)],
    "an avatar": lambda ann, _bob: [ready(ann, purpose=Purpose.AVATAR)],
    "a rejected one": lambda ann, _bob: [ready(ann, state=State.REJECTED)],
}


@pytest.mark.parametrize("kind", NOT_ONES_OWN)
def test_media_that_are_not_for_this_are_refused_by_their_place(ann: Person, bob: Person, kind: str) -> None:
    media = NOT_ONES_OWN[kind](ann.id, bob.id)
    answer = ann.post("posts", {"content": "x", "media_ids": list(map(str, media))})
    assert (answer.status, answer.problem) == (400, "invalid"), answer.content
    assert all(name.startswith("media_ids") for name in answer.json["errors"])
    assert ann.ids(f"users/{ann.name}/posts") == []


@pytest.mark.parametrize("state", [State.PENDING, State.PROCESSING])
def test_media_in_the_making_are_waited_for(ann: Person, state: State) -> None:
    media = text([ready(ann.id), ready(ann.id, state=state)])
    answer = ann.post("posts", {"content": "x", "media_ids": media})
    assert (answer.status, answer.problem) == (409, "media-not-ready")
    assert list(answer.json["errors"]) == ["media_ids.1"]
    assert int(answer.headers["Retry-After"]) >= 1
    assert attached(int(media[0])) is None


def test_neither_text_nor_picture_is_no_post(ann: Person) -> None:
    for body in ({"content": ""}, {}, {"content": " ", "media_ids": []}, {"media_ids": None}):
        answer = ann.post("posts", body)
        assert answer.status == 400, body
        assert set(answer.json["errors"]) <= {"content", "media_ids"}


def test_of_many_posts_at_once_one_takes_up_a_picture(ann: Person) -> None:
    media = text([ready(ann.id)])
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: ann.post("posts", {"content": "", "media_ids": media}), range(8)))
    assert sorted(answer.status for answer in answers) == [201] + [409] * 7
    assert {answer.problem for answer in answers if answer.status == 409} == {"media-attached"}
    assert len(ann.ids(f"users/{ann.name}/posts")) == 1


def test_a_repeated_creation_is_the_same_post(ann: Person) -> None:
    body = {"content": "", "media_ids": text([ready(ann.id)])}
    first, second = (ann.post("posts", body, Idempotency_Key="a-picture") for _ in range(2))
    assert (first.status, first.json) == (second.status, second.json)


def test_writes_whose_answers_are_lost_are_done_once(ann: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    first, second = ready(ann.id), ready(ann.id)
    ann.get("users/me")  # which notes that the session is used
    lost = lose_first_answers(monkeypatch)
    created = ann.post("posts", {"content": "", "media_ids": text([first])})
    assert (created.status, lost) == (201, ["TransactWriteItems"])
    post = int(created.json["id"])
    lost.clear()
    assert ann.patch(f"posts/{post}", {"media_ids": text([second])}).status == 200
    assert lost == ["TransactWriteItems"]
    assert media_of(ann, post) == [second]
    assert (attached(first), attached(second)) == (None, keys.post_partition(post))
    assert len(ann.ids(f"users/{ann.name}/posts")) == 1


def test_an_edit_takes_up_gives_up_and_orders_pictures(ann: Person) -> None:
    kept, given_up, taken = (ready(ann.id) for _ in range(3))
    post = ann.publish("look", media_ids=text([given_up, kept]))
    answer = ann.patch(f"posts/{post}", {"media_ids": text([taken, kept])})
    assert [int(one["id"]) for one in answer.json["media"]] == [taken, kept]
    assert answer.json["edited_at"]
    assert media_of(ann, post) == [taken, kept]
    assert Media.read(keys.media(given_up)) is None
    assert attached(taken) == keys.post_partition(post)
    assert ann.patch(f"posts/{post}", {"media_ids": text([kept, taken])}).status == 200
    assert media_of(ann, post) == [kept, taken]
    assert ann.patch(f"posts/{post}", {"content": "new"}).status == 200
    assert media_of(ann, post) == [kept, taken]


def test_a_put_without_media_gives_them_up(ann: Person) -> None:
    media = ready(ann.id)
    post = ann.publish("look", media_ids=text([media]))
    assert ann.put(f"posts/{post}", {"content": "only words"}).json["media"] == []
    assert Media.read(keys.media(media)) is None


def test_an_edit_leaves_no_empty_post_and_takes_no_pictures_of_another_post(ann: Person) -> None:
    other = ready(ann.id)
    ann.publish("other", media_ids=text([other]))
    media = ready(ann.id)
    post = ann.publish("", media_ids=text([media]))
    assert ann.patch(f"posts/{post}", {"media_ids": []}).status == 400
    refused = ann.patch(f"posts/{post}", {"media_ids": text([media, other])})
    assert (refused.status, refused.problem) == (409, "media-attached")
    assert list(refused.json["errors"]) == ["media_ids.1"]
    assert media_of(ann, post) == [media]
    unknown = ann.patch(f"posts/{post}", {"media_ids": [str(media), "1"]})
    assert (unknown.status, list(unknown.json["errors"])) == (400, ["media_ids.1"])
    assert ann.patch(f"posts/{post}", {"content": "words", "media_ids": []}).status == 200
    assert ann.patch(f"posts/{post}", {"content": ""}).status == 400


def test_another_alternative_text_is_shown_at_once(ann: Person, nobody: Actor) -> None:
    media = ready(ann.id, alt="before")
    post = ann.publish("", media_ids=text([media]))
    assert nobody.get(f"posts/{post}").json["media"][0]["alt"] == "before"
    assert ann.patch(f"media/{media}", {"alt": "after"}).status == 200
    assert nobody.get(f"posts/{post}").json["media"][0]["alt"] == "after"


def test_an_import_takes_posts_without_media_that_did_not_come_along(ann: Person) -> None:
    rows = [
        {"id": "900000000000000000", "visibility": "public", "content": "words", "media": ["1"]},
        {"id": "900000000000000001", "visibility": "public", "content": "", "media": ["1"]},
    ]
    first, second = take_posts(ann.id, rows, lambda _name: None)
    assert (first, (second or "").partition(":")[0]) == (None, "content")


def test_edits_at_once_leave_nothing_attached_that_is_not_shown(ann: Person) -> None:
    media = [ready(ann.id) for _ in range(4)]
    post = ann.publish("", media_ids=text(media[:1]))
    wanted = [media[1:2], media[2:3], media[1:3], media[3:], media[2:]]
    with ThreadPoolExecutor(5) as pool:
        patch = pool.map(lambda ids: ann.patch(f"posts/{post}", {"media_ids": text(ids)}).status, wanted)
        assert set(patch) <= {200, 400, 409, 412}
    shown = media_of(ann, post)
    assert shown in wanted
    assert {id_ for id_ in media if attached(id_) == keys.post_partition(post)} == set(shown)


def test_a_deletion_amid_edits_takes_all_pictures_along(ann: Person, projector: Projecting) -> None:
    media = [ready(ann.id) for _ in range(4)]
    post = ann.publish("", media_ids=text(media[:1]))
    with ThreadPoolExecutor(5) as pool:
        edits = [pool.submit(ann.patch, f"posts/{post}", {"media_ids": text([id_])}) for id_ in media[1:]]
        assert pool.submit(ann.delete, f"posts/{post}").result().status == 204
        assert {edit.result().status for edit in edits} <= {200, 404, 412}
    projector.catch_up()
    assert [id_ for id_ in media if attached(id_)] == []


def test_a_deleted_post_takes_its_pictures_along(ann: Person, projector: Projecting) -> None:
    media = [ready(ann.id), ready(ann.id)]
    post = ann.publish("", media_ids=text(media))
    assert ann.delete(f"posts/{post}").status == 204
    projector.catch_up()
    assert [Media.read(keys.media(id_)) for id_ in media] == [None, None]
    assert "Media" not in (table.get_item(keys.post(post)) or {})


def test_s3_is_not_asked_for_what_is_shown_and_its_absence_not_noticed(
    ann: Person, storage_proxy: Proxy
) -> None:
    media = ready(ann.id)
    storage_proxy.refuse()
    post = ann.publish("", media_ids=text([media]))
    assert media_of(ann, post) == [media]


def test_a_page_of_posts_with_pictures_costs_one_more_read_cold_and_none_warm(ann: Person) -> None:
    ids = ",".join(str(ann.publish("", media_ids=text([ready(ann.id)]))) for _ in range(3))
    with metering() as cold:
        ann.get(f"posts?ids={ids}")
    assert [operation for operation, _ in cold.dynamodb].count(
        "BatchGetItem"
    ) == 4  # posts, media, counts, marks
    with metering() as warm:
        ann.get(f"posts?ids={ids}")
    assert warm.dynamodb == []
