"""The floor that every app stands on."""

from django.apps import AppConfig


class EchomateConfig(AppConfig):
    name = "echomate"
