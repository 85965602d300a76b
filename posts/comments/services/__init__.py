"""Writes of comments and of likes of them. Each writes one fact; counters and caches follow from the stream."""

from posts.comments.services.creating import Draft, check_reply, create
from posts.comments.services.deleting import delete
from posts.comments.services.editing import edit
from posts.comments.services.hiding import hide, unhide
from posts.comments.services.importing import ExportedComment, OldComment, import_comments, take_in
from posts.comments.services.liking import Reaction, like, unlike
from posts.comments.services.owning import own_comment
from posts.comments.services.sweeping import sweep

__all__ = [
    "Draft",
    "ExportedComment",
    "OldComment",
    "Reaction",
    "check_reply",
    "create",
    "delete",
    "edit",
    "hide",
    "import_comments",
    "like",
    "own_comment",
    "sweep",
    "take_in",
    "unhide",
    "unlike",
]
