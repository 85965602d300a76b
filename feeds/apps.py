"""The feeds app; its registers are filled when Django is ready."""

from importlib import import_module

from django.apps import AppConfig


class FeedsConfig(AppConfig):
    name = "feeds"

    def ready(self) -> None:
        for register in ("projections", "tasks", "erasure"):
            import_module(f"feeds.{register}")
