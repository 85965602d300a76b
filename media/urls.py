"""Routes of the media app, below /api/v1."""

from django.urls import path

from media import views

urlpatterns = [
    path("media", views.MediaView.as_view(), name="media"),
    path("media/<str:media>", views.MediumView.as_view(), name="medium"),
    path("media/<str:media>/complete", views.CompleteView.as_view(), name="complete-media"),
    path("users/me/avatar", views.AvatarView.as_view(), name="avatar"),
    path("users/me/cover", views.CoverView.as_view(), name="cover"),
    path("users/me/import", views.ImportView.as_view(), name="import"),
]
