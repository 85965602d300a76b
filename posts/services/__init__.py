"""Writes of posts and likes. Each writes one fact; counters, feeds and caches follow from the stream."""

from posts.services.importing import OldPost, import_likes, import_posts, take_in
from posts.services.liking import Reaction, like, unlike
from posts.services.publishing import Draft, create, delete, edit

__all__ = [
    "Draft",
    "OldPost",
    "Reaction",
    "create",
    "delete",
    "edit",
    "import_likes",
    "import_posts",
    "like",
    "take_in",
    "unlike",
]
