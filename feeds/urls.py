"""Routes of the feeds, below /api/v1."""

from django.urls import path

from feeds import views

urlpatterns = [
    path("feed", views.FeedView.as_view(), name="feed"),
    path("timeline", views.TimelineView.as_view(), name="timeline"),
    path("tags/<str:tag>/timeline", views.TagTimelineView.as_view(), name="tag-timeline"),
]
