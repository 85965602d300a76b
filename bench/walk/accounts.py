"""What becomes of accounts: names, export and import, erasure, commands."""

import json
import secrets
import time
import zipfile
from email.message import EmailMessage
from io import BytesIO
from typing import Any

import urllib3

from bench.walk.media import begin, upload
from bench.walk.person import PASSWORD, Person, new_person
from bench.walk.town import Town, text_of, token_in
from media.tests.photos import twelve_megapixels


def take_another_name(town: Town) -> None:
    person = new_person(town)
    new = f"renamed_{secrets.token_hex(3)}"
    person.call("POST", "/auth/change-username", {"username": new}, status=403)
    person.step_up()
    assert person.call("POST", "/auth/change-username", {"username": new}, status=200)["username"] == new
    old, person.name = person.name, new
    assert town.call("GET", f"/users/{new}", status=200)["username"] == new
    town.call("GET", f"/users/{old}", status=307)
    taken = {"username": old, "email": f"x-{person.email}", "password": PASSWORD}
    assert "username" in town.call("POST", "/auth/signup", taken, status=409)["errors"]
    profile = {
        "full_name": "A  Walker",
        "bio": "Walks.",
        "settings": {"locale": "de"},
        "phone_number": "+4930123456",
    }
    assert person.call("PATCH", "/users/me", profile, status=200)["phone_number"] == "+4930123456"
    assert "phone_number" not in town.call("GET", f"/users/{new}", status=200)
    whole = {"full_name": "Walker"}
    assert person.call("PUT", f"/users/{new}/profile", whole, status=200)["bio"] == ""


def take_everything_along(town: Town) -> None:
    person, heir = new_person(town), new_person(town, "heir")
    for number in range(3):
        person.call("POST", "/posts", {"content": f"Step {number} <b>of the walk</b>"}, status=201)
    photo = twelve_megapixels()
    picture = upload(person, photo)["id"]
    view = person.call("POST", "/posts", {"content": "The view", "media_ids": [picture]}, status=201)["id"]
    comment = person.call("POST", f"/posts/{view}/comments", {"content": "From the hill"}, status=201)["id"]
    reply = {"content": "Of all hills", "parent_id": comment}
    person.call("POST", f"/posts/{view}/comments", reply, status=201)
    person.call("POST", f"/users/{heir.name}/follow", status=200)
    person.call("POST", "/users/me/export", status=403)
    person.step_up()
    job = _ended(person, person.call("POST", "/users/me/export", status=202)["job"])
    heir.call("GET", f"/jobs/{job['id']}", status=404)
    town.letter(person.email, "your data is ready")
    content = urllib3.request("GET", job["result_url"], timeout=30).data
    archive = town.directory / "export.zip"
    archive.write_bytes(content)
    with zipfile.ZipFile(BytesIO(content)) as opened:
        assert opened.testzip() is None
        assert len(opened.read("posts.jsonl").splitlines()) == 4
        assert opened.read(f"media/{picture}.jpg") == photo
        shown = town.directory / "export"
        opened.extractall(shown)
    town.look((shown / "index.html").as_uri(), "export")
    sent = upload(heir, content, type_="application/zip", purpose="import")
    heir.call("POST", "/users/me/import", {"media_id": sent["id"]}, status=403)
    heir.step_up()
    job = _ended(heir, heir.call("POST", "/users/me/import", {"media_id": sent["id"]}, status=202)["job"])
    town.command("import_account", str(archive), "--user", heir.name)
    posts = town.call("GET", f"/users/{heir.name}/posts", status=200)["results"]
    assert len(posts) == 4, job
    (below,) = town.call("GET", f"/posts/{posts[0]['id']}/comments", status=200)["results"]
    (deeper,) = town.call("GET", f"/comments/{below['id']}/replies", status=200)["results"]
    assert (below["content"], deeper["content"]) == ("From the hill", "Of all hills")


def _ended(person: Person, job: Any) -> Any:
    """The job when it is done."""
    end = time.monotonic() + 60
    while job["state"] != "done":
        assert time.monotonic() < end, job
        assert job["state"] != "failed", job
        time.sleep(0.2)
        job = person.call("GET", f"/jobs/{job['id']}", status=200)
    return job


def be_erased(town: Town) -> None:
    person, friend = new_person(town), new_person(town, "friend")
    picture = upload(person, twelve_megapixels())["id"]
    last = {"content": f"A #last step with @{friend.name}", "media_ids": [picture]}
    post = person.call("POST", "/posts", last, status=201)["id"]
    face = upload(person, twelve_megapixels(), purpose="avatar")["id"]
    person.call("PUT", "/users/me/avatar", {"media_id": face}, status=200)
    begin(person, "image/png", 100)
    theirs = friend.call("POST", "/posts", {"content": "Farewell"}, status=201)["id"]
    comment = person.call("POST", f"/posts/{theirs}/comments", {"content": "Thanks"}, status=201)["id"]
    reply = {"content": "See you", "parent_id": comment}
    friend.call("POST", f"/posts/{theirs}/comments", reply, status=201)
    person.call("POST", f"/posts/{theirs}/bookmark", status=200)
    person.call("POST", f"/users/{friend.name}/follow", status=200)
    id_ = person.me()["id"]
    person.call("DELETE", "/users/me", status=403)
    person.step_up()
    person.call("DELETE", "/users/me", status=202)
    person.call("GET", "/users/me", status=401)
    for path in (f"/users/{person.name}", f"/users/{id_}", f"/posts/{post}"):
        town.call("GET", path, status=404)
    assert person.log_in(status=403)["type"].endswith("erasing")
    link = town.link(person.email, "will be erased")
    town.look(link, "restore")
    town.call("POST", "/users/me/restore", {"token": token_in(link)}, status=204)
    person.log_in()
    town.call("GET", f"/posts/{post}", status=200)
    person.step_up()
    person.call("DELETE", "/users/me", status=202)
    receipt = text_of(_patiently(town, person.email))
    found = town.command("verify_erasure", id_, "--username", person.name, "--email", person.email)
    assert not found["traces"], found
    assert '"hmac"' in receipt
    assert town.call("GET", f"/users/{friend.name}", status=200)["counts"]["followers"] == 0


def _patiently(town: Town, address: str) -> EmailMessage:
    """The last mail of an erasure, which waits until everything has settled."""
    end = time.monotonic() + 120
    while True:
        try:
            return town.letter(address, "has been erased")
        except AssertionError:
            if time.monotonic() > end:
                raise


def rule_by_commands(town: Town) -> None:
    person = new_person(town)
    assert person.name in json.dumps(
        town.command("suspend_user", person.name, "--reason", "walked on the lawn")
    )
    person.call("GET", "/users/me", status=401)
    assert person.log_in(status=403)["type"].endswith("suspended")
    town.command("suspend_user", person.name, "--lift")
    person.log_in()
    town.command("set_role", person.name, "moderator")
    assert "moderator" in person.me()["roles"]
    town.command("end_sessions", person.name)
    person.call("GET", "/users/me", status=401)
    admin = f"admin_{secrets.token_hex(3)}"
    town.command("create_admin", admin, f"{admin}@example.org", "--password-stdin", stdin=PASSWORD)
    assert "admin" in Person(town, admin, "", PASSWORD).log_in()["user"]["roles"]
    assert town.command("create_signing_key")
    assert town.call("GET", f"{town.url}/.well-known/jwks.json", status=200) == {"keys": []}
