"""Delivers a new post: announces it to its author's and the public list, then pushes it to its readers' homes.

Announce, then read, then push: a reader who begins to follow, or whose list is being made, meets the post in one of
these places whatever the order. A page of followers is served here; the rest by a job for each further page, which
puts the next one before it pushes, so that they run side by side.
"""

import hashlib
from collections.abc import Iterable, Sequence
from datetime import timedelta

from echomate import cache, jobs, keys, timelines
from echomate.cache import Command
from echomate.config import config
from social.selectors import followers_after, fresh_followers, relations

FAN_OUT = "fan_out"
PIPELINE = 1000
PATIENCE = timedelta(seconds=5)
"""After so long another worker takes a page over from one that died; the push of a page takes milliseconds."""


def announce(post: int, *, author: int, public: bool) -> None:
    """Put the post into the lists that homes are built from; again changes nothing."""
    lists = [(keys.author_list(author), timelines.AUTHOR_SECONDS)]
    if public:
        lists.append((keys.public_list(), timelines.PUBLIC_SECONDS))
    cache.ask(*(_announcement(key, post, seconds) for key, seconds in lists))


def announce_tagged(post: int, tag: str) -> None:
    """Put the post into the list of a hashtag; again changes nothing.

    An old one may be below all that the list holds, where a reader may just have missed it.
    """
    key = keys.tag_list(tag)
    (placed,) = cache.ask(_announcement(key, post, timelines.TAG_SECONDS))
    if not placed:
        cache.ask(timelines.doubt(key, seconds=timelines.TAG_SECONDS))


def _announcement(key: str, post: int, seconds: int) -> Command:
    if timelines.is_late(post):
        return timelines.insert_into_source(key, post)
    return timelines.announce(key, post, seconds=seconds)


def deliver(post: int, *, author: int, after: int | None = None, once: bool = False) -> None:
    """Push the post to one page of its author's followers, those below the edge `after`."""
    edges = followers_after(author, after, config.fan_out_page + 1)
    if len(edges) > config.fan_out_page:
        edges.pop()
        _deliver_rest(post, author, edges[-1][0])
    readers = {follower for _, follower in edges}
    if after is None:
        readers.update(fresh_followers(author))
        cache.ask(_push(author, post, own=True, once=once))
    push(post, readers - {author}, once=once)


def _deliver_rest(post: int, author: int, after: int) -> None:
    payload = {"post": str(post), "author": str(author), "after": str(after)}
    job = jobs.job(FAN_OUT, payload, id=_job_id(post, after), user=author, sends_itself=True, grace=PATIENCE)
    jobs.add(job)
    jobs.send(job.id)


def _job_id(post: int, after: int) -> int:
    """The same for the same page, so that a handler that runs twice adds nothing.

    The id of a moment in the 17 minutes before the post, so that 42 bits tell the pages of all posts apart: 22 would
    let two of the thousand pages of a million followers meet once in nine posts.
    """
    digest = hashlib.sha256(f"{FAN_OUT} {post} {after}".encode()).digest()
    return post - int.from_bytes(digest[:8], "big") % 2**42


def deliver_to_author(post: int, *, author: int) -> None:
    """A post that was imported takes its place in its author's own home, and is pushed to nobody."""
    cache.ask(timelines.insert(keys.feed(author), post))


def deliver_to_mentioned(post: int, *, author: int, mentioned: Iterable[int]) -> None:
    """Push what is for the mentioned alone to the author and those of them who follow; it has few readers."""
    followers = relations(author, [user for user in mentioned if user != author])
    push(post, [author, *(user for user, how in followers.items() if how.followed_by)], once=True)


def push(post: int, readers: Iterable[int], *, once: bool) -> None:
    """Push to the homes that exist, and cut those that grew too long."""
    people = list(readers)
    for start in range(0, len(people), PIPELINE):
        part = people[start : start + PIPELINE]
        lengths = cache.ask(*(_push(reader, post, own=False, once=once) for reader in part))
        _trim([reader for reader, length in zip(part, lengths, strict=True) if length > config.feed_cap])


def _push(reader: int, post: int, *, own: bool, once: bool) -> Command:
    key = keys.feed(reader)
    if once or timelines.is_late(post):
        return timelines.insert(key, post)
    return timelines.deliver_once(key, post) if own else timelines.deliver(key, post)


def _trim(readers: Sequence[int]) -> None:
    if readers:
        cache.ask(*(timelines.trim(keys.feed(reader)) for reader in readers))


def withdraw(post: int, *, author: int) -> None:
    """Take a deleted post out of the lists that homes are built from; homes hide it when they are read."""
    cache.ask(
        timelines.withdraw(keys.author_list(author), post), timelines.withdraw(keys.public_list(), post)
    )


def withdraw_tagged(post: int, tag: str) -> None:
    """Take a post out of the list of a hashtag that it no longer bears."""
    cache.ask(timelines.withdraw(keys.tag_list(tag), post))
