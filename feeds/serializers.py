"""The shape of the home feed, for the schema."""

from rest_framework import serializers

from posts.serializers import PostListSerializer

STATES = ("complete", "rebuilding")


class FeedSerializer(PostListSerializer):
    """A home feed. While it is `rebuilding` it may be shorter than it will be."""

    state = serializers.ChoiceField(choices=STATES)
