"""Every path on which a post or a comment can be seen or acted on, and what each answers to whom: one table."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from echomate import ids, keys
from media.tests.ready import ready
from posts.models import Bookmark
from posts.tests.actor import Actor, Person
from social import services as social

TAG = "sighted"
BLOCKED = ("blocked", "blocker", "blocked, mentioned")
FOLLOWERS = ("follower", "follower, mentioned", "muting follower", "muted follower")
MENTIONED = ("mentioned", "follower, mentioned", "blocked, mentioned")
VIEWERS = ("anonymous", "stranger", "requested", "mentioned", *FOLLOWERS, *BLOCKED, "author")
SEES = {
    "public": {*VIEWERS} - {*BLOCKED},
    "followers": {*FOLLOWERS, "author"},
    "mentioned": {"mentioned", "follower, mentioned", "author"},
}
REPLIES = {
    "everyone": SEES["public"] - {"anonymous"},
    "followers": {*FOLLOWERS, "author"},
    "mentioned": {"mentioned", "follower, mentioned", "author"},
    "nobody": {"author"},
}
"""Who may comment on a public post."""


@dataclass(frozen=True, slots=True)
class Scene:
    """A post of an author with a picture, a comment of a guest on it, and the author's answer to that."""

    author: Person
    guest: Person
    post: int
    comment: int
    answer: int
    medium: int


Path = Callable[[Actor, Scene], int]
"""The status that a viewer gets; 404 too where a list is there, and what is looked for isn't in it."""


def set_scene(author: Person, guest: Person, mentioned: Sequence[Actor], **fields: Any) -> Scene:
    """The guest must follow the author, and is mentioned, so that they see the post whatever it is."""
    names = " ".join(f"@{person.name}" for person in (guest, *mentioned))
    medium = ready(author.id)
    post = author.publish(f"first #{TAG} {names}", media_ids=[str(medium)], **fields)
    assert author.patch(f"posts/{post}", {"content": f"second #{TAG} {names}"}).status == 200
    assert guest.post(f"posts/{post}/like").status == 200
    comment = _comment(guest, post)
    answer = _comment(author, post, parent_id=str(comment))
    return Scene(author, guest, post, comment, answer, medium)


def plant_bookmarks(viewers: Iterable[Actor], post: int) -> None:
    """As those have one who saw the post once."""
    for viewer in viewers:
        partition, sort = keys.bookmark(viewer.id, post)
        in_list = keys.bookmarks_of(viewer.id)
        Bookmark(pk=partition, sk=sort, gsi1pk=in_list, gsi1sk=ids.pad(ids.new_id())).save()


def _comment(by: Person, post: int, **fields: Any) -> int:
    made = by.post(f"posts/{post}/comments", {"content": "a comment", **fields})
    assert made.status == 201, made.content
    return int(made.json["id"])


def cast(author: Person) -> dict[str, Actor]:
    """Somebody of each kind, by how they stand to the author."""
    people: dict[str, Actor] = {kind: Person() for kind in VIEWERS}
    people["anonymous"], people["author"] = Actor(), author
    for kind in FOLLOWERS:
        social.follow(follower=people[kind].id, followed=author.id)
    assert author.patch("users/me", {"locked": True}).status == 200
    assert not social.follow(follower=people["requested"].id, followed=author.id).following
    social.mute(muter=people["muting follower"].id, muted=author.id)
    social.mute(muter=author.id, muted=people["muted follower"].id)
    for kind in ("blocked", "blocked, mentioned"):
        social.block(blocker=author.id, blocked=people[kind].id)
    social.block(blocker=people["blocker"].id, blocked=author.id)
    return people


def _listed(path: str, what: str) -> Path:
    """200 where the list at a path holds it."""

    def look(viewer: Actor, scene: Scene) -> int:
        answer = viewer.get(path.format(scene=scene, tag=TAG))
        if answer.status != 200:
            return answer.status
        return 200 if str(getattr(scene, what)) in [item["id"] for item in answer.json["results"]] else 404

    return look


def _called(method: str, path: str, body: Any = None) -> Path:
    return lambda viewer, scene: viewer.call(method, path.format(scene=scene), body).status


def _likers(viewer: Actor, scene: Scene) -> int:
    answer = viewer.get(f"posts/{scene.post}/likes")
    if answer.status == 200:
        assert str(scene.guest.id) in [user["id"] for user in answer.json["results"]]
    return answer.status


def _media(viewer: Actor, scene: Scene) -> int:
    answer = viewer.get(f"posts/{scene.post}")
    if answer.status == 200:
        (medium,) = answer.json["media"]
        assert (medium["id"], len(medium["variants"]) > 0) == (str(scene.medium), True)
    return answer.status


def _history(viewer: Actor, scene: Scene) -> int:
    answer = viewer.get(f"posts/{scene.post}/history")
    if answer.status == 200:
        assert [version["version"] for version in answer.json["results"]] == [1]
    return answer.status


READ: dict[str, Path] = {
    "post": _called("GET", "posts/{scene.post}"),
    "posts by ids": _listed("posts?ids=5,{scene.post}", "post"),
    "media of the post": _media,
    "history": _history,
    "author's posts": _listed("users/{scene.author.id}/posts", "post"),
    "author's posts by name": _listed("users/{scene.author.name}/posts", "post"),
    "comments": _listed("posts/{scene.post}/comments", "comment"),
    "comments, newest first": _listed("posts/{scene.post}/comments?sort=newest&limit=50", "comment"),
    "comment": _called("GET", "comments/{scene.comment}"),
    "replies": _listed("comments/{scene.comment}/replies", "answer"),
    "thread": _listed("comments/{scene.comment}/thread", "answer"),
    "user's comments": _listed("users/{scene.guest.id}/comments", "comment"),
}
"""What one may read without a token, where one may read it."""

PERSONAL: dict[str, Path] = {
    "likers": _likers,
    "user's likes": _listed("users/{scene.guest.id}/likes", "post"),
    "bookmarks": _listed("bookmarks", "post"),
    "unlike": _called("DELETE", "posts/{scene.post}/like"),
    "like": _called("POST", "posts/{scene.post}/like"),
    "bookmark": _called("POST", "posts/{scene.post}/bookmark"),
    "unlike a comment": _called("DELETE", "comments/{scene.comment}/like"),
    "like a comment": _called("POST", "comments/{scene.comment}/like"),
    "comment on it": _called("POST", "posts/{scene.post}/comments", {"content": "me too"}),
}
"""What takes a token, and then depends on sight alone."""
TIMELINES: dict[str, Path] = {
    "home": _listed("feed", "post"),
    "public timeline": _listed("timeline", "post"),
    "tag timeline": _listed("tags/{tag}/timeline", "post"),
}
CHANGE: dict[str, Path] = {
    "edit a comment": _called("PUT", "comments/{scene.comment}", {"content": "changed"}),
    "delete a comment": _called("DELETE", "comments/{scene.comment}"),
    "hide a comment": _called("POST", "comments/{scene.comment}/hide"),
    "put": _called("PUT", "posts/{scene.post}", {"content": "changed"}),
    "patch": _called("PATCH", "posts/{scene.post}", {"content": "changed"}),
    "delete": _called("DELETE", "posts/{scene.post}"),
}
"""What is for those alone whom it belongs to: the post for its author, the comment for the guest."""
OWN: dict[str, Path] = {"medium": _called("GET", "media/{scene.medium}")}
"""What is its owner's alone: others get a medium with the post."""
PATHS = READ | PERSONAL | TIMELINES | OWN | CHANGE


def expected(path: str, viewer: str, visibility: str) -> int:
    """The whole of the rules."""
    sees = viewer in SEES[visibility]
    if path in READ:
        return 200 if sees else 404
    if path in TIMELINES:
        return _expected_in_timeline(path, viewer, visibility, sees=sees)
    if viewer == "anonymous":
        return 401
    if not sees or (path in OWN and viewer != "author"):
        return 404
    if path in CHANGE:
        return _expected_of_change(path, viewer)
    return 201 if path == "comment on it" else 200


def _expected_in_timeline(path: str, viewer: str, visibility: str, *, sees: bool) -> int:
    if path == "home":
        if viewer == "anonymous":
            return 401
        return 200 if sees and viewer in {*FOLLOWERS, "author"} - {"muting follower"} else 404
    return 200 if sees and visibility == "public" and viewer != "muting follower" else 404


def _expected_of_change(path: str, viewer: str) -> int:
    if viewer != "author" or path in {"edit a comment", "delete a comment"}:
        return 403
    return 204 if path == "delete" else 200
