"""The floor that every app stands on."""

from importlib import import_module

from django.apps import AppConfig


class EchomateConfig(AppConfig):
    name = "echomate"

    def ready(self) -> None:
        import_module("echomate.jobs.projections")
