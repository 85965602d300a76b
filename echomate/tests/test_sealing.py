"""Secrets at rest: which keys open them, where they open, and how keys are rotated."""

import io
import json
import threading
from collections.abc import Iterator

import pytest
from cryptography.fernet import Fernet
from django.core.management import CommandError, call_command
from pynamodb.attributes import UnicodeAttribute

from echomate import dynamodb, keys, sealing, table, transactions
from echomate.config import config
from echomate.sealing import CannotUnseal
from echomate.table import Item
from echomate.testing.configuration import configured
from echomate.testing.proxy import Proxy

PRESENT, STRANGE = (Fernet.generate_key().decode() for _ in range(2))


class Sealed(Item, discriminator="sealed_in_a_test"):
    sealed = UnicodeAttribute(attr_name="Sealed")


@pytest.fixture(autouse=True)
def former() -> Iterator[str]:
    """The one key that there is at first, a new one for each test."""
    key = Fernet.generate_key().decode()
    with configured(encryption_keys=[key]):
        yield key


def put(number: int) -> keys.Key:
    """An item with a secret of its own, under the first key."""
    key = f"TEST#{number:019d}", "SEALED"
    item = Sealed(
        pk=key[0],
        sk=key[1],
        gsi2pk=keys.sealed(sealing.fingerprint()),
        gsi2sk=key[0],
        sealed=sealing.seal(f"secret {number}", place=key[0]),
    )
    dynamodb.call("PutItem", transactions.put(item)["Put"])
    return key


def found(key: keys.Key) -> Sealed:
    item = Sealed.read(key)
    assert item is not None
    return item


def rotate(*options: str) -> str:
    said = io.StringIO()
    call_command("rotate_encryption_keys", *options, stdout=said, stderr=said)
    return said.getvalue()


@pytest.mark.parametrize("text", ["JBSWY3DPEHPK3PXP", "", "with a \0 within", "ünïcode"])
def test_what_was_sealed_opens_in_its_place(text: str) -> None:
    sealed = sealing.seal(text, place="totp:1")
    assert not text or text not in sealed
    assert sealing.unseal(sealed, place="totp:1") == text


@pytest.mark.parametrize("place", ["totp:2", "totp:11", "totp:", "totp", "", "other:1"])
def test_in_another_place_it_does_not(place: str) -> None:
    with pytest.raises(CannotUnseal):
        sealing.unseal(sealing.seal("secret", place="totp:1"), place=place)


def test_the_same_secret_looks_different_each_time() -> None:
    assert sealing.seal("secret", place="totp:1") != sealing.seal("secret", place="totp:1")


def test_what_was_changed_does_not_open() -> None:
    sealed = sealing.seal("secret", place="totp:1")
    for at in (0, 10, len(sealed) // 2, -6):
        letter = "A" if sealed[at] != "A" else "B"
        tampered = sealed[:at] + letter + sealed[at:][1:]
        with pytest.raises(CannotUnseal):
            sealing.unseal(tampered, place="totp:1")
    for nonsense in ("", "x", "ünï", sealed[:-8]):
        with pytest.raises(CannotUnseal):
            sealing.unseal(nonsense, place="totp:1")


def test_a_key_that_is_gone_is_a_503_that_the_operator_is_told_of(caplog: pytest.LogCaptureFixture) -> None:
    sealed = sealing.seal("secret", place="totp:1")
    with configured(encryption_keys=[STRANGE]), pytest.raises(CannotUnseal) as refused:
        sealing.unseal(sealed, place="totp:1")
    assert refused.value.status == 503
    assert "ENCRYPTION_KEYS" in caplog.text
    assert sealed not in caplog.text


def test_former_keys_open_and_only_the_first_seals(former: str) -> None:
    before = sealing.seal("secret", place="totp:1")
    with configured(encryption_keys=[PRESENT, former]):
        assert sealing.unseal(before, place="totp:1") == "secret"
        assert sealing.is_outdated(before)
        after = sealing.resealed(before)
        assert not sealing.is_outdated(after)
    with configured(encryption_keys=[PRESENT]):
        assert sealing.unseal(after, place="totp:1") == "secret"
        with pytest.raises(CannotUnseal):
            sealing.unseal(before, place="totp:1")


def test_the_fingerprint_of_a_key_tells_nothing_of_it(former: str) -> None:
    assert sealing.fingerprint(former) == sealing.fingerprint() != sealing.fingerprint(PRESENT)
    assert sealing.fingerprint() not in former


def test_the_command_seals_anew_what_a_former_key_has_sealed(former: str) -> None:
    places = [put(number) for number in range(5)]
    with configured(encryption_keys=[PRESENT, former]):
        new = put(5)
        untouched = found(new).sealed
        assert json.loads(rotate("--json")) == {"resealed": 5, "failed": []}
        assert json.loads(rotate("--json")) == {"resealed": 0, "failed": []}
        assert found(new).sealed == untouched
    with configured(encryption_keys=[PRESENT]):
        for key in [*places, new]:
            assert sealing.unseal(found(key).sealed, place=key[0]).startswith("secret")


def test_the_command_says_what_it_has_done(former: str) -> None:
    put(10)
    with configured(encryption_keys=[PRESENT, former]):
        assert "1 sealed anew" in rotate()
        assert "0 sealed anew" in rotate()
    assert "one key" in rotate()


def test_what_no_key_opens_is_named_and_the_rest_is_sealed_anew(former: str) -> None:
    good, bad = put(20), put(21)
    broken = {"TableName": config.table_name, "Key": table.wire_key(bad)}
    change = transactions.expressions(
        "attribute_exists(PK)", change="SET #Sealed = :x", values={"x": "no secret"}
    )
    dynamodb.call("UpdateItem", {**broken, **change})
    with configured(encryption_keys=[PRESENT, former]):
        with pytest.raises(CommandError) as refused:
            rotate()
        assert refused.value.returncode == 1
        assert bad[0] in str(refused.value)
        assert not sealing.is_outdated(found(good).sealed)
    assert found(bad).sealed == "no secret"


def test_with_the_table_away_the_command_ends_with_2(former: str, dynamodb_proxy: Proxy) -> None:
    dynamodb_proxy.refuse()
    with configured(encryption_keys=[PRESENT, former]), pytest.raises(CommandError) as refused:
        rotate()
    assert refused.value.returncode == 2


def test_the_tables_lost_answers_do_no_harm(former: str, dynamodb_proxy: Proxy) -> None:
    """The update is repeated on the wire, and finds that its first try has changed the item."""
    key = put(30)
    dynamodb_proxy.cut_after(0)
    threading.Timer(0.05, dynamodb_proxy.heal).start()
    with configured(encryption_keys=[PRESENT, former]):
        assert [went for _, went in sealing.rotate()] == [True]
        assert not sealing.is_outdated(found(key).sealed)
