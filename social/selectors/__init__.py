"""Reads of the graph."""

from social.selectors.edges import (
    blocked,
    followed_ids,
    followers_after,
    following,
    fresh_followers,
    muted,
    recently_followed_ids,
)
from social.selectors.people import Person, people, person, person_reads
from social.selectors.relations import Relation, parted, parting_read, relation_reads, relations

__all__ = [
    "Person",
    "Relation",
    "blocked",
    "followed_ids",
    "followers_after",
    "following",
    "fresh_followers",
    "muted",
    "parted",
    "parting_read",
    "people",
    "person",
    "person_reads",
    "recently_followed_ids",
    "relation_reads",
    "relations",
]
