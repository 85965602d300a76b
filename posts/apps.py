"""The posts app; its registers are filled when Django is ready."""

from importlib import import_module

from django.apps import AppConfig


class PostsConfig(AppConfig):
    name = "posts"

    def ready(self) -> None:
        for register in ("projections", "recounts", "exports", "imports", "erasure", "tasks"):
            import_module(f"posts.{register}")
        for register in ("projections", "recounts", "exports", "imports", "erasure", "tasks"):
            import_module(f"posts.comments.{register}")
