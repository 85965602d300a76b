"""Routes of comments, below /api/v1."""

from django.urls import path

from posts.comments import views

urlpatterns = [
    path("posts/<str:post>/comments", views.CommentsView.as_view(), name="comments"),
    path("comments/<str:comment>", views.CommentView.as_view(), name="comment"),
    path("comments/<str:comment>/like", views.CommentLikeView.as_view(), name="comment-like"),
    path("comments/<str:comment>/hide", views.CommentHideView.as_view(), name="comment-hide"),
    path("comments/<str:comment>/replies", views.RepliesView.as_view(), name="replies"),
    path("comments/<str:comment>/thread", views.ThreadView.as_view(), name="thread"),
    path("users/<str:user>/comments", views.UserCommentsView.as_view(), name="user-comments"),
]
