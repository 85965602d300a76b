"""What is about one comment."""

from collections.abc import Sequence

from rest_framework.permissions import SAFE_METHODS

from echomate.cache import Command
from echomate.ids import parse_id
from echomate.views import ApiView, id_or_404
from posts.comments import reading
from posts.comments.hydration import Question
from posts.comments.reading import Seen


class OneCommentView(ApiView):
    """Base of what is about one comment: where it is only read, it comes in the round trip that admits the caller."""

    _question: Question | None = None

    def opening_reads(self, viewer_id: int | None) -> Sequence[Command]:
        id_ = parse_id(self.kwargs["comment"])
        if id_ is None or self.request.method not in SAFE_METHODS:
            return ()
        self._question = Question(viewer_id, [id_])
        return self._question.commands

    def must_see(self, comment: str) -> Seen:
        """The comment of the path, for a method that only reads. Raises `NotFound`."""
        id_ = id_or_404(comment)
        found = self._question.answered(self.opening) if self._question else None
        return reading.must_see(self.viewer_id_or_none, id_, found=found)
