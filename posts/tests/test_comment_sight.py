"""Who sees a comment: as its post, but for blocks between its author and the viewer, and for what was hidden."""

import pytest

from accounts.services import suspend
from echomate import keys, table
from posts.comments.erasure import erase_comments
from posts.tests.actor import Actor, Person
from posts.tests.commenting import comment_on, ids_of, thread
from social import services as social


def finds(reader: Actor, post: int, comment: int, author: Person) -> set[bool]:
    """Whether a comment right under a post is found, by every path; all should say the same."""
    by_id = reader.get(f"comments/{comment}").status == 200
    read_thread = reader.get(f"comments/{comment}/thread").status == 200
    replies = reader.get(f"comments/{comment}/replies").status == 200
    found = {by_id, read_thread, replies}
    for path in (f"posts/{post}/comments", f"users/{author.id}/comments"):
        answer = reader.get(path)
        found.add(answer.status == 200 and str(comment) in [one["id"] for one in answer.json["results"]])
    return found


@pytest.mark.parametrize("blocker_is_reader", [True, False])
def test_people_with_a_block_between_them_do_not_see_each_others_comments(
    ann: Person, bob: Person, *, blocker_is_reader: bool
) -> None:
    post, reader = ann.publish(), Person()
    comment = comment_on(post, bob)
    below = comment_on(post, ann, parent=comment)
    assert finds(reader, post, comment, bob) == {True}
    one, other = (reader, bob) if blocker_is_reader else (bob, reader)
    social.block(blocker=one.id, blocked=other.id)
    assert finds(reader, post, comment, bob) == {False}
    assert reader.get(f"comments/{below}").status == 200
    for call in (
        reader.post(f"comments/{comment}/like"),
        reader.delete(f"comments/{comment}/like"),
        reader.delete(f"comments/{comment}"),
    ):
        assert call.status == 404
    answer = reader.post(f"posts/{post}/comments", {"content": "x", "parent_id": str(comment)})
    assert list(answer.json["errors"]) == ["parent_id"]
    social.unblock(blocker=one.id, blocked=other.id)
    assert finds(reader, post, comment, bob) == {True}


@pytest.mark.parametrize("blocker_is_author", [True, False])
def test_a_block_between_the_authors_of_a_post_and_of_a_comment_hides_it_from_all(
    ann: Person, bob: Person, nobody: Actor, *, blocker_is_author: bool
) -> None:
    post, reader = ann.publish(), Person()
    comment = comment_on(post, bob)
    below = comment_on(post, reader, parent=comment)
    one, other = (ann, bob) if blocker_is_author else (bob, ann)
    social.block(blocker=one.id, blocked=other.id)
    for actor in (ann, bob, reader, nobody):
        assert finds(actor, post, comment, bob) == {False}
    answer = reader.post(f"posts/{post}/comments", {"content": "x", "parent_id": str(comment)})
    assert list(answer.json["errors"]) == ["parent_id"]
    assert reader.get(f"comments/{below}").status == 200
    assert bob.delete(f"comments/{comment}").status == 204
    social.unblock(blocker=one.id, blocked=other.id)
    assert reader.get(f"comments/{comment}").json["deleted"]


def test_comments_on_a_post_are_seen_by_those_who_see_the_post(
    ann: Person, bob: Person, nobody: Actor
) -> None:
    social.follow(follower=bob.id, followed=ann.id)
    post, stranger = ann.publish(visibility="followers"), Person()
    comment = comment_on(post, bob)
    assert finds(ann, post, comment, bob) == finds(bob, post, comment, bob) == {True}
    for reader in (stranger, nobody):
        assert finds(reader, post, comment, bob) == {False}
    assert stranger.post(f"posts/{post}/comments", {"content": "x"}).status == 404
    social.unfollow(follower=bob.id, followed=ann.id)
    assert finds(bob, post, comment, bob) == {False}
    assert bob.put(f"comments/{comment}", {"content": "x"}).status == 404
    assert bob.post(f"posts/{post}/comments", {"content": "x"}).status == 404
    assert bob.delete(f"comments/{comment}").status == 204
    assert finds(ann, post, comment, bob) == {False}


def test_the_comments_of_a_deleted_post_are_gone_with_it(ann: Person, bob: Person) -> None:
    post = ann.publish()
    comment = comment_on(post, bob)
    assert finds(bob, post, comment, bob) == {True}
    ann.delete(f"posts/{post}")
    assert finds(bob, post, comment, bob) == finds(ann, post, comment, bob) == {False}


def test_a_muted_persons_comments_stay(ann: Person, bob: Person) -> None:
    post = ann.publish()
    comment = comment_on(post, bob)
    assert ann.post(f"users/{bob.id}/mute").status == 200
    assert finds(ann, post, comment, bob) == {True}


def test_a_suspended_persons_comments_are_not_shown(ann: Person, bob: Person) -> None:
    post = ann.publish()
    comment = comment_on(post, bob)
    suspend(bob.id)
    assert finds(ann, post, comment, bob) == {False}


def test_a_hidden_comment_is_seen_by_its_author_and_the_posts(
    ann: Person, bob: Person, nobody: Actor
) -> None:
    post, reader = ann.publish(), Person()
    comment = comment_on(post, bob)
    below = comment_on(post, ann, parent=comment)
    top = comment_on(post, ann)
    assert finds(nobody, post, comment, bob) == {True}
    for _ in range(2):
        assert ann.post(f"comments/{comment}/hide").json == {
            "viewer": {"liked": False},
            "counts": ann.get(f"comments/{comment}").json["counts"],
            "hidden": True,
        }
        for seeing in (ann, bob):
            assert finds(seeing, post, comment, bob) == {True}
            assert seeing.get(f"comments/{comment}").json["hidden"]
            assert ids_of(thread(seeing, comment)) == [comment, below]
        for other in (reader, nobody):
            assert finds(other, post, comment, bob) == {False}
            assert other.ids(f"posts/{post}/comments") == [top]
    assert reader.post(f"comments/{comment}/like").status == 404
    for _ in range(2):
        assert ann.delete(f"comments/{comment}/hide").json["hidden"] is False
        assert finds(nobody, post, comment, bob) == {True}
        assert not bob.get(f"comments/{comment}").json["hidden"]


def test_who_deletes_a_hidden_comment_shows_nothing_below_it_again(
    ann: Person, bob: Person, nobody: Actor
) -> None:
    post, reader = ann.publish(), Person()
    comment = comment_on(post, bob)
    below = comment_on(post, bob, parent=comment)
    assert ann.post(f"comments/{comment}/hide").status == 200
    assert bob.delete(f"comments/{comment}").status == 204
    for other in (bob, reader, nobody):
        assert other.ids(f"posts/{post}/comments") == []
        assert other.get(f"comments/{comment}/thread").status == 404
    assert ids_of(thread(ann, comment)) == [comment, below]
    assert ann.delete(f"comments/{comment}/hide").json["hidden"] is False
    assert ids_of(thread(nobody, comment)) == [comment, below]
    assert ann.post(f"comments/{comment}/hide").json["hidden"] is True
    assert nobody.ids(f"posts/{post}/comments") == []


def test_a_tombstone_stays_out_of_sight_of_whom_a_block_kept_from_the_comment(
    ann: Person, bob: Person, nobody: Actor
) -> None:
    post, foe, reader = ann.publish(), Person(), Person()
    top = comment_on(post, ann)
    comment = comment_on(post, bob, parent=top)
    below = comment_on(post, reader, parent=comment)
    social.block(blocker=bob.id, blocked=foe.id)
    assert ids_of(thread(foe, top)) == [top]
    assert bob.delete(f"comments/{comment}").status == 204
    assert foe.get(f"comments/{comment}").status == 404
    assert foe.get(f"comments/{comment}/thread").status == 404
    assert foe.get(f"comments/{comment}/replies").status == 404
    assert foe.ids(f"comments/{top}/replies") == []
    assert ids_of(thread(foe, top)) == [top]
    for other in (ann, bob, reader, nobody):
        shown = other.get(f"comments/{comment}").json
        assert (shown["author"], shown["deleted"]) == (None, True)
        assert str(bob.id) not in str(shown)
        assert ids_of(thread(other, top)) == [top, comment, below]
    social.unblock(blocker=bob.id, blocked=foe.id)
    assert ids_of(thread(foe, top)) == [top, comment, below]
    social.block(blocker=foe.id, blocked=bob.id)
    assert ids_of(thread(foe, top)) == [top]


def test_a_tombstone_stays_out_of_everybodys_sight_while_a_block_parts_its_writer_and_the_posts_author(
    ann: Person, bob: Person, nobody: Actor
) -> None:
    post, reader = ann.publish(), Person()
    comment = comment_on(post, bob)
    comment_on(post, reader, parent=comment)
    social.block(blocker=bob.id, blocked=ann.id)
    assert bob.delete(f"comments/{comment}").status == 204
    for other in (ann, bob, reader, nobody):
        assert other.get(f"comments/{comment}").status == 404
    for other in (ann, reader, nobody):
        assert other.ids(f"posts/{post}/comments") == []
    assert ann.post(f"comments/{comment}/hide").status == 404
    social.unblock(blocker=bob.id, blocked=ann.id)
    assert nobody.ids(f"posts/{post}/comments") == [comment]


def test_a_tombstone_is_in_no_list_of_its_writers_comments(ann: Person, bob: Person) -> None:
    post = ann.publish()
    comment = comment_on(post, bob)
    comment_on(post, ann, parent=comment)
    assert bob.delete(f"comments/{comment}").status == 204
    assert ann.ids(f"users/{bob.name}/comments") == []
    assert bob.ids(f"users/{bob.name}/comments") == []


def test_an_erasure_leaves_tombstones_that_lead_to_nobody(ann: Person, bob: Person) -> None:
    post = ann.publish()
    before, at_the_end = comment_on(post, bob), comment_on(post, bob)
    for comment in (before, at_the_end):
        comment_on(post, ann, parent=comment)
    assert bob.delete(f"comments/{before}").status == 204
    assert sum(erase_comments(bob.id)) == 2
    assert sum(erase_comments(bob.id)) == 0
    for comment in (before, at_the_end):
        item = table.get_item(keys.comment(comment))
        assert item is not None
        assert str(bob.id) not in str(item)
        assert ann.get(f"comments/{comment}").json["deleted"] is True


def test_only_the_posts_author_hides(ann: Person, bob: Person, nobody: Actor) -> None:
    path = f"comments/{comment_on(ann.publish(), bob)}/hide"
    for call, status in ((bob, 403), (Person(), 403), (nobody, 401)):
        assert (call.post(path).status, call.delete(path).status) == (status, status)


def test_a_thread_leaves_out_what_the_reader_may_not_see_and_all_below_it(ann: Person, bob: Person) -> None:
    post, foe = ann.publish(), Person()
    top = comment_on(post, ann)
    seen, blocked, hidden = (comment_on(post, who, parent=top) for who in (bob, foe, ann))
    below = [comment_on(post, ann, parent=one) for one in (seen, blocked, hidden)]
    social.block(blocker=bob.id, blocked=foe.id)
    assert ann.post(f"comments/{hidden}/hide").status == 200
    assert ids_of(thread(bob, top)) == [top, seen, below[0]]
    assert ids_of(thread(ann, top)) == [top, seen, blocked, hidden, *below]
