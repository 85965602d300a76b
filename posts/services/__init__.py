"""Writes of posts and likes. Each writes one fact; counters, feeds and caches follow from the stream."""

from posts.services.importing import import_likes, import_posts
from posts.services.liking import Reaction, like, unlike
from posts.services.publishing import Draft, create, delete, edit

__all__ = ["Draft", "Reaction", "create", "delete", "edit", "import_likes", "import_posts", "like", "unlike"]
