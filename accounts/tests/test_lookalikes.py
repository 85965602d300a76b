"""Names that look alike have one skeleton; honest names have their own."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accounts import lookalikes, names
from accounts.lookalikes import is_reserved, of_full_name, of_username, speaks_for_us
from echomate.testing.configuration import configured

USERNAMES = st.text(st.sampled_from("abcdefghijklmnopqrstuvwxyz0123456789_"), min_size=3, max_size=30)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("modern", "m0d3rn"),
        ("modern", "rnodem"),
        ("will", "w1ll"),
        ("will", "vvill"),
        ("ann_smith", "_annsmith__"),
        ("bill", "81ll"),
        ("zoe", "203"),
        ("lisa", "11sa"),
    ],
)
def test_usernames_that_look_alike(one: str, other: str) -> None:
    assert of_username(one) == of_username(other)


@pytest.mark.parametrize(
    ("one", "other"), [("anna", "anne"), ("clean", "dean"), ("tom6", "tom9"), ("martin", "marlin")]
)
def test_usernames_that_do_not(one: str, other: str) -> None:
    assert of_username(one) != of_username(other)


@given(USERNAMES)
def test_a_skeleton_of_a_username_is_its_own(name: str) -> None:
    assert of_username(of_username(name)) == of_username(name)


@given(st.text(max_size=60))
def test_a_skeleton_of_any_text_is_made_and_its_forms_are_one(text: str) -> None:
    assert of_full_name(text) == of_full_name(unicodedata.normalize("NFC", text))
    assert of_full_name(text) == of_full_name(f"  {text} ")


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("PayPal", "PayPaI"),
        ("PayPal", "\u0420\u0430\u0443\u0420\u0430l"),
        ("Microsoft", "\uff2dicrosoft"),
        ("Microsoft", "rnicrosoft"),
        ("NASA", "\U0001d5e1\U0001d5d4\U0001d5e6\U0001d5d4"),
        ("Angela Merkel", "ANGELA  \u041cERKEL."),
        ("O\u2019Brien", "OBrien"),
    ],
)
def test_full_names_that_look_alike(one: str, other: str) -> None:
    assert of_full_name(one) == of_full_name(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Anna", "Anne"),
        ("\u7530\u4e2d", "\u4e2d\u7530"),
        ("\u7530\u4e2d", "\u4e2d"),
        ("M\u00fcller", "Muller"),
        ("Ada L", "Ada"),
    ],
)
def test_full_names_that_do_not(one: str, other: str) -> None:
    assert of_full_name(one) != of_full_name(other)


def test_every_reserved_name_is_one_and_can_be_a_username_or_a_part_of_a_path() -> None:
    assert all(names.username(name) in {name, None} for name in names.RESERVED)
    assert all(is_reserved(name) for name in names.RESERVED)


@pytest.mark.parametrize(
    "name",
    ["adm1n", "_admin_", "rnoderator", "supp0rt", "5ecurity", "echomate_fan", "ech0mate", "theechomate"],
)
def test_what_looks_reserved_is_reserved(name: str) -> None:
    assert is_reserved(name)


@pytest.mark.parametrize(
    "name", ["ali", "anna", "martin", "teamwork", "eva", "steam", "demo", "mai", "eli", "leo", "apple"]
)
def test_honest_names_are_free(name: str) -> None:
    assert not is_reserved(name)


def test_the_name_of_the_community_is_reserved_unless_it_is_a_short_word() -> None:
    with configured(instance_name="Fjord Net!"):
        assert is_reserved("fj0rdnet_team")
        assert speaks_for_us("Fjordnet Support")
    with configured(instance_name="Me"):
        assert not is_reserved("meadow")
        assert not speaks_for_us("Mehmet")


@pytest.mark.parametrize(
    "name", ["Ali", "Anna Staff-Meyer", "Systema", "\u0412\u043b\u0430\u0434\u0438\u043c\u0438\u0440", ""]
)
def test_honest_full_names_speak_for_themselves(name: str) -> None:
    assert not speaks_for_us(name)


def test_a_namesake_may_write_it_in_capitals() -> None:
    assert lookalikes.plain("ADA  lovelace") == lookalikes.plain("Ada Lovelace")
    assert lookalikes.plain("Ad\u0430 Lovelace") != lookalikes.plain("Ada Lovelace")
