"""Texts as clients send them: counted as people see them, in one form, bounded whatever they are made of."""

import time
import unicodedata
from typing import Any

import pytest
import regex
from hypothesis import given
from hypothesis import strategies as st
from rest_framework import serializers
from rest_framework.utils.formatting import lazy_format

from echomate import fields, graphemes
from echomate.fields import BodySerializer, FlagField, LanguageField, ListField, ProseField, TextField

pytestmark = pytest.mark.pure

FAMILY = "\U0001f468\u200d\U0001f469\u200d\U0001f467\u200d\U0001f466"
PARTS = (
    "a1 \r\n\u0301\u0323\u200b\u200d\ufe0f\u0600\u0905\u093f\u1100\u1161\u11a8\uac00"
    "\U0001f1e9\U0001f1ea\U0001f468\U0001f3fd"
)

post = TextField(max_characters=5000)
word = TextField(max_length=20)


def refusal(text: object, field: TextField = post) -> str:
    with pytest.raises(serializers.ValidationError) as error:
        field.run_validation(text)
    return " ".join(map(str, error.value.detail))


@pytest.mark.parametrize(
    ("text", "characters"),
    [
        ("", 0),
        ("abc", 3),
        ("e\u0301", 1),
        ("\r\n", 1),
        (FAMILY, 1),
        ("\U0001f44d\U0001f3fd", 1),
        ("\U0001f1e9\U0001f1ea\U0001f1eb", 2),
        ("1\ufe0f\u20e3", 1),
        ("\u0915\u094d\u0937\u093f", 1),
        ("\u1100\u1161\u11a8", 1),
        ("\u0e01\u0e33", 1),
        ("\U0001faea", 1),
    ],
)
def test_characters_are_those_that_one_sees(text: str, characters: int) -> None:
    assert graphemes.count(text) == characters


@given(st.text(st.sampled_from(PARTS), max_size=30))
def test_they_are_those_of_the_standard(text: str) -> None:
    assert graphemes.count(text) == len(regex.findall(r"\X", text))


@pytest.mark.parametrize(
    "part",
    [
        "\U0001f1e9",
        "a\U0001f1e9",
        FAMILY,
        "\u0915\u094d\u200d",
        "e\u0301",
        "\u1100",
        "\U0001f468\u0301\u200d",
        "\r\n",
    ],
)
def test_no_text_takes_long_to_count(part: str) -> None:
    text = (part * 25_000)[: graphemes.code_points_at_most(5000)]
    start = time.process_time()
    graphemes.count(text)
    assert time.process_time() - start < 0.5


@pytest.mark.parametrize("text", ["x" * 5000, "\u00e9" * 5000, FAMILY * 3571, "\u0939\u093f" * 5000])
def test_a_post_has_5000_characters(text: str) -> None:
    assert post.run_validation(text) == text


def test_what_is_decomposed_counts_when_it_is_composed() -> None:
    assert post.run_validation("e\u0301" * 5000) == "\u00e9" * 5000
    assert post.run_validation("a\r\nb\rc") == "a\nb\nc"


@pytest.mark.parametrize("text", ["x" * 5001, FAMILY * 4999, "x" * 1_000_000, ("a" + "\u0301" * 30) * 1000])
def test_one_that_is_too_long_is_refused(text: str) -> None:
    assert "more than" in refusal(text)


@pytest.mark.parametrize("marks", ["\u0301\u0323", "\u0323\u0301\u0327"])
def test_a_flood_of_marks_is_refused_at_once(marks: str) -> None:
    """Normalising it would take minutes."""
    start = time.process_time()
    assert refusal("a" + marks * 300_000)
    assert refusal("a" + marks * 12_000) == "Too many marks stand on one character."
    assert time.process_time() - start < 0.5


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "\n\t",
        "\u200b",
        "\u200b\u200d\ufeff",
        "\u3164",
        "\u2800\u115f",
        "\u00ad",
        "\ufe0f",
        "\u202e",
        "\u2063",
        "\x1b",
    ],
)
def test_what_shows_nothing_is_blank(text: str) -> None:
    assert refusal(text) == "This field may not be blank."
    assert TextField(max_characters=9, allow_blank=True).run_validation(text) == ""


@pytest.mark.parametrize("text", ["\u200bx", "\u0301", ".", "\U0001f339\ufe0f", "\uac00"])
def test_what_shows_something_is_not(text: str) -> None:
    assert post.run_validation(text) == text


@pytest.mark.parametrize("text", [None, 7, True, [], {}, "nul\0", "\ud800", "a\udc00"])
def test_what_is_no_text_is_refused(text: object) -> None:
    assert refusal(text)


@pytest.mark.parametrize("text", ["\0", " \0 ", "\u200b\0"])
def test_nul_is_refused_where_there_is_nothing_else_to_see(text: str) -> None:
    assert refusal(text, TextField(max_characters=9, allow_blank=True)) == "Null characters are not allowed."


def test_what_machines_read_is_counted_in_code_points() -> None:
    assert word.run_validation("e\u0301" * 20) == "\u00e9" * 20
    assert "no more than 20" in refusal(FAMILY * 4, word)
    assert "no more than 20" in refusal("x" * 1_000_000, word)


@given(
    st.text(
        st.one_of(st.characters(), st.characters(categories=["Cs"]), st.sampled_from(PARTS)), max_size=200
    )
)
def test_whatever_comes_is_refused_or_kept_in_one_form(text: str) -> None:
    field = TextField(max_characters=20, allow_blank=True)
    try:
        kept = field.run_validation(text)
    except serializers.ValidationError:
        return
    assert graphemes.count(kept) <= 20
    assert unicodedata.is_normalized("NFC", kept)
    assert field.run_validation(kept) == kept
    assert kept == "" or not graphemes.shows_nothing(kept)


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("a\x07b\x1b[31mc\x7f\x9f", "ab[31mc"),
        ("a\tb\nc", "a\tb\nc"),
        ("a\r\nb\rc\x0bd\x0ce\x85f\u2028g\u2029h", "a\nb\nc\nd\ne\nf\ng\nh"),
        ("\x1b", ""),
        ("a\u202eb", "a\u202eb\u202c"),
        ("a\u202eb\nc", "a\u202eb\u202c\nc"),
        ("a\u202cb\u2069\u202c", "ab"),
        ("\u2067a\u202eb\u2069c\u202c", "\u2067a\u202eb\u2069c"),
        ("\u202aa\u2067b\u202cc", "\u202aa\u2067bc\u2069\u202c"),
        ("\u2067a\nb\u2069", "\u2067a\u2069\nb"),
        (
            "a \u202b\u05d0\u202c \u2068b\u2069 \u200fc\u200e",
            "a \u202b\u05d0\u202c \u2068b\u2069 \u200fc\u200e",
        ),
    ],
)
def test_prose_holds_no_controls_and_ends_each_direction_in_its_line(text: str, kept: str) -> None:
    field = ProseField(allow_blank=True)
    assert field.run_validation(text) == kept
    assert field.run_validation(kept) == kept


def test_nul_is_in_no_prose() -> None:
    assert refusal("a\0b", ProseField())


@pytest.mark.timed
def test_no_direction_takes_long_to_end() -> None:
    begun = time.process_time()
    ProseField().run_validation("a" + "\u202e" * 100_000 + "\u2069" * 100_000 + "\u2067\u202c" * 100_000)
    assert time.process_time() - begun < 1


@pytest.mark.parametrize(
    ("text", "tag"),
    [
        ("EN", "en"),
        ("de-de", "de-DE"),
        ("pt_br", "pt-BR"),
        ("ZH-HANT-tw", "zh-Hant-TW"),
        ("sr-latn-rs", "sr-Latn-RS"),
        ("en-us-u-hc-h12", "en-US-u-hc-h12"),
        ("de-ch-1996", "de-CH-1996"),
        ("es-419", "es-419"),
        ("tlh", "tlh"),
    ],
)
def test_the_tag_of_a_language_has_one_form(text: str, tag: str) -> None:
    assert LanguageField().run_validation(text) == tag


@pytest.mark.parametrize(
    "text",
    [
        "e",
        "english please",
        "en-",
        "-en",
        "en--us",
        "x-y",
        "\u017fl",
        "en-\u017fa",
        "de-DE-DE",
        "en" + "-x" * 20,
        5,
    ],
)
def test_what_is_no_tag_of_a_language_is_refused(text: object) -> None:
    assert refusal(text, LanguageField())


class CountedField(FlagField):
    copies = 0

    def __deepcopy__(self, memo: Any) -> Any:
        CountedField.copies += 1
        return super().__deepcopy__(memo)


class Body(BodySerializer):
    text = TextField()
    flag = CountedField(default=True)


class Around(BodySerializer):
    inner = Body()


def checked(kind: type[BodySerializer], body: object, *, partial: bool = False) -> Any:
    checker = kind(data=body, partial=partial)
    return checker.validated_data if checker.is_valid() else checker.errors


def test_each_body_is_checked_for_itself_by_fields_that_are_made_once() -> None:
    CountedField.copies = 0
    for _ in range(3):
        assert checked(Body, {"text": "a", "flag": False}) == {"text": "a", "flag": False}
        assert set(checked(Body, {"flag": "no"})) == {"text", "flag"}
        assert checked(Body, {"text": "b"}) == {"text": "b", "flag": True}
        assert checked(Body, {"flag": False}, partial=True) == {"flag": False}
    assert CountedField.copies == 2


class Words(BodySerializer):
    words = ListField(child=TextField(max_length=3), max_length=2)


class AroundWords(BodySerializer):
    inner = Words()


def test_what_is_said_of_a_body_is_worded_before_threads_share_it() -> None:
    """Within a body too."""
    checker: Any = fields._checker(AroundWords, False)
    words = checker.fields["inner"].fields["words"]
    messages = [validator.message for field in (words, words.child) for validator in field.validators]
    later = [message for message in messages if isinstance(message, lazy_format)]
    assert later
    assert all(message.result is not None for message in later)


def test_a_body_within_a_body_is_as_partial_as_that_is() -> None:
    assert checked(Around, {"inner": {"text": "a"}}) == {"inner": {"text": "a", "flag": True}}
    assert checked(Around, {"inner": {"flag": False}}, partial=True) == {"inner": {"flag": False}}
    assert set(checked(Around, {"inner": {}})["inner"]) == {"text"}
    assert set(checked(Around, {})) == {"inner"}
