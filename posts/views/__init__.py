"""Posts, likes, bookmarks, and lists of them."""

from posts.views.lists import BookmarksView, HistoryView, LikersView, UserLikesView, UserPostsView
from posts.views.marks import BookmarkView, LikeView
from posts.views.posts import PostsView, PostView

__all__ = [
    "BookmarkView",
    "BookmarksView",
    "HistoryView",
    "LikeView",
    "LikersView",
    "PostView",
    "PostsView",
    "UserLikesView",
    "UserPostsView",
]
