"""Threads against a plain model of them: comments, answers, deletions, hiding and blocks in any order.

Whoever reads in between leaves in Redis what the changes after it have to take away.
"""

from dataclasses import dataclass

from hypothesis import given
from hypothesis import strategies as st

from echomate.testing.examples import examples
from posts.tests.actor import Person
from posts.tests.commenting import ids_of, settle, thread
from social import services as social

PEOPLE = 3
"""The first one has written the post."""
who = st.integers(0, PEOPLE - 1)
which = st.integers(0, 9)
"""Of the comments that are there, from the first one on and around again."""
STEPS = st.one_of(
    st.tuples(st.just("comment"), who, st.none() | which),
    st.tuples(st.sampled_from(["delete", "hide", "unhide"]), who, which),
    st.tuples(st.sampled_from(["block", "unblock"]), st.integers(1, PEOPLE - 1), st.none()),
    st.tuples(st.just("read"), st.just(0), st.none()),
)


@dataclass
class Comment:
    id: int
    author: int
    parent: "Comment | None"
    is_deleted: bool = False
    is_hidden: bool = False
    is_answered: bool = False


class Model:
    """People by number; the second and the third may have blocks between them."""

    def __init__(self) -> None:
        self.people = [Person() for _ in range(PEOPLE)]
        self.post = self.people[0].publish()
        self.comments: list[Comment] = []
        self.blockers: set[int] = set()

    def sees(self, viewer: int, comment: Comment) -> bool:
        if self.blockers and {viewer, comment.author} == {1, 2}:
            return False
        if comment.is_deleted:
            return comment.is_answered and (not comment.is_hidden or viewer == 0)
        return not comment.is_hidden or viewer in (0, comment.author)

    def answers(self, viewer: int, parent: Comment | None) -> list[Comment]:
        found = [one for one in self.comments if one.parent is parent and self.sees(viewer, one)]
        return sorted(found, key=lambda one: one.id)

    def below(self, viewer: int, root: Comment) -> list[Comment]:
        found, level = [root], [root]
        while level:
            level = [answer for one in level for answer in self.answers(viewer, one)]
            found += level
        return found

    def step(self, name: str, person: int, number: int | None) -> None:
        if name == "read":
            self.check()
        elif name == "comment":
            self.comment(person, number)
        elif name in {"block", "unblock"}:
            self.block(person, is_blocking=name == "block")
        elif self.comments and number is not None:
            getattr(self, name)(person, self.comments[number % len(self.comments)])

    def comment(self, person: int, number: int | None) -> None:
        parent = None if number is None or not self.comments else self.comments[number % len(self.comments)]
        answers = {} if parent is None else {"parent_id": str(parent.id)}
        made = self.people[person].post(f"posts/{self.post}/comments", {"content": "x", **answers})
        if parent is not None and (parent.is_deleted or not self.sees(person, parent)):
            assert made.status == 400
            return
        assert made.status == 201
        if parent is not None:
            parent.is_answered = True
        self.comments.append(Comment(int(made.json["id"]), person, parent))

    def delete(self, person: int, comment: Comment) -> None:
        status = self.people[person].delete(f"comments/{comment.id}").status
        is_there = not comment.is_deleted and self.sees(person, comment)
        assert status == (404 if not is_there else 204 if person == comment.author else 403)
        comment.is_deleted |= status == 204

    def hide(self, person: int, comment: Comment) -> None:
        self.set_hidden(person, comment, is_hidden=True)

    def unhide(self, person: int, comment: Comment) -> None:
        self.set_hidden(person, comment, is_hidden=False)

    def set_hidden(self, person: int, comment: Comment, *, is_hidden: bool) -> None:
        method = "POST" if is_hidden else "DELETE"
        status = self.people[person].call(method, f"comments/{comment.id}/hide").status
        assert status == (404 if not self.sees(person, comment) else 200 if person == 0 else 403)
        if status == 200:
            comment.is_hidden = is_hidden

    def block(self, person: int, *, is_blocking: bool) -> None:
        pair = {"blocker": self.people[person].id, "blocked": self.people[3 - person].id}
        if is_blocking:
            social.block(**pair)
            self.blockers.add(person)
        else:
            social.unblock(**pair)
            self.blockers.discard(person)

    def check(self) -> None:
        for viewer, reader in enumerate(self.people):
            self.check_list(reader, f"posts/{self.post}/comments", self.answers(viewer, None))
            for comment in self.comments:
                path = f"comments/{comment.id}"
                assert reader.get(path).status == (200 if self.sees(viewer, comment) else 404)
                if self.sees(viewer, comment):
                    self.check_list(reader, f"{path}/replies", self.answers(viewer, comment))
                    assert ids_of(thread(reader, comment.id)) == [
                        one.id for one in self.below(viewer, comment)
                    ]

    @staticmethod
    def check_list(reader: Person, path: str, expected: list[Comment]) -> None:
        found = [one.id for one in expected]
        assert reader.ids(path) == found
        assert reader.ids(f"{path}?sort=newest") == found[::-1]


@examples(8)
@given(steps=st.lists(STEPS, min_size=4, max_size=14))
def test_everybody_sees_of_a_thread_what_the_rules_say(steps: list[tuple[str, int, int | None]]) -> None:
    settle()
    model = Model()
    for step in steps:
        model.step(*step)
    model.check()
