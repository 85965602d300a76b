"""Routes of the posts app, below /api/v1."""

from django.urls import path

from posts import views
from posts.comments import urls as comments

urlpatterns = [
    path("posts", views.PostsView.as_view(), name="posts"),
    path("posts/<str:post>", views.PostView.as_view(), name="post"),
    path("posts/<str:post>/history", views.HistoryView.as_view(), name="history"),
    path("posts/<str:post>/like", views.LikeView.as_view(), name="like"),
    path("posts/<str:post>/bookmark", views.BookmarkView.as_view(), name="bookmark"),
    path("bookmarks", views.BookmarksView.as_view(), name="bookmarks"),
    path("posts/<str:post>/likes", views.LikersView.as_view(), name="likers"),
    path("users/<str:user>/posts", views.UserPostsView.as_view(), name="user-posts"),
    path("users/<str:user>/likes", views.UserLikesView.as_view(), name="user-likes"),
    *comments.urlpatterns,
]
