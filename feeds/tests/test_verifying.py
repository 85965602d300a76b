"""The command that looks whether an account has been erased."""

from io import BytesIO, StringIO
from pathlib import Path
from typing import Any

import orjson
import pytest
from django.core.management import CommandError, call_command

from echomate import cache, keys, objects
from echomate.config import config
from echomate.testing.client import Person, sign_up
from echomate.testing.proxy import Proxy
from echomate.testing.stack import needs_times_of_records
from feeds.tests.erasing import erase, soon

pytestmark = needs_times_of_records


def verify(*arguments: str) -> tuple[int, list[str]]:
    """Exit code and traces."""
    out = StringIO()
    code: Any = 0
    try:
        call_command("verify_erasure", *arguments, "--json", stdout=out)
    except SystemExit as ended:
        code = ended.code
    except CommandError as error:
        return error.returncode, []
    return code, orjson.loads(out.getvalue())["traces"]


@pytest.fixture(scope="module")
def erased() -> tuple[Person, dict[str, Any]]:
    person = sign_up("gone")
    with soon():
        return person, erase(person)


Erased = tuple[Person, dict[str, Any]]


def test_nothing_is_found_of_one_who_was_erased(erased: Erased) -> None:
    person, _ = erased
    names = ("--username", person.username, "--email", person.email.upper())
    assert verify(str(person.id), *names) == (0, [])


def test_the_receipt_as_it_was_mailed_is_enough(erased: Erased, tmp_path: Path) -> None:
    _, receipt = erased
    file = tmp_path / "receipt.json"
    file.write_bytes(orjson.dumps(receipt))
    assert verify(str(file)) == (0, [])


@pytest.mark.parametrize(
    "change",
    [{"user": "5"}, {"removed": {}}, {"finished_at": "2020-01-01T00:00:00.000Z"}, {"hmac": "0"}, {"more": 1}],
)
def test_a_receipt_that_was_changed_is_none(erased: Erased, change: dict[str, Any], tmp_path: Path) -> None:
    file = tmp_path / "receipt.json"
    file.write_bytes(orjson.dumps({**erased[1], **change}))
    assert verify(str(file)) == (2, [])


@pytest.mark.parametrize("content", [b"", b"[]", b"{}", b'{"user": "x"}', b"\xff", b"7"])
def test_what_is_no_receipt_is_refused(content: bytes, tmp_path: Path) -> None:
    file = tmp_path / "receipt.json"
    file.write_bytes(content)
    assert verify(str(file)) == (2, [])
    assert verify(str(tmp_path / "nowhere")) == (2, [])
    assert verify("12345") == (2, [])


def test_a_receipt_of_another_secret_is_none(erased: Erased) -> None:
    person, _ = erased
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("django.conf.settings.SECRET_KEY", "another")
        assert verify(str(person.id)) == (2, [])


def test_each_trace_is_listed(erased: Erased) -> None:
    person, _ = erased
    user = person.id
    planted = {
        "redis: seen": ("SET", "seen", f'{{"user": "{user}"}}'),
        f"redis: viewer:{user}": ("HSET", f"viewer:{user}", 1, 0),
        "redis: people": ("SADD", "people", user),
        "redis: ranked": ("ZADD", "ranked", 1, f"{user:019d}"),
        "redis: recent": ("LPUSH", "recent", f"7:{user}"),
        f"redis: username:{person.username}": ("SET", f"username:{person.username}", 5),
    }
    cache.ask(*planted.values())
    cache.state().set("note", f"mail to {person.email}")
    objects.put(f"exports/{user}/2.zip", BytesIO(b"x"), content_type="application/zip")
    expected = {*planted, "redis-state: note", f"s3: echomate-originals/exports/{user}/2.zip"}
    code, found = verify(str(user), "--username", person.username, "--email", person.email)
    assert code == 1
    assert {trace.replace(config.originals_bucket, "echomate-originals") for trace in found} == expected
    objects.remove_all(f"exports/{user}/")


def test_what_names_others_and_what_remembers_absence_is_no_trace(erased: Erased) -> None:
    person, _ = erased
    user = person.id
    cache.ask(
        ("SET", "counter", f"1{user}"),
        ("SET", keys.cached_user(user), cache.ABSENT),
        ("HSET", keys.followed_by(77), user, 0),
        ("SET", f"username:{person.username}x", 5),
    )
    assert verify(str(user), "--username", person.username) == (0, [])


def test_one_who_is_there_or_under_way_has_no_receipt() -> None:
    assert verify(str(sign_up().id)) == (2, [])


def test_a_store_that_is_away_is_no_clean_answer(erased: Erased, redis_proxy: Proxy) -> None:
    redis_proxy.refuse()
    assert verify(str(erased[0].id)) == (2, [])


def test_it_says_in_words_what_it_found(erased: Erased) -> None:
    out = StringIO()
    call_command("verify_erasure", str(erased[0].id), stdout=out)
    assert "Nothing else is left." in out.getvalue()
