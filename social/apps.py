"""The social app; its registers are filled when Django is ready."""

from importlib import import_module

from django.apps import AppConfig


class SocialConfig(AppConfig):
    name = "social"

    def ready(self) -> None:
        for register in ("projections", "recounts", "exports", "imports", "erasure", "tasks"):
            import_module(f"social.{register}")
