"""A walk through every flow of accounts as a person takes it: over HTTP, with mail read from its files.

`python -m bench.walk` starts a stack of its own, and a login provider. `SCREENSHOTS=directory` also looks at the pages
in Chromium, on a telephone and on a desk. It ends with 1 at the first answer that is not as it should be.
"""

import email
import email.policy
import hmac
import json
import os
import re
import secrets
import shutil
import struct
import subprocess
import sys
import tempfile
import time
import zipfile
from base64 import b32decode
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.message import EmailMessage
from io import BytesIO
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import urllib3

from accounts.tests.authenticator import Authenticator
from accounts.tests.issuer import CLIENT, Issuer
from accounts.tests.issuer import running as issuing
from echomate.local.processes import Process, Program, free_port

SOURCE = Path(__file__).resolve().parents[1]
PASSWORD, NEW_PASSWORD = "a walk of 12 steps", "another 3 mile walk"
LAPTOP = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
PHONE = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) "
    "Version/19.0 Mobile/15E148 Safari/604.1"
)
WINDOWS = {"phone": "390,844", "desk": "1280,800"}


@dataclass
class Town:
    """A running Echomate, and where its mail lies."""

    port: int
    directory: Path
    environment: Mapping[str, str]
    issuer: Issuer
    screenshots: Path | None = None
    read: set[str] = field(default_factory=set)

    @property
    def url(self) -> str:
        return f"http://localhost:{self.port}"

    def call(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        status: int,
        headers: Mapping[str, str] | None = None,
    ) -> Any:
        """The answer's JSON (or text); any other status ends the walk."""
        url = path if path.startswith("http") else f"{self.url}/api/v1{path}"
        sent = {"Content-Type": "application/json", "User-Agent": LAPTOP, **(headers or {})}
        data = None if body is None else json.dumps(body).encode()
        answer = urllib3.request(method, url, body=data, headers=sent, timeout=30, redirect=False)
        assert answer.status == status, (
            f"{method} {url}: {answer.status}, not {status}: {answer.data.decode()}"
        )
        is_json = "json" in answer.headers.get("Content-Type", "")
        return answer.json() if is_json and answer.data else answer.data.decode()

    def letter(self, address: str, subject: str) -> EmailMessage:
        """The next mail to an address that was not read before, by words of its subject."""
        end = time.monotonic() + 30
        while time.monotonic() < end:
            for letter in self._letters():
                name = str(letter["Message-ID"])
                if letter["To"] == address and subject in letter["Subject"] and name not in self.read:
                    self.read.add(name)
                    return letter
            time.sleep(0.1)
        raise AssertionError(
            f"no mail to {address} about {subject!r}; there are {[*map(_about, self._letters())]}"
        )

    def _letters(self) -> Iterator[EmailMessage]:
        for file in sorted((self.directory / "mail").glob("*.log")):
            for text in file.read_text().split("\n" + "-" * 79 + "\n"):
                if text.strip():
                    yield email.message_from_string(text, policy=email.policy.default)

    def link(self, address: str, subject: str) -> str:
        """The link in a mail."""
        (link,) = re.findall(
            r"^(http\S+/account/(?!unsubscribe)\S+)$", _text(self.letter(address, subject)), re.MULTILINE
        )
        return str(link)

    def command(self, *words: str, code: int = 0, stdin: str = "") -> Any:
        """The JSON that a command of `manage.py` prints."""
        ran = subprocess.run(
            [sys.executable, "manage.py", *words, "--json"],
            cwd=SOURCE, env=dict(self.environment), capture_output=True, text=True, input=stdin, check=False,
        )  # fmt: skip
        assert ran.returncode == code, f"{words} ended with {ran.returncode}: {ran.stderr}"
        return json.loads(ran.stdout) if ran.stdout.strip() else {}

    def look(self, url: str, name: str) -> None:
        """Take pictures of a page."""
        chromium = shutil.which("chromium") or shutil.which("google-chrome")
        if self.screenshots is None or chromium is None:
            return
        for window, size in WINDOWS.items():
            picture = self.screenshots / f"{name}-{window}.png"
            options = ["--headless", "--no-sandbox", "--hide-scrollbars", f"--window-size={size}"]
            subprocess.run(
                [chromium, *options, f"--screenshot={picture}", url],
                check=True,
                capture_output=True,
                timeout=60,
            )


@dataclass
class Person:
    """Somebody with an account and a session."""

    town: Town
    name: str
    email: str
    password: str
    access: str = ""
    refresh: str = ""
    device: str = ""

    def call(self, method: str, path: str, body: Any = None, *, status: int) -> Any:
        return self.town.call(
            method, path, body, status=status, headers={"Authorization": f"Bearer {self.access}"}
        )

    def use(self, answer: Mapping[str, Any]) -> None:
        self.access, self.refresh = answer["access"], answer["refresh"]
        self.device = answer.get("device_token", self.device)

    def log_in(self, *, status: int = 200, agent: str = LAPTOP, **more: Any) -> Any:
        body = {"login": self.name, "password": self.password, "token_delivery": "body", **more}
        answer = self.town.call("POST", "/auth/login", body, status=status, headers={"User-Agent": agent})
        if status == 200:
            self.use(answer)
        return answer

    def step_up(self, **proof: Any) -> None:
        self.call("POST", "/auth/step-up", proof or {"password": self.password}, status=204)

    def me(self) -> Any:
        return self.call("GET", "/users/me", status=200)


def _about(letter: EmailMessage) -> tuple[str, str]:
    return str(letter["To"]), str(letter["Subject"])


def _text(letter: EmailMessage) -> str:
    part = letter.get_body(("plain",))
    assert part is not None
    return str(part.get_content())


def _token(link: str) -> str:
    return parse_qs(urlsplit(link).query)["token"][0]


def _totp(secret: str, *, ahead: int = 0) -> str:
    """RFC 6238, by hand: the walk trusts nothing of the product's."""
    step = struct.pack(">Q", int(time.time()) // 30 + ahead)
    digest = hmac.digest(b32decode(secret), step, "sha1")
    at = digest[-1] & 15
    return f"{(struct.unpack('>I', digest[at : at + 4])[0] & 0x7FFFFFFF) % 10**6:06d}"


def new_person(town: Town, prefix: str = "walker") -> Person:
    name = f"{prefix}_{secrets.token_hex(3)}"
    body = {"username": name, "email": f"{name}@example.org", "password": PASSWORD, "token_delivery": "body"}
    answer = town.call("POST", "/auth/signup", body, status=201)
    person = Person(town, name, body["email"], PASSWORD)
    person.use(answer)
    return person


# --- the flows --------------------------------------------------------------------------------------------------------


def verify_an_address(town: Town) -> None:
    person = new_person(town)
    assert not person.me()["email_verified"]
    link = town.link(person.email, "Welcome")
    page = town.call("GET", link, status=200)
    assert "<form" in page
    assert not person.me()["email_verified"], "a scanner that fetches the link has confirmed the address"
    town.look(link, "verify")
    town.call("POST", "/auth/verify-email/resend", {"email": person.email}, status=202)
    again = town.link(person.email, "onfirm")
    town.call("POST", "/auth/verify-email", {"token": _token(again)}, status=204)
    assert person.me()["email_verified"]
    refused = town.call("POST", "/auth/verify-email", {"token": _token(again)}, status=400)
    assert refused["type"].endswith("link-invalid")


def forget_a_password(town: Town) -> None:
    person = new_person(town)
    town.call("POST", "/auth/forgot-password", {"email": "nobody@example.org"}, status=202)
    town.call("POST", "/auth/forgot-password", {"email": person.email}, status=202)
    link = town.link(person.email, "password")
    town.look(link, "reset")
    town.call("POST", "/auth/reset-password", {"token": _token(link), "password": NEW_PASSWORD}, status=204)
    person.call("GET", "/users/me", status=401)
    person.log_in(status=401)
    person.password = NEW_PASSWORD
    person.log_in()
    town.call("POST", "/auth/reset-password", {"token": _token(link), "password": PASSWORD}, status=400)


def change_the_address(town: Town) -> None:
    person = new_person(town)
    link = town.link(person.email, "Welcome")
    town.call("POST", "/auth/verify-email", {"token": _token(link)}, status=204)
    new = f"new-{person.email}"
    person.call("POST", "/auth/change-email", {"email": new}, status=403)
    person.step_up()
    person.call("POST", "/auth/change-email", {"email": new}, status=202)
    assert person.me()["email"] == person.email
    town.call(
        "POST", "/auth/verify-email", {"token": _token(town.link(new, "new e-mail address"))}, status=204
    )
    assert person.me()["email"] == new
    undo = town.link(person.email, "address was changed")
    town.look(undo, "undo")
    town.call("POST", "/auth/change-email/undo", {"token": _token(undo)}, status=204)
    person.call("GET", "/users/me", status=401)
    person.log_in(status=401)  # who changed the address knew the password, so a new one is asked for
    body = {"token": _token(town.link(person.email, "address again")), "password": NEW_PASSWORD}
    town.call("POST", "/auth/reset-password", body, status=204)
    person.password = NEW_PASSWORD
    person.log_in()
    assert person.me()["email"] == person.email


def change_the_password_and_watch_sessions(town: Town) -> None:
    person = new_person(town)
    elsewhere = Person(town, person.name, person.email, person.password)
    elsewhere.log_in(agent=PHONE)
    letter = _text(town.letter(person.email, "new device"))
    assert "iOS" in letter or "iPhone" in letter, letter
    sessions = person.call("GET", "/auth/sessions", status=200)["results"]
    assert len(sessions) == 2
    (other,) = [session for session in sessions if not session["current"]]
    person.call("DELETE", f"/auth/sessions/{other['id']}", status=204)
    elsewhere.call("GET", "/users/me", status=401)
    elsewhere.log_in(device_token=elsewhere.device)
    changed = {"password": PASSWORD, "new_password": NEW_PASSWORD}
    person.call("POST", "/auth/change-password", changed, status=204)
    elsewhere.call("GET", "/users/me", status=401)
    person.me()
    person.call("POST", "/auth/logout-all", status=204)
    person.call("GET", "/users/me", status=401)


def add_a_second_factor(town: Town) -> None:
    person = new_person(town)
    person.call("POST", "/auth/totp", status=403)
    person.step_up()
    secret = person.call("POST", "/auth/totp", status=200)["secret"]
    used = _totp(secret)
    codes = person.call("POST", "/auth/totp/confirm", {"otp": used}, status=200)["recovery_codes"]
    assert len(codes) == 10
    assert person.me()["totp"]
    asked = person.log_in(status=401)
    assert asked["type"].endswith("otp-required"), asked
    assert "otp" in asked["methods"]
    person.log_in(status=401, otp=used)
    person.log_in(otp=_totp(secret, ahead=1))
    person.log_in(otp=codes[0])
    person.log_in(status=401, otp=codes[0])
    person.step_up(otp=codes[1])
    person.call("DELETE", "/auth/totp", status=204)
    person.log_in()


def carry_a_passkey(town: Town) -> None:
    person = new_person(town)
    person.step_up()
    key = Authenticator(origin=town.url)
    options = person.call("POST", "/auth/passkeys/options", status=200)
    body = {"credential": key.create(options), "name": "the walker's key"}
    made = person.call("POST", "/auth/passkeys", body, status=201)
    assert person.me()["passkeys"] == 1
    asked = person.log_in(status=401)
    assert "passkey" in asked["methods"]
    person.log_in(passkey=key.get(asked["passkey"]))
    options = town.call("POST", "/auth/passkeys/login/options", status=200)
    alone = {"credential": key.get(options), "token_delivery": "body"}
    person.use(town.call("POST", "/auth/passkeys/login", alone, status=200))
    town.call("POST", "/auth/passkeys/login", alone, status=401)
    options = person.call("POST", "/auth/passkeys/step-up/options", status=200)
    person.step_up(passkey=key.get(options))
    person.call("DELETE", f"/auth/passkeys/{made['id']}", status=204)
    person.log_in()


def take_another_name(town: Town) -> None:
    person = new_person(town)
    new = f"renamed_{secrets.token_hex(3)}"
    person.call("POST", "/auth/change-username", {"username": new}, status=403)
    person.step_up()
    assert person.call("POST", "/auth/change-username", {"username": new}, status=200)["username"] == new
    old, person.name = person.name, new
    assert town.call("GET", f"/users/{new}", status=200)["username"] == new
    town.call("GET", f"/users/{old}", status=307)
    taken = {"username": old, "email": f"x-{person.email}", "password": PASSWORD}
    assert "username" in town.call("POST", "/auth/signup", taken, status=409)["errors"]
    profile = {
        "full_name": "A  Walker",
        "bio": "Walks.",
        "settings": {"locale": "de"},
        "phone_number": "+4930123456",
    }
    assert person.call("PATCH", "/users/me", profile, status=200)["phone_number"] == "+4930123456"
    assert "phone_number" not in town.call("GET", f"/users/{new}", status=200)
    whole = {"full_name": "Walker"}
    assert person.call("PUT", f"/users/{new}/profile", whole, status=200)["bio"] == ""


def come_from_a_provider(town: Town) -> None:
    subject = secrets.token_hex(6)
    claims: dict[str, Any] = {
        "preferred_username": f"guest {subject}",
        "nonce": "n",
        "auth_time": int(time.time()),
    }
    code = {**town.issuer.code(subject, **claims), "nonce": "n", "token_delivery": "body"}
    answer = town.call("POST", "/auth/oidc", code, status=200)
    guest = Person(town, answer["user"]["username"], "", "")
    guest.use(answer)
    town.call("POST", "/auth/oidc", code, status=401)
    bearer = Person(town, guest.name, "", "", access=town.issuer.bearer(subject))
    assert bearer.me()["id"] == guest.me()["id"]
    bearer.call("POST", "/auth/logout", status=204)
    bearer.call("GET", "/users/me", status=401)
    guest.me()


def take_everything_along(town: Town) -> None:
    person, heir = new_person(town), new_person(town, "heir")
    for number in range(3):
        person.call("POST", "/posts", {"content": f"Step {number} <b>of the walk</b>"}, status=201)
    person.call("POST", f"/users/{heir.name}/follow", status=200)
    person.call("POST", "/users/me/export", status=403)
    person.step_up()
    job = person.call("POST", "/users/me/export", status=202)["job"]
    end = time.monotonic() + 60
    while job["state"] != "done":
        assert time.monotonic() < end, job
        assert job["state"] != "failed", job
        time.sleep(0.2)
        job = person.call("GET", f"/jobs/{job['id']}", status=200)
    heir.call("GET", f"/jobs/{job['id']}", status=404)
    town.letter(person.email, "your data is ready")
    content = urllib3.request("GET", job["result_url"], timeout=30).data
    archive = town.directory / "export.zip"
    archive.write_bytes(content)
    with zipfile.ZipFile(BytesIO(content)) as opened:
        assert opened.testzip() is None
        assert len(opened.read("posts.jsonl").splitlines()) == 3
        shown = town.directory / "export"
        opened.extractall(shown)
    town.look((shown / "index.html").as_uri(), "export")
    report = town.command("import_account", str(archive), "--user", heir.name)
    town.command("import_account", str(archive), "--user", heir.name)
    posts = town.call("GET", f"/users/{heir.name}/posts", status=200)["results"]
    assert len(posts) == 3, report


def be_erased(town: Town) -> None:
    person, friend = new_person(town), new_person(town, "friend")
    post = person.call("POST", "/posts", {"content": "A last step"}, status=201)["id"]
    person.call("POST", f"/users/{friend.name}/follow", status=200)
    id_ = person.me()["id"]
    person.call("DELETE", "/users/me", status=403)
    person.step_up()
    person.call("DELETE", "/users/me", status=202)
    person.call("GET", "/users/me", status=401)
    for path in (f"/users/{person.name}", f"/users/{id_}", f"/posts/{post}"):
        town.call("GET", path, status=404)
    assert person.log_in(status=403)["type"].endswith("erasing")
    link = town.link(person.email, "will be erased")
    town.look(link, "restore")
    town.call("POST", "/users/me/restore", {"token": _token(link)}, status=204)
    person.log_in()
    town.call("GET", f"/posts/{post}", status=200)
    person.step_up()
    person.call("DELETE", "/users/me", status=202)
    receipt = _text(_patiently(town, person.email))
    found = town.command("verify_erasure", id_, "--username", person.name, "--email", person.email)
    assert not found["traces"], found
    assert '"hmac"' in receipt
    assert town.call("GET", f"/users/{friend.name}", status=200)["counts"]["followers"] == 0


def _patiently(town: Town, address: str) -> EmailMessage:
    """The last mail of an erasure, which waits until everything has settled."""
    end = time.monotonic() + 120
    while True:
        try:
            return town.letter(address, "has been erased")
        except AssertionError:
            if time.monotonic() > end:
                raise


def rule_by_commands(town: Town) -> None:
    person = new_person(town)
    assert person.name in json.dumps(
        town.command("suspend_user", person.name, "--reason", "walked on the lawn")
    )
    person.call("GET", "/users/me", status=401)
    assert person.log_in(status=403)["type"].endswith("suspended")
    town.command("suspend_user", person.name, "--lift")
    person.log_in()
    town.command("set_role", person.name, "moderator")
    assert "moderator" in person.me()["roles"]
    town.command("end_sessions", person.name)
    person.call("GET", "/users/me", status=401)
    admin = f"admin_{secrets.token_hex(3)}"
    town.command("create_admin", admin, f"{admin}@example.org", "--password-stdin", stdin=PASSWORD)
    assert "admin" in Person(town, admin, "", PASSWORD).log_in()["user"]["roles"]
    assert town.command("create_signing_key")
    assert town.call("GET", f"{town.url}/.well-known/jwks.json", status=200) == {"keys": []}


FLOWS = (
    verify_an_address,
    forget_a_password,
    change_the_address,
    change_the_password_and_watch_sessions,
    add_a_second_factor,
    carry_a_passkey,
    take_another_name,
    come_from_a_provider,
    take_everything_along,
    be_erased,
    rule_by_commands,
)


@contextmanager
def town() -> Iterator[Town]:
    """`make run` with data of its own, an erasure that waits seconds instead of days, and a login provider."""
    directory = Path(tempfile.mkdtemp(prefix="echomate-walk-"))
    with issuing() as issuer:
        port = free_port()
        settings = {
            "PORT": str(port),
            "ECHOMATE_DATA_DIR": str(directory),
            "ERASURE_DELAY_SECONDS": "6",
            "ERASURE_SETTLE_SECONDS": "2",
            "OIDC_ISSUERS": json.dumps([{"issuer": issuer.url, "client_id": CLIENT}]),
        }
        environment = {**os.environ, **settings}
        program = Program(
            name="make run",
            command=[sys.executable, "-m", "echomate.local"],
            environment=environment,
            directory=SOURCE,
            ready=lambda: _is_up(port),
            start_seconds=60,
            stop_seconds=20,
        )
        with (directory / "run.log").open("wb") as log:
            process = Process(program, output=log)
        try:
            process.wait_until_ready()
            yield Town(port, directory, environment, issuer)
        finally:
            process.stop()
            shutil.rmtree(directory, ignore_errors=True)


def _is_up(port: int) -> bool:
    try:
        return (
            urllib3.request("GET", f"http://localhost:{port}/health", timeout=2, retries=False).status == 200
        )
    except urllib3.exceptions.HTTPError:
        return False


def main() -> int:
    with town() as there:
        if directory := os.environ.get("SCREENSHOTS"):
            there.screenshots = Path(directory)
            there.screenshots.mkdir(parents=True, exist_ok=True)
        for flow in FLOWS:
            began = time.monotonic()
            flow(there)
            print(f"{flow.__name__.replace('_', ' ')}: as it should be, {time.monotonic() - began:.1f} s")
    return 0


if __name__ == "__main__":
    sys.exit(main())
