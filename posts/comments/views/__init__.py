"""Comments by their post, by themselves and by their author."""

from posts.comments.views.comments import CommentsView, CommentView
from posts.comments.views.lists import RepliesView, ThreadView, UserCommentsView
from posts.comments.views.toggles import CommentHideView, CommentLikeView

__all__ = [
    "CommentHideView",
    "CommentLikeView",
    "CommentView",
    "CommentsView",
    "RepliesView",
    "ThreadView",
    "UserCommentsView",
]
