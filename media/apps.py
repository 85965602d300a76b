"""The media app; its registers are filled when Django is ready."""

from importlib import import_module

from django.apps import AppConfig


class MediaConfig(AppConfig):
    name = "media"

    def ready(self) -> None:
        for register in ("projections", "tasks", "exports", "imports", "erasure"):
            import_module(f"media.{register}")
