"""Reads of timelines: skeleton (ids), then hydrate, rules and present, which are `posts`' own."""

from feeds.selectors.home import home, home_reads
from feeds.selectors.public import public, public_reads, tagged, tagged_reads

__all__ = ["home", "home_reads", "public", "public_reads", "tagged", "tagged_reads"]
