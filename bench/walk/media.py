"""Pictures: uploaded, shown, refused, removed."""

import time
from io import BytesIO
from typing import Any

import urllib3
from PIL import Image

from bench.walk.person import Person, new_person
from bench.walk.town import Town
from media.tests.photos import CAMERA, twelve_megapixels

PAGE = b"<!doctype html><script>alert(1)</script>"


def post_a_photo(town: Town) -> None:
    person, follower = new_person(town, "photographer"), new_person(town, "follower")
    photo = twelve_megapixels()
    media = upload(person, photo, alt="Four colours")
    assert media["state"] == "ready", media
    assert (media["width"], media["height"]) == (3000, 4000)
    content = {"content": "", "media_ids": [media["id"]]}
    post = person.call("POST", "/posts", content, status=201)
    (shown,) = town.call("GET", f"/posts/{post['id']}", status=200)["media"]
    for variant in shown["variants"]:
        answer = urllib3.request("GET", variant["url"])
        assert (answer.status, answer.headers["Content-Type"]) == (200, variant["type"]), variant
        picture = Image.open(BytesIO(answer.data))
        assert picture.size == (variant["width"], variant["height"]), variant
        assert CAMERA.encode() not in answer.data
        assert not picture.getexif()
    assert person.call("POST", "/posts", content, status=409)["type"].endswith("media-attached")
    follower.call("GET", f"/media/{media['id']}", status=404)
    person.call("PATCH", f"/media/{media['id']}", {"alt": "Red, green, blue, yellow"}, status=200)
    (shown,) = town.call("GET", f"/posts/{post['id']}", status=200)["media"]
    assert shown["alt"] == "Red, green, blue, yellow"
    person.call("DELETE", f"/posts/{post['id']}", status=204)
    end = time.monotonic() + 30
    while urllib3.request("GET", shown["variants"][0]["url"]).status != 404:
        assert time.monotonic() < end, "the picture of a deleted post is still there"
        time.sleep(0.1)


def be_refused(town: Town) -> None:
    person = new_person(town, "guesser")
    for body in (
        {"content_type": "image/svg+xml", "size": 100, "purpose": "post"},
        {"content_type": "image/jpeg", "size": 17 * 2**20, "purpose": "post"},
        {"content_type": "image/jpeg", "size": 100, "purpose": "everything"},
    ):
        person.call("POST", "/media", body, status=400)
    begun = begin(person, "image/jpeg", len(PAGE))
    early = {"content": "Early", "media_ids": [begun["media"]["id"]]}
    refused = person.answer("POST", "/posts", early, status=409)
    assert refused.json()["type"].endswith("media-not-ready")
    assert "Retry-After" in refused.headers
    person.call("POST", f"/media/{begun['media']['id']}/complete", status=409)
    assert send(begun["upload"], PAGE + b"more").status >= 400
    rejected = upload(person, PAGE)
    assert rejected["state"] == "rejected", rejected
    assert rejected["reason"], rejected
    assert not rejected["variants"]


def show_ones_face(town: Town) -> None:
    person = new_person(town, "face")
    drawn = urllib3.request("GET", person.me()["avatar_url"])
    assert (drawn.status, drawn.headers["Content-Type"]) == (200, "image/svg+xml")
    media = upload(person, twelve_megapixels(), purpose="avatar")
    own = person.call("PUT", "/users/me/avatar", {"media_id": media["id"]}, status=200)
    picture = Image.open(BytesIO(urllib3.request("GET", own["avatar_url"]).data))
    assert picture.width == picture.height
    post = person.call("POST", "/posts", {"content": "Look."}, status=201)
    assert urllib3.request("GET", post["author"]["avatar_url"]).status == 200
    person.call("DELETE", "/users/me/avatar", status=200)
    assert "svg" in urllib3.request("GET", person.me()["avatar_url"]).headers["Content-Type"]


def begin(person: Person, type_: str, size: int, *, purpose: str = "post", alt: str = "") -> Any:
    body = {"content_type": type_, "size": size, "purpose": purpose, "alt": alt}
    return person.call("POST", "/media", body, status=201)


def send(upload: Any, content: bytes) -> urllib3.BaseHTTPResponse:
    """What a browser sends to S3."""
    fields = {**upload["fields"], "file": ("a name that nobody reads.exe", content)}
    return urllib3.request("POST", upload["url"], fields=fields)


def upload(
    person: Person, content: bytes, *, type_: str = "image/jpeg", purpose: str = "post", alt: str = ""
) -> Any:
    """The medium when it is ready or rejected."""
    begun = begin(person, type_, len(content), purpose=purpose, alt=alt)
    stored = send(begun["upload"], content)
    assert stored.status < 300, stored.data.decode()
    path = f"/media/{begun['media']['id']}"
    person.call("POST", f"{path}/complete", status=202)
    end = time.monotonic() + 60
    while (media := person.call("GET", path, status=200))["state"] not in ("ready", "rejected"):
        assert time.monotonic() < end, media
        time.sleep(0.1)
    return media
