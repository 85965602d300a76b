"""Writes of media, as other apps use them."""

from media.services.attaching import attach_items, remove_items, require_ready

__all__ = ["attach_items", "remove_items", "require_ready"]
