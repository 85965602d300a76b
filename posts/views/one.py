"""What is about one post."""

from collections.abc import Collection, Sequence
from typing import ClassVar

from rest_framework.permissions import SAFE_METHODS

from echomate.cache import Command
from echomate.ids import parse_id
from echomate.views import ApiView, id_or_404
from posts import reading
from posts.hydration import Hydrated, Question
from posts.reading import Seen


class OnePostView(ApiView):
    """Base of what is about one post, which comes in the round trip that admits the caller."""

    methods_that_see: ClassVar[Collection[str]] = SAFE_METHODS
    """Those that begin with a look at the post as the caller sees it."""

    _question: Question | None = None

    def opening_reads(self, viewer_id: int | None) -> Sequence[Command]:
        id_ = parse_id(self.kwargs["post"])
        if id_ is None or self.request.method not in self.methods_that_see:
            return ()
        self._question = Question(viewer_id, [id_])
        return self._question.commands

    def must_see(self, post: str) -> Seen:
        """The post of the path. Raises `NotFound`."""
        return reading.must_see(self.viewer_id_or_none, id_or_404(post), found=self.found())

    def found(self) -> Hydrated | None:
        """What the opening brought of the post, for the services that take it; None where nothing was asked."""
        return self._question.answered(self.opening) if self._question else None
