"""Writes of posts, likes and bookmarks. Each writes one fact; counters, feeds and caches follow from the stream."""

from posts.services.bookmarking import bookmark, unbookmark
from posts.services.deleting import delete
from posts.services.editing import edit
from posts.services.importing import OldPost, import_likes, import_posts, imported_partitions, take_in
from posts.services.liking import like, unlike
from posts.services.marking import Reaction
from posts.services.owning import own_post
from posts.services.publishing import Draft, create

__all__ = [
    "Draft",
    "OldPost",
    "Reaction",
    "bookmark",
    "create",
    "delete",
    "edit",
    "import_likes",
    "import_posts",
    "imported_partitions",
    "like",
    "own_post",
    "take_in",
    "unbookmark",
    "unlike",
]
