"""Routes of the feeds, below /api/v1."""

from django.urls import path

from feeds import views

urlpatterns = [
    path("feed", views.FeedView.as_view(), name="feed"),
    path("timeline", views.TimelineView.as_view(), name="timeline"),
]
