"""Who follows whom, who writes what and who likes it, generated from numbers.

Everything happens before the demo's moment and after those who do it have joined.
"""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import accumulate
from math import log
from random import Random

from echomate import ids
from feeds.demo.cast import DAY, Character, cast
from feeds.demo.replies import reply
from feeds.demo.topics import write
from posts.comments.services import OldComment
from posts.services import Draft

POSTS_REACH_BACK_DAYS = 90
TYPICAL_FOLLOWS = 13
FOLLOWS_OF_DEMO = 60
MOST_FOLLOWS = 150
OF_ONES_TOPIC = 0.6
FOLLOW_BACK = 0.35
FAMOUS = 20
FAMOUS_FOLLOW_BACK = 0.03
FOLLOWERS_ONLY = 0.08
LIKES_AT_LEAST = 1.2
LIKES_A_FOLLOWER = 0.04
LIKED_WITHIN = DAY // 3
MENTIONING = 0.1
COMMENTS_AT_LEAST = 0.8
COMMENTS_A_FOLLOWER = 0.02
COMMENTED_WITHIN = DAY // 4
ANSWERS = 0.45
"""So many comments answer another one."""

Follow = tuple[int, int, int]
"""Id, follower, followed."""
Post = tuple[int, int, Draft]
"""Id, author, what it says."""
Like = tuple[int, int, int]
"""Id, user, post."""


class World:
    """The demo of some size at some moment (Unix milliseconds). The same numbers make the same world."""

    def __init__(self, *, users: int, posts: int, moment: int) -> None:
        self.moment = moment
        self.people = cast(users, moment=moment)
        self.follows = list(self._follows())
        self.posts = sorted(self._posts(posts), key=lambda post: post[0])

    def _follows(self) -> Iterator[Follow]:
        random = Random("follows")
        for follower, followed in self._edges(random):
            joined = max(ids.milliseconds(follower.id), ids.milliseconds(followed.id))
            yield _id(random, joined, self.moment), follower.id, followed.id

    def _edges(self, random: Random) -> Iterable[tuple[Character, Character]]:
        """Mostly people of one's own topic, mostly the well-known, some of whom follow back."""
        everybody = _Draw(self.people, [one.fame for one in self.people])
        by_topic = {topic: _Draw(them, [one.fame for one in them]) for topic, them in self._topics().items()}
        edges: dict[tuple[Character, Character], None] = {}
        for one in self.people:
            for _ in range(self._ambition(one, random)):
                pool = by_topic[one.topic.name] if random.random() < OF_ONES_TOPIC else everybody
                other = pool.draw(random)
                if other is not one:
                    edges[one, other] = None
                    if random.random() < (FAMOUS_FOLLOW_BACK if other.number < FAMOUS else FOLLOW_BACK):
                        edges[other, one] = None
        return edges

    def _topics(self) -> dict[str, list[Character]]:
        topics = defaultdict(list)
        for one in self.people:
            topics[one.topic.name].append(one)
        return topics

    @staticmethod
    def _ambition(one: Character, random: Random) -> int:
        """How often somebody tries to find another to follow."""
        wanted = random.lognormvariate(log(TYPICAL_FOLLOWS), 0.8)
        return FOLLOWS_OF_DEMO if one.number == 0 else min(MOST_FOLLOWS, max(3, int(wanted)))

    def _posts(self, count: int) -> Iterator[Post]:
        """Some write a lot, most little, and more of it lately."""
        random = Random("posts")
        naming = Random("mentions")
        followed = self._names_of_followed()
        authors = _Draw(self.people, [random.lognormvariate(0, 1) for _ in self.people])
        for _ in range(count):
            author = authors.draw(random)
            written = self.moment - int(POSTS_REACH_BACK_DAYS * DAY * random.random() ** 1.5)
            draft = Draft(
                content=_naming(followed[author.id], write(author.topic, random), naming),
                visibility="followers" if random.random() < FOLLOWERS_ONLY else "public",
                language=author.topic.language,
            )
            yield _id(random, written - 1, written), author.id, draft

    def likes(self) -> Iterator[Like]:
        """By followers, soon after the post; a few of those who have many have them on every post."""
        random = Random("likes")
        followers = self._followers()
        for post, author, _ in self.posts:
            readers = followers[author]
            eager = random.expovariate(1 / (LIKES_AT_LEAST + LIKES_A_FOLLOWER * len(readers)))
            for user in random.sample(readers, min(int(eager), len(readers))):
                written = ids.milliseconds(post)
                liked = min(self.moment - 1, written + int(random.expovariate(1 / LIKED_WITHIN)))
                yield _id(random, max(liked, written), max(liked, written) + 1), user, post

    def comments(self) -> Iterator[OldComment]:
        """By followers, soon after the post, some in answer to those before."""
        random = Random("comments")
        followers = self._followers()
        people = {one.id: one for one in self.people}
        for post, author, _ in self.posts:
            readers = followers[author]
            eager = random.expovariate(1 / (COMMENTS_AT_LEAST + COMMENTS_A_FOLLOWER * len(readers)))
            thread: list[OldComment] = []
            for user in random.sample(readers, min(int(eager), len(readers))):
                answered = random.choice(thread) if thread and random.random() < ANSWERS else None
                to = people[answered.author].username if answered else None
                text = reply(people[author].topic.language, to, random)
                thread.append(self._comment(random, post, answered, user, text))
            answers = {one.parent for one in thread}
            yield from (replace(one, is_answered=one.id in answers) for one in thread)

    def _comment(
        self, random: Random, post: int, answered: OldComment | None, author: int, text: str
    ) -> OldComment:
        before = ids.milliseconds(answered.id if answered else post)
        at = min(self.moment - 1, before + 1 + int(random.expovariate(1 / COMMENTED_WITHIN)))
        parent, depth = (answered.id, answered.depth + 1) if answered else (None, 0)
        return OldComment(_id(random, at, at + 1), author, post, text, parent, depth)

    def _followers(self) -> dict[int, list[int]]:
        followers = defaultdict(list)
        for _, follower, followed in self.follows:
            followers[followed].append(follower)
        return followers

    def _names_of_followed(self) -> dict[int, list[str]]:
        names = {one.id: one.username for one in self.people}
        followed = defaultdict(list)
        for _, follower, one in self.follows:
            followed[follower].append(names[one])
        return followed


def _naming(names: Sequence[str], text: str, random: Random) -> str:
    """Some posts are for somebody whom their author follows."""
    return f"@{random.choice(names)} {text}" if names and random.random() < MENTIONING else text


class _Draw:
    """Draws people by weight."""

    def __init__(self, people: Sequence[Character], weights: Iterable[float]) -> None:
        self._people = people
        self._sums = list(accumulate(weights))

    def draw(self, random: Random) -> Character:
        place = bisect_right(self._sums, random.random() * self._sums[-1])
        return self._people[min(place, len(self._people) - 1)]


def _id(random: Random, after: int, before: int) -> int:
    """An id of some moment between two, in Unix milliseconds."""
    return ids.id_at_milliseconds(random.randrange(after, before)) | random.getrandbits(ids.RANDOM_BITS)
