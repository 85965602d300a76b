"""Reads of the graph."""

from social.selectors.edges import (
    blocked,
    followed_ids,
    followers_after,
    following,
    fresh_followers,
    is_blocked,
    muted,
    recently_followed_ids,
)
from social.selectors.relations import Relation, relation_reads, relations

__all__ = [
    "Relation",
    "blocked",
    "followed_ids",
    "followers_after",
    "following",
    "fresh_followers",
    "is_blocked",
    "muted",
    "recently_followed_ids",
    "relation_reads",
    "relations",
]
