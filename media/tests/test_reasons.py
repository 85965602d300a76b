"""The sentences for what is rejected."""

from django.utils.translation import gettext, override

from media.processing import REASONS
from media.selectors import FAILED


def test_every_reason_has_a_german_sentence() -> None:
    sentences = [*REASONS.values(), FAILED]
    with override("de"):
        assert [sentence for sentence in sentences if gettext(sentence) == sentence] == []
