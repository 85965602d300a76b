"""The shapes of timelines, for the schema."""

from rest_framework import serializers

from posts.serializers import PostListSerializer


class TimelineSerializer(PostListSerializer):
    """All public posts, newest first."""


class FeedSerializer(PostListSerializer):
    """A home feed. While it is `rebuilding` it may be shorter than it will be."""

    state = serializers.ChoiceField(choices=["complete", "rebuilding"])
