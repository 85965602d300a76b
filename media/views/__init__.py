"""Views of media, by subject."""

from media.views.importing import ImportView
from media.views.uploads import CompleteView, MediaView, MediumView

__all__ = ["CompleteView", "ImportView", "MediaView", "MediumView"]
