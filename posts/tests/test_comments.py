"""Comments over HTTP: created, listed, read, answered."""

from typing import Any

from posts.tests.actor import Actor, Person


def comment_on(post: int, by: Person, content: str = "hello", **fields: Any) -> int:
    """The id of a new comment."""
    answer = by.post(f"posts/{post}/comments", {"content": content, **fields})
    assert answer.status == 201, answer.content
    return int(answer.json["id"])


def test_a_comment_is_there_at_once_for_everybody(ann: Person, bob: Person, nobody: Actor) -> None:
    post = ann.publish()
    made = bob.post(f"posts/{post}/comments", {"content": "first\n\n<b>"})
    assert made.status == 201
    assert made.headers["Location"] == f"/api/v1/comments/{made.json['id']}"
    assert made.json | {"id": "", "created_at": "", "author": {}} == {
        "id": "",
        "post_id": str(post),
        "parent_id": None,
        "depth": 0,
        "author": {},
        "content": "first\n\n<b>",
        "content_html": "<p>first</p><p>&lt;b&gt;</p>",
        "mentions": [],
        "hidden": False,
        "deleted": False,
        "created_at": "",
        "edited_at": None,
        "counts": {"likes": 0, "replies": 0},
        "viewer": {"liked": False},
    }
    assert made.json["author"]["id"] == str(bob.id)
    for reader in (ann, bob):
        assert reader.get(f"posts/{post}/comments").json["results"] == [made.json]
        assert reader.get(f"comments/{made.json['id']}").json == made.json
    assert nobody.get(f"posts/{post}/comments").json["results"] == [made.json | {"viewer": None}]


def test_answers_stand_under_what_they_answer(ann: Person, bob: Person) -> None:
    post = ann.publish()
    top = comment_on(post, bob)
    answer = comment_on(post, ann, parent_id=str(top))
    deeper = comment_on(post, bob, parent_id=str(answer))
    assert ann.ids(f"posts/{post}/comments") == [top]
    assert ann.ids(f"comments/{top}/replies") == [answer]
    shown = bob.get(f"comments/{answer}/replies").json["results"]
    assert [(one["id"], one["parent_id"], one["depth"]) for one in shown] == [(str(deeper), str(answer), 2)]
