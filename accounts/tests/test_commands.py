"""Commands about accounts: what they do, what they say, with which exit code; once each as real processes."""

import os
import pty
import subprocess
import sys
from collections.abc import Callable
from io import StringIO
from typing import Any

import orjson
import pytest
from django.core.management import CommandError, call_command, load_command_class

from accounts.tests.acting import change_user, log_in, session_of, stored
from echomate import keys, table
from echomate.testing.client import Caller, Person, problem, unique_name
from echomate.testing.proxy import Proxy
from echomate.testing.stack import ROOT, Stack

COMMANDS = ("create_admin", "set_role", "suspend_user", "end_sessions", "remove_factors", "verify_user")
PASSWORD = "Quiet7meadow"


def run(name: str, *arguments: str) -> str:
    out = StringIO()
    call_command(name, *arguments, stdout=out)
    return out.getvalue().strip()


def refused(name: str, *arguments: str) -> tuple[int, str]:
    with pytest.raises(CommandError) as error:
        run(name, *arguments)
    return error.value.returncode, str(error.value)


def process(stack: Stack, *arguments: str, given: str = "", **more: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "manage.py", *arguments],
        cwd=ROOT,
        env={**os.environ, **stack.environment, **more},
        input=given,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize("name", COMMANDS)
def test_each_explains_itself_and_its_exit_codes(name: str) -> None:
    shown = load_command_class("accounts", name).create_parser("manage.py", name).format_help()
    assert "--json" in shown
    assert "Exit code 1:" in " ".join(shown.split())


@pytest.mark.parametrize("name", COMMANDS)
def test_wrong_usage_is_refused(name: str) -> None:
    assert "--nonsense" in refused(name, "x", "admin", "--nonsense")[1]


@pytest.mark.parametrize(
    ("name", "more"),
    [
        ("set_role", ["admin"]),
        ("suspend_user", []),
        ("end_sessions", []),
        ("remove_factors", []),
        ("verify_user", []),
    ],
)
@pytest.mark.parametrize("nobody", ["nobody_here", "nobody@example.org", "1", "no name at all"])
def test_an_account_that_is_not_there_is_refused(name: str, more: list[str], nobody: str) -> None:
    assert refused(name, nobody, *more) == (1, f"There is no account {nobody}.")


def test_as_processes_they_say_one_sentence_and_refuse_on_stderr(stack: Stack, ann: Person) -> None:
    done = process(stack, "suspend_user", ann.username, "--json")
    assert (done.returncode, done.stderr) == (0, "")
    assert orjson.loads(done.stdout)["state"] == "suspended"
    assert problem(ann.get("/users/me")) == "session-revoked"
    done = process(stack, "set_role", ann.email, "moderator")
    assert (done.returncode, done.stdout) == (0, f"{ann.username} is moderator.\n")
    missing = process(stack, "end_sessions", "nobody_here")
    assert (missing.returncode, missing.stdout) == (1, "")
    assert missing.stderr == "CommandError: There is no account nobody_here.\n"


# --- create_admin -----------------------------------------------------------------------------------------------------


@pytest.fixture
def pipe(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Lets standard input hold a line."""

    def hold(line: str) -> None:
        monkeypatch.setattr(sys, "stdin", StringIO(f"{line}\r\n"))

    hold(PASSWORD)
    return hold


def test_an_admin_is_made_and_logs_in(stack: Stack) -> None:
    name = unique_name("root")
    arguments = [name, f"{name}@Example.org", "--full-name", "Echomate Support", "--password-stdin", "--json"]
    made = process(stack, "create_admin", *arguments, given=f"{PASSWORD}\n")
    assert (made.returncode, made.stderr) == (0, "")
    answer = orjson.loads(made.stdout)
    assert (answer["username"], answer["email"]) == (name, f"{name}@example.org")
    assert answer["roles"] == ["user", "moderator", "admin"]
    logged_in = log_in(name, PASSWORD).json()["user"]
    assert (logged_in["id"], logged_in["email_verified"]) == (answer["id"], True)
    assert logged_in["full_name"] == "Echomate Support"


def test_made_again_it_is_refused_and_nothing_changes(pipe: Callable[[str], None]) -> None:
    name = unique_name("root")
    made = run("create_admin", name, f"{name}@example.org", "--password-stdin")
    assert made == f"{name} is an admin."
    before = table.get_item(keys.username_claim(name))
    pipe("Another9password")
    said = "This username is taken. This address belongs to an account."
    assert refused("create_admin", name, f"{name}@example.org", "--password-stdin") == (1, said)
    assert table.get_item(keys.username_claim(name)) == before
    assert log_in(name, PASSWORD).status_code == 200


@pytest.mark.parametrize("password", ["sh0rt", "password1", "onlyletters", ""])
def test_a_weak_password_is_refused(pipe: Callable[[str], None], password: str) -> None:
    pipe(password)
    name = unique_name("root")
    assert refused("create_admin", name, f"{name}@example.org", "--password-stdin")[0] == 1
    assert table.get_item(keys.username_claim(name)) is None


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["no name", "a@example.org"], "can't be a username"),
        (["some_root", "nowhere"], "is not an e-mail address"),
        (["some_root", "a@example.org", "--full-name", "a\u202eb"], "can't be seen"),
    ],
)
def test_what_cannot_be_is_wrong_usage(arguments: list[str], said: str) -> None:
    code, sentence = refused("create_admin", *arguments, "--password-stdin")
    assert code == 2
    assert said in sentence


@pytest.mark.usefixtures("pipe")
def test_without_a_terminal_it_says_how_to_give_the_password() -> None:
    code, sentence = refused("create_admin", unique_name(), "root@example.org")
    assert (code, "--password-stdin" in sentence) == (2, True)


@pytest.mark.usefixtures("pipe")
def test_a_reserved_name_may_be_an_admins() -> None:
    run("create_admin", "webmaster", f"{unique_name()}@example.org", "--password-stdin")
    assert Caller().get("/users/webmaster").status_code == 200


@pytest.mark.parametrize(("second", "code"), [(PASSWORD, 0), ("Another9password", 1)])
def test_at_a_terminal_it_asks_twice_and_shows_nothing(stack: Stack, second: str, code: int) -> None:
    name = unique_name("root")
    ours, terminal = pty.openpty()
    command = [sys.executable, "manage.py", "create_admin", name, f"{name}@example.org"]
    environment = {**os.environ, **stack.environment}
    running = subprocess.Popen(
        command,
        cwd=ROOT,
        env=environment,
        stdin=terminal,
        stdout=terminal,
        stderr=terminal,
        start_new_session=True,
    )
    os.close(terminal)
    shown = b""
    for prompt, typed in ((b"Password: ", PASSWORD), (b"The same again: ", second)):
        shown += read_until(ours, prompt)
        os.write(ours, f"{typed}\n".encode())
    shown += read_until(ours, None)
    assert running.wait(30) == code, shown
    os.close(ours)
    assert PASSWORD.encode() not in shown


def read_until(terminal: int, prompt: bytes | None) -> bytes:
    """What a terminal shows up to a prompt, or to the end."""
    shown = b""
    while prompt is None or prompt not in shown:
        try:
            part = os.read(terminal, 1024)
        except OSError:  # the other side has closed it
            part = b""
        if not part:
            assert prompt is None, shown
            break
        shown += part
    return shown


# --- the others -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("by", ["id", "username", "email"])
def test_an_account_is_named_by_whatever_one_knows(ann: Person, by: str) -> None:
    assert run("end_sessions", str(getattr(ann, by)).upper()) == f"All sessions of {ann.username} have ended."
    assert session_of(ann) is None


def test_roles_are_given_and_taken(ann: Person) -> None:
    for role in ("moderator", "admin", "admin"):
        run("set_role", ann.username, role)
    assert ann.get("/users/me").json()["roles"] == ["user", "moderator", "admin"]
    for _ in range(2):
        assert run("set_role", ann.username, "admin", "--remove") == f"{ann.username} is no admin."
    assert ann.get("/users/me").json()["roles"] == ["user", "moderator"]


def test_the_role_of_a_user_is_not_taken_away(ann: Person) -> None:
    assert "invalid choice" in refused("set_role", ann.username, "user", "--remove")[1]


def test_a_suspension_is_lifted(ann: Person) -> None:
    for _ in range(2):
        assert run("suspend_user", ann.username, "--reason", "spam") == f"{ann.username} is suspended."
    assert stored(ann.id).suspension_reason == "spam"
    assert problem(log_in(ann.username)) == "suspended"
    for _ in range(2):
        assert run("suspend_user", ann.username, "--lift") == f"{ann.username} is not suspended any more."
    assert stored(ann.id).suspension_reason is None
    assert log_in(ann.username).status_code == 200


def test_one_who_is_being_erased_is_not_suspended(ann: Person) -> None:
    change_user(ann.id, State="erasing")
    assert refused("suspend_user", ann.username) == (1, "The account is being erased.")
    assert refused("suspend_user", ann.username, "--lift", "--reason", "x")[0] == 2


def test_with_dynamodb_away_they_say_so(ann: Person, dynamodb_proxy: Proxy) -> None:
    dynamodb_proxy.refuse()
    code, sentence = refused("set_role", ann.username, "admin")
    assert (code, "dynamodb" in sentence.lower()) == (2, True)


def test_with_redis_away_sessions_end_all_the_same(ann: Person, redis_proxy: Proxy) -> None:
    ann.get("/users/me")
    redis_proxy.refuse()
    assert "have ended" in run("end_sessions", ann.username)
    assert session_of(ann) is None
    redis_proxy.heal()
    assert ann.get("/users/me").status_code == 401


def test_json_is_one_object_on_one_line(ann: Person) -> None:
    shown: dict[str, Any] = orjson.loads(run("verify_user", ann.username, "--json"))
    assert shown == {
        "id": str(ann.id),
        "username": ann.username,
        "email": ann.email,
        "state": "active",
        "roles": ["user"],
        "verified": True,
    }
