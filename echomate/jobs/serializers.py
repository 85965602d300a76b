"""The shape of jobs."""

from typing import Any

from rest_framework import serializers

from echomate.fields import URL_AT_MOST, IdField

STATES = ("waiting", "running", "done", "failed")


class JobSerializer(serializers.Serializer[Any]):
    example = {
        "id": "911275229347446784",
        "kind": "export",
        "state": "done",
        "progress": 100,
        "result_url": "https://storage.example.org/exports/911.zip?signature=…",
        "result": {"bytes": 18233, "expires_at": "2026-11-22T09:30:00.000Z"},
        "error": None,
        "created_at": "2026-11-21T09:30:00.000Z",
    }

    id = IdField()
    kind = serializers.CharField(max_length=64)
    state = serializers.ChoiceField(choices=STATES)
    progress = serializers.IntegerField(min_value=0, max_value=100, help_text="Percent.")
    result_url = serializers.CharField(
        max_length=URL_AT_MOST,
        allow_null=True,
        help_text="Where what it made is, as long as it is there; good for an hour at most.",
    )
    result = serializers.DictField(allow_null=True, help_text="What came of it, by kind.")
    error = serializers.CharField(max_length=1000, allow_null=True, help_text="Why it failed.")
    created_at = serializers.DateTimeField()


class StartedJobSerializer(serializers.Serializer[Any]):
    job = JobSerializer()
