"""Every path that can show a post or a comment, for every kind of viewer, against one table."""

from collections.abc import Callable
from dataclasses import dataclass

import pytest

from echomate.testing.projecting import projecting
from echomate.testing.proxy import Proxy
from feeds.tests import sights
from feeds.tests.sights import CHANGE, MENTIONED, PATHS, PERSONAL, READ, REPLIES, SEES, VIEWERS, Scene
from posts.tests.actor import Actor, Person
from social import services as social


@dataclass(frozen=True)
class World:
    author: Person
    people: dict[str, Actor]
    scenes: dict[str, Scene]
    """By visibility."""
    own_scenes: dict[str, Scene]
    """The same, for the author alone to change."""


@pytest.fixture(scope="module")
def world(_empty_tables: None) -> World:
    """It stands in the table; what Redis holds of it is gone before each test."""
    author, guest = Person(), Person()
    social.follow(follower=guest.id, followed=author.id)
    people = sights.cast(author)
    mentioned = [people[kind] for kind in MENTIONED]
    with projecting() as projector:
        scenes, own_scenes = (
            {name: sights.set_scene(author, guest, mentioned, visibility=name) for name in SEES}
            for _ in range(2)
        )
        for scene in (*scenes.values(), *own_scenes.values()):
            sights.plant_bookmarks([people[kind] for kind in VIEWERS if kind != "anonymous"], scene.post)
        projector.catch_up()
    return World(author, people, scenes, own_scenes)


@pytest.mark.parametrize("viewer", VIEWERS)
@pytest.mark.parametrize("visibility", SEES)
def test_every_path_follows_the_rules(world: World, visibility: str, viewer: str) -> None:
    scene = (world.own_scenes if viewer == "author" else world.scenes)[visibility]
    outcomes = {name: path(world.people[viewer], scene) for name, path in PATHS.items()}
    assert outcomes == {name: sights.expected(name, viewer, visibility) for name in PATHS}


@pytest.mark.parametrize("visibility", SEES)
def test_the_rules_hold_while_redis_is_away(world: World, redis_proxy: Proxy, visibility: str) -> None:
    redis_proxy.refuse()
    scene = world.scenes[visibility]
    for kind, viewer in world.people.items():
        outcomes = {name: READ[name](viewer, scene) for name in ("post", "history", "comment", "comments")}
        assert outcomes == {name: sights.expected(name, kind, visibility) for name in outcomes}, kind


@pytest.mark.parametrize("visibility", SEES)
def test_what_others_tried_to_change_is_as_it_was(world: World, visibility: str) -> None:
    scene = world.scenes[visibility]
    before = [scene.guest.get(f"posts/{scene.post}").json, scene.guest.get(f"comments/{scene.comment}").json]
    for kind in VIEWERS:
        if kind != "author":
            for path in CHANGE.values():
                path(world.people[kind], scene)
    after = [scene.guest.get(f"posts/{scene.post}").json, scene.guest.get(f"comments/{scene.comment}").json]
    for one, other in zip(before, after, strict=True):
        assert one | {"counts": {}} == other | {"counts": {}}


@pytest.mark.parametrize("policy", REPLIES)
def test_comments_follow_the_reply_policy(world: World, policy: str) -> None:
    names = " ".join(f"@{world.people[kind].name}" for kind in MENTIONED)
    post = world.author.publish(names, reply_policy=policy)
    parent = world.author.post(f"posts/{post}/comments", {"content": "of the author"}).json["id"]
    for fields in ({}, {"parent_id": parent}):
        outcomes, wanted = {}, {}
        for kind, viewer in world.people.items():
            answer = viewer.post(f"posts/{post}/comments", {"content": "me too", **fields})
            outcomes[kind] = answer.status
            refusal = 403 if kind in SEES["public"] else 404
            wanted[kind] = 201 if kind in REPLIES[policy] else 401 if kind == "anonymous" else refusal
        assert outcomes == wanted


# --- comments of their own --------------------------------------------------------------------------------------------

COMMENT = {name: READ[name] for name in ("comment", "comments", "replies", "thread", "user's comments")}


def test_a_hidden_comment_shows_to_its_author_and_the_posts_author_alone(world: World) -> None:
    scene = sights.set_scene(world.author, world.own_scenes["public"].guest, [])
    assert world.author.post(f"comments/{scene.comment}/hide").status == 200
    for kind, viewer in (*world.people.items(), ("guest", scene.guest)):
        outcomes = {name: path(viewer, scene) for name, path in COMMENT.items()}
        assert outcomes == dict.fromkeys(COMMENT, 200 if kind in {"author", "guest"} else 404), kind


@pytest.mark.parametrize("blocks", [True, False])
def test_people_who_block_each_other_see_no_comments_of_each_other(*, blocks: bool) -> None:
    author, guest, viewer = Person(), Person(), Person()
    scene = sights.set_scene(author, guest, [])
    paths = COMMENT | {"like": PERSONAL["like a comment"]}
    assert {path(viewer, scene) for path in paths.values()} == {200}
    one, other = (viewer, guest) if blocks else (guest, viewer)
    assert one.post(f"users/{other.id}/block").status == 200
    assert viewer.get(f"posts/{scene.post}").status == 200
    assert {name: path(viewer, scene) for name, path in paths.items()} == dict.fromkeys(paths, 404)


# --- losing sight -----------------------------------------------------------------------------------------------------

Event = Callable[[Person, Person, Scene], int]
"""What an author or a viewer does, and the status that they get."""
EVENTS: dict[str, tuple[str, Event]] = {
    "the viewer unfollows": ("followers", lambda a, v, _: v.delete(f"users/{a.id}/follow").status),
    "the author removes the follower": ("followers", lambda a, v, _: a.delete(f"followers/{v.id}").status),
    "the author blocks a follower": ("followers", lambda a, v, _: a.post(f"users/{v.id}/block").status),
    "a follower blocks the author": ("followers", lambda a, v, _: v.post(f"users/{a.id}/block").status),
    "the author blocks one who is mentioned": (
        "mentioned",
        lambda a, v, _: a.post(f"users/{v.id}/block").status,
    ),
    "an edit names the viewer no more": (
        "mentioned",
        lambda a, _, scene: a.patch(f"posts/{scene.post}", {"content": f"@{scene.guest.name}"}).status,
    ),
    "the author blocks somebody": ("public", lambda a, v, _: a.post(f"users/{v.id}/block").status),
    "somebody blocks the author": ("public", lambda a, v, _: v.post(f"users/{a.id}/block").status),
    "the author deletes the post": ("public", lambda a, _, scene: a.delete(f"posts/{scene.post}").status),
}
"""What takes the sight of a post of some visibility away from one who follows its author and is mentioned in it."""
KEPT = {"unlike", "unlike a comment"}
"""A like can be taken back by one who has lost sight."""
WATCHED = {
    name: path
    for name, path in (
        READ | PERSONAL | {"home": PATHS["home"], "public timeline": PATHS["public timeline"]}
    ).items()
    if name not in KEPT
}


@pytest.mark.parametrize("event", EVENTS)
def test_who_loses_sight_loses_it_everywhere_at_the_next_read(event: str) -> None:
    visibility, happen = EVENTS[event]
    author, viewer, guest = Person(), Person(), Person()
    for person in (viewer, guest):
        social.follow(follower=person.id, followed=author.id)
    scene = sights.set_scene(author, guest, [viewer], visibility=visibility)
    assert viewer.post(f"posts/{scene.post}/bookmark").status == 200
    watched = {
        name: path for name, path in WATCHED.items() if name != "public timeline" or visibility == "public"
    }
    before = {name: path(viewer, scene) for name, path in watched.items()}
    assert set(before.values()) == {200, 201}, before
    assert happen(author, viewer, scene) in {200, 204}
    after = {name: path(viewer, scene) for name, path in watched.items()}
    assert after == dict.fromkeys(watched, 404)


def test_a_request_shows_nothing_until_it_is_accepted_nor_after_it_was_rejected() -> None:
    author, viewer, guest = Person(), Person(), Person()
    social.follow(follower=guest.id, followed=author.id)
    scene = sights.set_scene(author, guest, [], visibility="followers")
    assert author.patch("users/me", {"locked": True}).status == 200

    def sights_of_it() -> set[int]:
        return {path(viewer, scene) for path in READ.values()}

    for answer in ("DELETE", "POST"):
        assert viewer.post(f"users/{author.id}/follow").json["viewer"]["requested"]
        assert sights_of_it() == {404}
        suffix = "/accept" if answer == "POST" else ""
        assert author.call(answer, f"follow-requests/{viewer.id}{suffix}").status in {200, 204}
        assert sights_of_it() == ({200} if answer == "POST" else {404})
