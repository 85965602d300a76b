"""Views of media, by subject."""

from media.views.importing import ImportView
from media.views.pictures import AvatarView, CoverView
from media.views.uploads import CompleteView, MediaView, MediumView

__all__ = ["AvatarView", "CompleteView", "CoverView", "ImportView", "MediaView", "MediumView"]
