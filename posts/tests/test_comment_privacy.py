"""What an export holds of comments, and what an erasure leaves of them."""

from typing import Any

from echomate import keys, privacy, table
from echomate.testing.projecting import Projecting
from posts.comments.erasure import erase_comment_likes, erase_comments
from posts.comments.exports import comments, show
from posts.tests.actor import Person
from posts.tests.commenting import comment_on, ids_of, thread


def exported(name: str, person: Person) -> list[Any]:
    (exporter,) = (one for one in privacy.exporters() if one.name == name)
    return list(exporter.rows(person.id))


def test_an_export_holds_what_somebody_commented_and_which_comments_they_like(
    ann: Person, bob: Person
) -> None:
    post = ann.publish()
    top = comment_on(post, bob, "<first>")
    answer = comment_on(post, bob, "second", parent=top)
    gone = comment_on(post, bob, "gone")
    bob.put(f"comments/{answer}", {"content": "edited"})
    bob.delete(f"comments/{gone}")
    liked = comment_on(post, ann)
    bob.post(f"comments/{liked}/like")
    rows = exported("comments", bob)
    assert [(row["id"], row["parent_id"], row["content"]) for row in rows] == [
        (str(answer), str(top), "edited"),
        (str(top), None, "<first>"),
    ]
    assert rows[0]["edited_at"] > rows[0]["created_at"]
    assert (rows[1]["post_id"], rows[1]["edited_at"], rows[1]["hidden"]) == (str(post), None, False)
    assert "<p>&lt;first&gt;</p>" in show(rows[1])
    assert [row["comment_id"] for row in exported("comment_likes", bob)] == [str(liked)]
    assert exported("comments", ann) == list(comments(ann.id))


def test_an_erasure_leaves_nothing_of_comments_but_their_places(
    ann: Person, bob: Person, projector: Projecting
) -> None:
    post = ann.publish()
    top, alone = comment_on(post, bob), comment_on(post, bob)
    answer = comment_on(post, ann, parent=top)
    ann.post(f"comments/{top}/like")
    bob.post(f"comments/{answer}/like")
    projector.catch_up()
    assert sum(erase_comments(bob.id)) == 3
    assert sum(erase_comment_likes(bob.id)) == 1
    assert sum(erase_comments(bob.id)) == sum(erase_comment_likes(bob.id)) == 0
    projector.catch_up()
    assert ids_of(thread(ann, top)) == [top, answer]
    assert ann.ids(f"posts/{post}/comments") == [top]
    assert table.get_item(keys.comment_like(top, ann.id)) is None
    for comment in (top, alone):
        item = table.get_item(keys.comment(comment))
        assert item is not None
        assert str(bob.id) not in str(item)
    assert ann.get(f"comments/{answer}").json["counts"]["likes"] == 0
