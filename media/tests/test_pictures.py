"""Avatars and covers: taken up once, shown wherever their owner is, gone when another takes their place."""

import urllib.request
from concurrent.futures import ThreadPoolExecutor

import pytest

from accounts.pictures import default_url
from echomate import keys
from echomate.testing.client import Caller, Person, problem
from media.models import Media, State
from media.purposes import Purpose
from media.tests.ready import FILE, ready

PATHS = {Purpose.AVATAR: ("/users/me/avatar", "avatar_url"), Purpose.COVER: ("/users/me/cover", "cover_url")}


def unsigned(url: str) -> str:
    """What of it doesn't change with the hour."""
    return url.partition("?")[0]


def name_of(url: str) -> str:
    return unsigned(url).rpartition("/")[2]


def is_there(media: int) -> bool:
    return Media.read(keys.media(media)) is not None


@pytest.mark.parametrize(("purpose", "file"), [(Purpose.AVATAR, "320.webp"), (Purpose.COVER, "1280.webp")])
def test_a_picture_is_shown_to_all_and_can_be_opened(ann: Person, purpose: Purpose, file: str) -> None:
    path, field = PATHS[purpose]
    assert Caller().get(f"/users/{ann.id}").status_code == 200  # the card is cached
    answer = ann.put(path, {"media_id": str(ready(ann.id, purpose=purpose))})
    assert answer.status_code == 200, answer.content
    url = answer.json()[field]
    assert name_of(url) == file
    for shown in (Caller().get(f"/users/{ann.id}"), ann.get("/users/me")):
        assert unsigned(shown.json()[field]) == unsigned(url)
    with urllib.request.urlopen(url, timeout=30) as opened:  # noqa: S310 - the emulator's
        assert opened.read() == FILE


def test_a_post_shows_the_avatar_of_its_author(ann: Person) -> None:
    post = ann.post("/posts", {"content": "hello"}).json()["id"]
    user = ann.put("/users/me/avatar", {"media_id": str(ready(ann.id, purpose=Purpose.AVATAR))}).json()
    shown = Caller().get(f"/posts/{post}").json()["author"]["avatar_url"]
    assert unsigned(shown) == unsigned(user["avatar_url"])


def test_the_picture_before_is_removed_and_none_is_the_drawn_one(ann: Person) -> None:
    first, second = (ready(ann.id, purpose=Purpose.AVATAR) for _ in range(2))
    for media in (first, second, second):
        assert ann.put("/users/me/avatar", {"media_id": str(media)}).status_code == 200
    assert (is_there(first), is_there(second)) == (False, True)
    for _ in range(2):
        answer = ann.delete("/users/me/avatar")
        assert (answer.status_code, answer.json()["avatar_url"]) == (200, default_url(ann.id))
    assert not is_there(second)


def test_avatar_and_cover_do_not_touch_each_other(ann: Person) -> None:
    for purpose, (path, _) in PATHS.items():
        assert ann.put(path, {"media_id": str(ready(ann.id, purpose=purpose))}).status_code == 200
    user = ann.delete("/users/me/cover").json()
    assert user["cover_url"] is None
    assert name_of(user["avatar_url"]) == "320.webp"


def test_what_is_not_for_this_is_refused(ann: Person, bob: Person) -> None:
    not_mine = ready(bob.id, purpose=Purpose.AVATAR)
    for media in (not_mine, ready(ann.id), ready(ann.id, purpose=Purpose.COVER), 12345, "x"):
        answer = ann.put("/users/me/avatar", {"media_id": str(media)})
        assert (answer.status_code, list(answer.json()["errors"])) == (400, ["media_id"])
    for nothing in (None, 5, "", {"id": "1"}):
        assert ann.put("/users/me/avatar", {"media_id": nothing}).status_code == 400
    assert ann.put("/users/me/avatar", {}).status_code == 400
    waiting = ready(ann.id, purpose=Purpose.AVATAR, state=State.PROCESSING)
    answer = ann.put("/users/me/avatar", {"media_id": str(waiting)})
    assert (answer.status_code, problem(answer)) == (409, "media-not-ready")
    assert Caller().put("/users/me/avatar", {"media_id": str(not_mine)}).status_code == 401


def test_of_many_at_once_one_is_shown_and_the_others_are_gone(ann: Person) -> None:
    media = [ready(ann.id, purpose=Purpose.AVATAR) for _ in range(6)]
    with ThreadPoolExecutor(6) as pool:
        statuses = pool.map(
            lambda id_: ann.put("/users/me/avatar", {"media_id": str(id_)}).status_code, media
        )
        assert set(statuses) <= {200, 409}
    shown = ann.get("/users/me").json()["avatar_url"]
    assert sum(f"/{id_}/" in shown for id_ in media) == 1
    attached = [found for id_ in media if (found := Media.read(keys.media(id_))) and found.attached]
    assert [f"/{int(found.id)}/" in shown for found in attached] == [True]
