"""Create, read, edit and delete posts, over HTTP."""

import time

import pytest

from echomate import ids, keys, table
from echomate.metering import metering
from posts.models import TOMBSTONE_SECONDS, Post
from posts.tests.actor import Actor, Person

pytestmark = pytest.mark.store

FIELDS = [
    *("id", "url", "content", "content_html", "language", "tags", "mentions", "media", "visibility"),
    *("reply_policy", "sensitive", "spoiler_text", "created_at", "updated_at", "edited_at"),
    *("author", "counts", "viewer"),
]


def test_a_new_post_has_every_field_of_the_contract(ann: Person) -> None:
    answer = ann.post(
        "posts", {"content": "Hello\nworld\n\nagain <b>", "spoiler_text": "cw", "sensitive": True}
    )
    post = answer.json
    assert answer.status == 201
    assert sorted(post) == sorted(FIELDS)
    assert answer.headers["Location"] == f"/api/v1/posts/{post['id']}"
    assert post["content_html"] == "<p>Hello<br>world</p><p>again &lt;b&gt;</p>"
    assert post["author"] == {
        "id": str(ann.id),
        "username": ann.name,
        "full_name": ann.name.title(),
        "avatar_url": f"http://localhost:8000/avatars/{ann.id}",
    }
    assert (post["sensitive"], post["spoiler_text"]) == (True, "cw")
    assert (post["tags"], post["mentions"], post["media"]) == ([], [], [])
    assert (post["visibility"], post["reply_policy"], post["language"]) == ("public", "everyone", "en")
    assert post["created_at"] == post["updated_at"] == ids.rfc3339(int(post["id"]))
    assert post["edited_at"] is None
    assert post["counts"] == {"likes": 0, "comments": 0}
    assert post["viewer"] == {"liked": False, "bookmarked": False}


def test_what_the_creation_answers_is_what_everybody_reads(ann: Person, nobody: Actor) -> None:
    created = ann.post("posts", {"content": "hello"})
    path = f"posts/{created.json['id']}"
    assert ann.get(path).content == created.content
    assert ann.get(path).headers["ETag"] == created.headers["ETag"]
    assert nobody.get(path).json == {**created.json, "viewer": None}


def test_unknown_fields_are_ignored(ann: Person) -> None:
    assert ann.post("posts", {"content": "hello", "id": "1", "likes": 5}).status == 201


@pytest.mark.parametrize(("visibility", "units"), [("public", 3), ("followers", 2)])
def test_a_post_costs_a_unit_and_one_for_each_index(ann: Person, visibility: str, units: int) -> None:
    ann.publish()
    with metering() as meter:
        ann.publish(visibility=visibility, language="en")
    assert meter.dynamodb == [("PutItem", units)]
    assert len(meter.redis) == 2


def test_defaults_that_are_left_out_are_the_authors_own(ann: Person) -> None:
    settings = {"default_visibility": "followers", "default_language": "de"}
    assert ann.patch("users/me", {"settings": settings}).status == 200
    post = ann.post("posts", {"content": "Hallo"}).json
    assert (post["visibility"], post["language"]) == ("followers", "de")
    post = ann.post("posts", {"content": "Hi", "visibility": "public", "language": None}).json
    assert (post["visibility"], post["language"]) == ("public", None)


def test_a_post_whose_people_the_process_knows_takes_one_round_trip_and_nothing_from_the_table(
    ann: Person, bob: Person
) -> None:
    path = f"posts/{ann.publish()}"
    bob.get(path)
    with metering() as meter:
        assert bob.get(path).status == 200
    assert meter.dynamodb == []
    assert len(meter.redis) == 1


def test_a_post_that_the_client_has_is_not_sent_again(ann: Person) -> None:
    path = f"posts/{ann.publish()}"
    tag = ann.get(path).headers["ETag"]
    assert tag.startswith('"1.')
    again = ann.get(path, If_None_Match=f'"other", W/{tag}')
    assert (again.status, again.content, again.headers["ETag"]) == (304, b"", tag)
    assert "Content-Length" not in again.headers  # it would be that of the post (RFC 9110, 8.6)
    ann.post(f"{path}/like")
    assert ann.get(path, If_None_Match=tag).status == 200


def test_what_is_patched_changes_and_the_rest_stays(ann: Person, bob: Person) -> None:
    path = f"posts/{ann.publish('first', spoiler_text='cw', language='de')}"
    before = bob.get(path).json
    edited = ann.patch(path, {"content": "second"})
    assert edited.status == 200
    assert edited.headers["ETag"].startswith('"2.')
    after = bob.get(path).json
    assert after["edited_at"] == after["updated_at"] > before["created_at"]
    changed = {"content": "second", "content_html": "<p>second</p>"}
    times = {name: after[name] for name in ("edited_at", "updated_at")}
    assert after == before | changed | times
    assert edited.json == after


def test_what_a_put_leaves_out_falls_to_its_default(ann: Person) -> None:
    path = f"posts/{ann.publish('first', spoiler_text='cw', sensitive=True, language='de')}"
    post = ann.put(path, {"content": "second"}).json
    assert (post["content"], post["spoiler_text"], post["sensitive"]) == ("second", "", False)
    assert post["language"] is None
    assert ann.put(path, {"spoiler_text": "no content"}).json["errors"] == {
        "content": ["It may be empty only where there are media."]
    }


def test_an_edit_that_changes_nothing_is_none(ann: Person) -> None:
    path = f"posts/{ann.publish('first')}"
    answer = ann.patch(path, {"content": "first"})
    assert answer.json["edited_at"] is None
    assert answer.headers["ETag"].startswith('"1.')


def test_visibility_is_fixed_when_the_post_is_made(ann: Person) -> None:
    path = f"posts/{ann.publish(visibility='followers')}"
    assert ann.patch(path, {"visibility": "followers", "content": "x"}).status == 200
    for change in ({"visibility": "public"}, {"visibility": "mentioned"}):
        refusal = ann.patch(path, change)
        assert (refusal.status, list(refusal.json["errors"])) == (400, ["visibility"])


@pytest.mark.parametrize(
    "if_match", ['"1.0000000000000000"', '"7.x", "8.x"', 'W/"1.x"', '"3.x-gzip"', "nonsense", '"2"', '"2', ""]
)
def test_an_edit_of_another_version_is_refused(ann: Person, if_match: str) -> None:
    path = f"posts/{ann.publish('first')}"
    ann.patch(path, {"content": "second"})
    refusal = ann.patch(path, {"content": "third"}, If_Match=if_match)
    assert (refusal.status, refusal.problem) == (412, "edit-conflict")
    assert ann.get(path).json["content"] == "second"


@pytest.mark.parametrize(
    "if_match", ["*", '"2.x"', '"1.x", "2.y"', 'W/"2.x"', '"2.x-gzip"', 'W/"2.x;br"', '"7.x-gzip",W/"2.x"']
)
def test_an_edit_of_the_version_that_was_read_is_done(ann: Person, if_match: str) -> None:
    path = f"posts/{ann.publish('first')}"
    ann.patch(path, {"content": "second"})
    assert ann.put(path, {"content": "third"}, If_Match=if_match).json["content"] == "third"


@pytest.mark.parametrize("if_match", ['"1.0000000000000000"', '"7.x", "8.x"', "nonsense", '"2"', ""])
def test_a_deletion_of_another_version_is_refused(ann: Person, bob: Person, if_match: str) -> None:
    path = f"posts/{ann.publish('first')}"
    ann.patch(path, {"content": "second"})
    refusal = ann.delete(path, If_Match=if_match)
    assert (refusal.status, refusal.problem) == (412, "edit-conflict")
    assert ann.get(path).json["content"] == "second"
    assert bob.delete(path, If_Match=if_match).status == 403


@pytest.mark.parametrize(
    "if_match", ["*", '"2.x"', '"1.x", "2.y"', ", ".join(f'"{n}.x"' for n in range(300))]
)
def test_a_deletion_of_the_version_that_was_read_is_done_once(ann: Person, if_match: str) -> None:
    path = f"posts/{ann.publish('first')}"
    ann.patch(path, {"content": "second"})
    assert [ann.delete(path, If_Match=if_match).status for _ in range(2)] == [204, 404]
    assert ann.get(path).status == 404


def test_what_a_client_has_it_has_whatever_a_proxy_made_of_the_tag(ann: Person) -> None:
    path = f"posts/{ann.publish()}"
    tag = ann.get(path).headers["ETag"]
    compressed = [f"W/{tag}", f'{tag[:-1]}-gzip"', f'W/{tag[:-1]}--br"', f'"7.x", {tag[:-1]};gzip"']
    assert [ann.get(path, If_None_Match=name).status for name in compressed] == [304] * 4
    assert ann.get(path, If_None_Match=f'{tag[:-2]}-gzip"').status == 200


def test_likes_do_not_stand_in_the_way_of_an_edit(ann: Person, bob: Person) -> None:
    path = f"posts/{ann.publish('first')}"
    tag = ann.get(path).headers["ETag"]
    bob.post(f"{path}/like")
    assert ann.patch(path, {"content": "second"}, If_Match=tag).status == 200


def test_a_deleted_post_is_gone_at_once_for_everybody(ann: Person, bob: Person, nobody: Actor) -> None:
    path = f"posts/{ann.publish()}"
    for reader in (ann, bob, nobody):
        assert reader.get(path).status == 200
    deletion = ann.delete(path)
    assert (deletion.status, deletion.content) == (204, b"")
    for reader in (ann, bob, nobody):
        assert reader.get(path).status == 404
    for again in (
        ann.delete(path),
        ann.patch(path, {"content": "x"}),
        bob.delete(path),
        ann.post(f"{path}/like"),
    ):
        assert again.status == 404


def test_a_tombstone_holds_no_author_no_content_and_no_index_keys(ann: Person) -> None:
    post = ann.publish("secret", spoiler_text="secret", language="de")
    ann.patch(f"posts/{post}", {"content": "secret too"})
    ann.delete(f"posts/{post}")
    item = table.get_item(keys.post(post))
    assert item is not None
    assert set(item) == {
        *("PK", "SK", "EntityType", "Id", "Version", "Nonce", "LastWrite", "DeletedAt", "ExpiresAt")
    }
    assert int(item["ExpiresAt"]["N"]) == pytest.approx(time.time() + TOMBSTONE_SECONDS, abs=60)


def test_a_try_of_the_creation_that_comes_late_revives_nothing(ann: Person) -> None:
    from posts.services.publishing import put_post

    post = ann.publish("first")
    first_try = Post.read(keys.post(post))
    assert first_try is not None
    ann.patch(f"posts/{post}", {"content": "second"})
    assert put_post(first_try)
    assert ann.get(f"posts/{post}").json["content"] == "second"
    ann.delete(f"posts/{post}")
    assert put_post(first_try)
    assert ann.get(f"posts/{post}").status == 404


def test_an_id_that_is_taken_is_not_overwritten(
    ann: Person, bob: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    taken = ann.publish("mine")
    others = iter([taken, ids.new_id()])
    monkeypatch.setattr(ids, "new_id", lambda: next(others))
    assert bob.publish("another") != taken
    assert ann.get(f"posts/{taken}").json["content"] == "mine"


def test_posts_by_ids_come_in_the_order_that_was_asked(ann: Person, bob: Person, nobody: Actor) -> None:
    posts = [ann.publish(f"post {n}") for n in range(3)]
    hidden, deleted = ann.publish(visibility="followers"), ann.publish()
    ann.delete(f"posts/{deleted}")
    asked = [posts[1], hidden, posts[0], deleted, 5, posts[2], posts[1]]
    path = f"posts?ids={','.join(map(str, asked))}"
    assert bob.ids(path) == nobody.ids(path) == [posts[1], posts[0], posts[2]]
    assert ann.ids(path) == [posts[1], hidden, posts[0], posts[2]]
    assert bob.get(path).json["next"] is None


def test_the_rate_of_posts_is_limited(ann: Person) -> None:
    from echomate.testing.configuration import configured

    with configured(rate_limits={"posts": "2/60"}):
        first = ann.post("posts", {"content": "1"})
        assert first.headers["RateLimit"].startswith('"posts";r=1')
        ann.publish("2")
        refusal = ann.post("posts", {"content": "3"})
        assert (refusal.status, refusal.problem) == (429, "rate-limited")
        assert int(refusal.headers["Retry-After"]) <= 60
        assert ann.get("posts?ids=5").status == 200
