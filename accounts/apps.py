"""The accounts app; its registers are filled when Django is ready."""

from importlib import import_module

from django.apps import AppConfig


class AccountsConfig(AppConfig):
    name = "accounts"

    def ready(self) -> None:
        registers = ("projections", "schema", "tasks", "exports", "erasure", "exporting.job", "importing.job")
        for register in registers:
            import_module(f"accounts.{register}")
