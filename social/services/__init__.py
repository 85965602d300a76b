"""Writes of the graph. Each writes one fact; counters and lists follow from the stream."""

from social.services.blocking import block, unblock
from social.services.following import Followed, follow, import_follows, remove_follower, unfollow
from social.services.muting import mute, unmute
from social.services.requests import accept, reject

__all__ = [
    "Followed",
    "accept",
    "block",
    "follow",
    "import_follows",
    "mute",
    "reject",
    "remove_follower",
    "unblock",
    "unfollow",
    "unmute",
]
