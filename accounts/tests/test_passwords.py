"""Passwords: their rules, their hashes, and how many are computed at a time."""

import threading
import time

import pytest
from argon2 import PasswordHasher
from nacl.pwhash import argon2id

from accounts import passwords
from accounts.passwords import Owner
from echomate.errors import DependencyAway

ANN = Owner("ann_example", "ann.example@example.org", "Ann Example")


@pytest.mark.parametrize(
    "password",
    ["correct9horse", "a1" * 64, "пароль2026год", "密码密码密码密码1", "with spaces 1", "d\u0131gits٣٤٥٦٧٨"],  # noqa: RUF001 - they are meant
)
def test_what_will_do(password: str) -> None:
    assert passwords.faults(password, ANN) == []


@pytest.mark.parametrize(
    ("password", "fault"),
    [
        ("abcdef7", "8 to 128"),
        ("a1" * 64 + "a", "8 to 128"),
        ("abcdefgh", "letters and digits"),
        ("75319642", "letters and digits"),
        ("Password1", "everybody"),
        ("  qwerty123 ", "everybody"),
        ("ann_example1", "the name"),
        ("1elpmaxe_nna", "the name"),
        ("Ann.Example7", "the name"),
        ("example12", "the name"),
        ("Echomate2026", "this place"),
    ],
)
def test_what_will_not(password: str, fault: str) -> None:
    assert any(fault in found for found in passwords.faults(password, ANN))


def test_short_names_forbid_nothing() -> None:
    assert passwords.faults("bobsled4all", Owner("bob", "b@ex.org", "B")) == []


def test_a_hash_is_of_its_password_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(passwords, "argon2id", argon2id)  # salts are new ones
    stored = passwords.make("correct9horse")
    assert stored.startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    assert stored != passwords.make("correct9horse")
    assert passwords.matches("correct9horse", stored)
    assert not passwords.matches("correct9horsE", stored)
    assert not passwords.matches("correct9horse", None)


def test_one_password_in_two_unicode_forms_is_one() -> None:
    assert passwords.matches("pässword1", passwords.make("pa\u0308ssword1"))


def test_hashes_are_those_of_the_reference_implementation() -> None:
    hasher = PasswordHasher(time_cost=2, memory_cost=19456, parallelism=1)
    assert hasher.verify(passwords.make("pässword1"), "pässword1")
    assert passwords.matches("pässword1", hasher.hash("pässword1"))
    assert not passwords.matches("pässword2", hasher.hash("pässword1"))
    assert not passwords.is_outdated(hasher.hash("pässword1"))


def test_a_hash_that_is_none_fits_nothing() -> None:
    for stored in ("!", "$argon2id$", "plain", passwords.PREFIX, passwords.NOBODYS_HASH * 2, "ä"):
        assert not passwords.matches(stored, stored)


def test_two_at_a_time_and_the_others_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    running: list[int] = []
    most: list[int] = []

    def compute(password: str, stored: str) -> bool:
        running.append(1)
        most.append(len(running))
        time.sleep(0.02)
        running.pop()
        return True

    monkeypatch.setattr(passwords, "_matches", compute)
    threads = [threading.Thread(target=passwords.matches, args=("x", "y")) for _ in range(10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(most) == 10
    assert max(most) == 2


def test_who_would_wait_too_long_may_come_back(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(passwords, "QUEUE_SECONDS", 0.05)
    with passwords._place(), passwords._place(), pytest.raises(DependencyAway) as refusal:
        passwords.make("correct9horse")
    assert int(refusal.value.headers["Retry-After"]) > 0
    assert passwords.make("correct9horse")
