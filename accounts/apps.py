"""The accounts app; its registers are filled when Django is ready."""

from importlib import import_module

from django.apps import AppConfig


class AccountsConfig(AppConfig):
    name = "accounts"

    def ready(self) -> None:
        for register in ("projections", "schema", "tasks", "exports", "erasure"):
            import_module(f"accounts.{register}")
