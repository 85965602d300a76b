"""A plain network in memory: what the real one must equal once all has had its effects."""

from collections.abc import Iterable
from dataclasses import dataclass, field

Pair = tuple[int, int]


@dataclass
class ModelPost:
    author: int
    visibility: str
    content: str


@dataclass
class Model:
    """Users, follows and blocks by (who, whom), posts that aren't deleted, likes by (user, post)."""

    depth: int
    users: list[int] = field(default_factory=list)
    follows: dict[Pair, None] = field(default_factory=dict)
    """In the order in which they were made, as likes."""
    blocks: set[Pair] = field(default_factory=set)
    posts: dict[int, ModelPost] = field(default_factory=dict)
    deleted: dict[int, ModelPost] = field(default_factory=dict)
    likes: dict[Pair, None] = field(default_factory=dict)

    # --- writes

    def block(self, blocker: int, blocked: int) -> None:
        self.blocks.add((blocker, blocked))
        self.follows.pop((blocker, blocked), None)
        self.follows.pop((blocked, blocker), None)

    def delete(self, post: int) -> None:
        self.deleted[post] = self.posts.pop(post)

    # --- rules

    def are_apart(self, one: int, other: int) -> bool:
        """Whether there is a block either way."""
        return (one, other) in self.blocks or (other, one) in self.blocks

    def knows_of(self, viewer: int, user: int) -> bool:
        """Whether a viewer may know of a user: not of one who blocks them."""
        return (user, viewer) not in self.blocks

    def sees(self, viewer: int, post: int) -> bool:
        found = self.posts.get(post)
        if found is None:
            return False
        if found.author == viewer:
            return True
        is_reader = found.visibility == "public" or (viewer, found.author) in self.follows
        return is_reader and not self.are_apart(viewer, found.author)

    def shows_at_home(self, viewer: int, post: int) -> bool:
        found = self.posts.get(post)
        if found is None or not self.sees(viewer, post):
            return False
        return found.author == viewer or (viewer, found.author) in self.follows

    # --- lists, newest first

    def home(self, viewer: int) -> list[int]:
        return _newest(post for post in self.posts if self.shows_at_home(viewer, post))[: self.depth]

    def public(self, viewer: int | None) -> list[int]:
        posts = (post for post, found in self.posts.items() if found.visibility == "public")
        return _newest(post for post in posts if viewer is None or self.sees(viewer, post))

    def posts_of(self, author: int, viewer: int) -> list[int]:
        posts = (post for post, found in self.posts.items() if found.author == author)
        return _newest(post for post in posts if self.sees(viewer, post))

    def followers(self, user: int, viewer: int) -> list[int]:
        return self._met(viewer, [a for a, b in self.follows if b == user][::-1])

    def following(self, user: int, viewer: int) -> list[int]:
        return self._met(viewer, [b for a, b in self.follows if a == user][::-1])

    def friends(self, user: int) -> list[int]:
        return _newest(b for a, b in self.follows if a == user and (b, a) in self.follows)

    def blocked_by(self, user: int) -> list[int]:
        return _newest(b for a, b in self.blocks if a == user)

    def likers(self, post: int, viewer: int) -> list[int]:
        return self._met(viewer, _newest(user for user, liked in self.likes if liked == post))

    def liked_by(self, user: int, viewer: int) -> list[int]:
        posts = [post for liker, post in self.likes if liker == user][::-1]
        return [post for post in posts if self.sees(viewer, post)]

    def _met(self, viewer: int, people: list[int]) -> list[int]:
        return [one for one in people if not self.are_apart(viewer, one)]

    # --- counters

    def post_counts(self, post: int) -> dict[str, int]:
        return {"likes": sum(liked == post for _, liked in self.likes), "comments": 0}

    def user_counts(self, user: int) -> dict[str, int]:
        """Likes of deleted posts count until a job removes them, a day later."""
        return {
            "posts": sum(post.author == user for post in self.posts.values()),
            "followers": sum(b == user for _, b in self.follows),
            "following": sum(a == user for a, _ in self.follows),
            "likes": sum(liker == user for liker, _ in self.likes),
        }


def _newest(ids: Iterable[int]) -> list[int]:
    return sorted(ids, reverse=True)
