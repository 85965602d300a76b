"""What people write about themselves: what is taken as it is, what is put in order, what is refused."""

import unicodedata
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rest_framework import serializers

from accounts.serializers.profile import BIO_MAX, FULL_NAME_MAX, FullNameField
from accounts.serializers.written import ParagraphField, WebsiteField
from echomate import graphemes

pytestmark = pytest.mark.pure

FAMILY = "\U0001f468\u200d\U0001f469\u200d\U0001f467\u200d\U0001f466"
ENGLAND = "\U0001f3f4\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f"
AWKWARD = st.text(
    st.one_of(
        st.characters(),
        st.characters(categories=["Cs"]),
        st.sampled_from(
            "a \n\r\t\u200b\u200c\u200d\u202e\u2066\u2069\u0301\u0323\ufe0f\u1100\u1161\U0001f1e9\U0001f468\u0905\u094d"
        ),
    ),
    max_size=120,
)

full_name = FullNameField()
bio = ParagraphField(max_characters=BIO_MAX, allow_blank=True)
website = WebsiteField(max_length=200, allow_blank=True)


def refusal(field: serializers.Field[Any, Any, Any, Any], value: object) -> str:
    with pytest.raises(serializers.ValidationError) as error:
        field.run_validation(value)
    return " ".join(map(str, error.value.detail))


@pytest.mark.parametrize(
    "name",
    [
        "\u00c4nnchen M\u00fcller",
        FAMILY * FULL_NAME_MAX,
        f"{ENGLAND} Ann",
        "\u05e9\u05dc\u05d5\u05dd \u05db\u05d4\u05df",
        "\u0639\u0644\u06cc\u200c\u0631\u0636\u0627",
        "\u0915\u094d\u200d\u0937",
        "\u845b\U000e0100\u57ce",
        "1\ufe0f\u20e3 Ann",
        "\U0001f441\ufe0f\u200d\U0001f5e8\ufe0f",
        "Nguy\u1ec5n Th\u1ecb \u00c1nh",
        "\u0e01\u0e33" * FULL_NAME_MAX,
        "\uac00" * FULL_NAME_MAX,
    ],
)
def test_names_of_all_scripts_are_taken_as_they_are(name: str) -> None:
    assert full_name.run_validation(name) == name


@pytest.mark.parametrize(
    ("given_name", "kept"),
    [
        ("A\u0308nnchen", "\u00c4nnchen"),
        ("e\u0301" * FULL_NAME_MAX, "\u00e9" * FULL_NAME_MAX),
        ("\u1100\u1161" * FULL_NAME_MAX, "\uac00" * FULL_NAME_MAX),
        ("  Ann \u200d\u00a0", "Ann"),
        ("\u200b\u2060", ""),
        ("\u3164", ""),
        ("\u2800 \u00ad", ""),
    ],
)
def test_a_name_is_put_in_order(given_name: str, kept: str) -> None:
    assert full_name.run_validation(given_name) == kept


@pytest.mark.parametrize(
    "name",
    [
        "a\u202eb",
        "a\u2067b\u2069",
        "a\u200eb",
        "a\u0007b",
        "two\nlines",
        "a\u2028b",
        "a\u200bb",
        "a\u200db",
        "a\u0301\u200db",
        "7\u200c7",
        "\u0639\u200c\u200c\u0639",
        "a\u3164b",
        "a\u2800b",
        "a\ue000b",
        "a\u00adb",
        "a\U000e0041b",
        "\U0001f3f4\U000e0067",
        "a\ufeffb",
    ],
)
def test_what_cannot_be_seen_is_refused_in_a_name(name: str) -> None:
    assert refusal(full_name, name) == "It holds characters that can't be seen."


@pytest.mark.parametrize("name", ["z" + "\u0301" * 6, "a" + "\u0323\u0301" * 20, "\u0301" * 400])
def test_piles_of_marks_are_refused(name: str) -> None:
    assert refusal(full_name, name) == "Too many marks stand on one character."


@pytest.mark.parametrize("name", ["x" * 1000, "x" * 1_000_000, FAMILY * 51, "\U0001f1e9\U0001f1ea" * 51])
def test_a_name_has_50_characters_as_one_counts_them(name: str) -> None:
    assert "no more than" in refusal(full_name, name)


@pytest.mark.parametrize("name", ["\ud800", "a\udfffb", "nul\0", 7, True, ["Ann"], {}, None])
def test_what_is_no_text_is_refused(name: object) -> None:
    assert refusal(full_name, name)


@pytest.mark.parametrize(
    "text",
    [
        "one\n\ntwo\tthree",
        "\u2067\u05e9\u05dc\u05d5\u05dd\u2069 Ann",
        "\u200f\u05e9",
        "\uf8ff",
        "a\u2066\u2067b\u2069\u2069",
    ],
)
def test_a_bio_has_lines_and_closed_isolates(text: str) -> None:
    assert bio.run_validation(text) == text


@pytest.mark.parametrize(
    "text", ["a\u202eb", "a\u202ab\u202c", "a\u2067b", "a\u2069b", "a\u2067\nb\u2069", "a\x1bb", "a\x9bb"]
)
def test_a_bio_overrides_no_direction_and_holds_no_controls(text: str) -> None:
    assert refusal(bio, text) == "It holds characters that can't be seen."


@pytest.mark.parametrize(
    "address",
    [
        "https://example.org",
        "HTTP://[::1]:8080/a?b#c",
        "https://m\u00fcnchen.example/\u00fc",
        "https://a.org/@ann",
        "https://ann_b.example.org/_",
        "https://_dmarc.sub_domain.example.org:8443",
        "",
    ],
)
def test_addresses_of_the_web_are_taken(address: str) -> None:
    assert website.run_validation(address) == address


@pytest.mark.parametrize(
    "address", ["example.org", "example.org:8443/a?b#c", "a_b.example.org", "example.org/?u=http://x.example"]
)
def test_an_address_without_a_scheme_is_one_of_https(address: str) -> None:
    assert website.run_validation(address) == f"https://{address}"


def test_an_address_with_its_scheme_is_no_longer_than_it_may_be() -> None:
    assert refusal(website, "example.org/" + "x" * 185)


@pytest.mark.parametrize(
    "address",
    [
        "javascript:alert(1)",
        "data:text/html,x",
        "ftp://example.org",
        "//example.org",
        "/about",
        "example",
        "mailto:ann@example.org",
        "ann@example.org",
        "tel:123",
        "a b.org",
        "https://_",
        "https://",
        "http://[",
        "http://a b.org",
        "https://bank.example@evil.example",
        "https://ann:secret@example.org",
        "https://example.org/\u202egpj.exe",
        "https://example.org/\u200b",
        "https://exa\nmple.org",
        "https://" + "x" * 300 + ".org",
        "https://\ud800.org",
        7,
    ],
)
def test_other_addresses_are_refused(address: object) -> None:
    assert refusal(website, address)


@given(AWKWARD)
def test_whatever_is_written_is_refused_or_kept_in_order(text: str) -> None:
    for field, most in ((full_name, FULL_NAME_MAX), (bio, BIO_MAX)):
        try:
            kept = field.run_validation(text)
        except serializers.ValidationError:
            continue
        assert unicodedata.is_normalized("NFC", kept)
        assert graphemes.count(kept) <= most
        assert field.run_validation(kept) == kept
        kept.encode()
