"""The profile and the settings of an export, as the API would take them from their owner; not the name or address."""

from collections.abc import Iterator
from typing import Any

from accounts.serializers.profile import SETTINGS, AccountSerializer, ProfileSerializer
from accounts.services import imitating
from echomate import privacy
from echomate.privacy import Row

Change = tuple[str, Any]
"""An attribute by its name in the table, and its value."""


def changes(row: Row) -> Iterator[tuple[Change | None, str | None]]:
    """Each field by itself: what it changes, or why it isn't taken. What is empty changes nothing."""
    given = row.get("settings")
    settings = given if isinstance(given, dict) else {}
    profile = ((name, row.get(name)) for name in map(str, ProfileSerializer().fields))
    yield from (_checked({name: value}) for name, value in profile if value not in (None, ""))
    yield from (_checked({"settings": {name: settings[name]}}) for name in SETTINGS if name in settings)


def _checked(field: dict[str, Any]) -> tuple[Change | None, str | None]:
    serializer = AccountSerializer(data=field, partial=True)
    if not serializer.is_valid():
        return None, privacy.fault(serializer.errors)
    ((name, value),) = serializer.validated_data.items()
    if name == "settings":
        ((name, value),) = value.items()
        return (f"Settings.{_attribute(name)}", value), None
    if name == "full_name" and (fault := imitating.fault_of(value)):
        return None, fault
    return (_attribute(name), value), None


def _attribute(name: str) -> str:
    return str(name).title().replace("_", "")
