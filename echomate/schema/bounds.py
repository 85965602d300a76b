"""Bounds that follow from what a value is, whichever field it is in; those of single fields are theirs."""

from collections.abc import Iterator
from typing import Any

from echomate.fields import MOMENT_AT_MOST, URL_AT_MOST

OF_FORMATS = {"date-time": MOMENT_AT_MOST, "uri": URL_AT_MOST}
EXACT = 2**53 - 1
"""So far JavaScript counts exactly."""
INT32 = 2**31 - 1


def add_bounds(result: dict[str, Any], **_: Any) -> dict[str, Any]:
    """A hook of spectacular's."""
    for schema in _schemas(result):
        kinds = schema["type"] if isinstance(schema["type"], list) else [schema["type"]]
        if "string" in kinds and schema.get("format") in OF_FORMATS:
            schema.setdefault("maxLength", OF_FORMATS[schema["format"]])
        if "integer" in kinds and "enum" not in schema:
            schema.setdefault("minimum", -EXACT)
            schema.setdefault("maximum", EXACT)
            schema["format"] = (
                "int32" if schema["minimum"] >= -INT32 and schema["maximum"] <= INT32 else "int64"
            )
    return result


def _schemas(part: Any) -> Iterator[dict[str, Any]]:
    """What in the document is a schema with a type, examples left aside."""
    if isinstance(part, dict):
        if isinstance(part.get("type"), str | list):
            yield part
        for name, inner in part.items():
            if name not in {"example", "examples"}:
                yield from _schemas(inner)
    elif isinstance(part, list):
        for inner in part:
            yield from _schemas(inner)
