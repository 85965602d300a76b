"""Writes of media, as views and other apps use them."""

from media.publishing import expect as expect_publishing
from media.services.attaching import RETRY_AFTER, attach_items, remove, remove_items, require_ready
from media.services.bringing import imported_id
from media.services.changing import complete, delete, describe_anew
from media.services.creating import Declaration, create, form
from media.services.picturing import hide, show

__all__ = [
    "RETRY_AFTER",
    "Declaration",
    "attach_items",
    "complete",
    "create",
    "delete",
    "describe_anew",
    "expect_publishing",
    "form",
    "hide",
    "imported_id",
    "remove",
    "remove_items",
    "require_ready",
    "show",
]
