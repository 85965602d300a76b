"""Passwords that everybody uses are nobody's here."""

import pytest

from accounts import common_passwords, passwords
from accounts.passwords import Owner
from echomate.testing.client import Caller, unique_name

pytestmark = pytest.mark.pure

OWNER = Owner("zq", "zq@ex.org", "Zq")
COMMON = "It is one of those that everybody uses."


def test_the_list_is_that_of_its_sources() -> None:
    assert sorted(common_passwords.known()) == common_passwords.gathered()


def test_it_holds_more_than_three_thousand_that_the_other_rules_let_pass() -> None:
    assert len(common_passwords.known()) > 7000
    assert all(map(common_passwords.could_be_chosen, common_passwords.known()))
    for password in sorted(common_passwords.known())[::500]:
        assert passwords.faults(password, OWNER) == [COMMON]


@pytest.mark.parametrize(
    "password", ["password1", "Password1", "PASSWORD1", " password1 ", "trustno1", "\uff50assword1"]
)
def test_spelling_one_otherwise_does_not_help(password: str) -> None:
    assert COMMON in passwords.faults(password, OWNER)


@pytest.mark.parametrize("password", ["correct9horse", "password1x7", "zebra 7 violin"])
def test_others_pass(password: str) -> None:
    assert passwords.faults(password, OWNER) == []


def test_a_signup_says_so(api: Caller) -> None:
    name = unique_name("zq")
    body = {"username": name, "email": f"{name}@example.org", "password": "password1"}
    response = api.post("/auth/signup", body)
    assert response.status_code == 400
    assert response.json()["errors"] == {"password": [COMMON]}
