"""A running Echomate with data of its own, as somebody outside sees it: HTTP, mail, commands, pages."""

import email
import email.policy
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.message import EmailMessage
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import urllib3

from accounts.tests.issuer import CLIENT, Issuer
from accounts.tests.issuer import running as issuing
from echomate.local.processes import Process, Program, free_port

SOURCE = Path(__file__).resolve().parents[2]
LAPTOP = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
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

    def answer(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        status: int,
        headers: Mapping[str, str] | None = None,
    ) -> urllib3.BaseHTTPResponse:
        """Any other status ends the walk."""
        url = path if path.startswith("http") else f"{self.url}/api/v1{path}"
        sent = {"Content-Type": "application/json", "User-Agent": LAPTOP, **(headers or {})}
        data = None if body is None else json.dumps(body).encode()
        answer = urllib3.request(method, url, body=data, headers=sent, timeout=30, redirect=False)
        assert answer.status == status, (
            f"{method} {url}: {answer.status}, not {status}: {answer.data.decode()}"
        )
        return answer

    def call(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        status: int,
        headers: Mapping[str, str] | None = None,
    ) -> Any:
        """The answer's JSON, or text."""
        answer = self.answer(method, path, body, status=status, headers=headers)
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
            r"^(http\S+/account/(?!unsubscribe)\S+)$", text_of(self.letter(address, subject)), re.MULTILINE
        )
        return str(link)

    def command(self, *words: str, code: int = 0, stdin: str = "") -> Any:
        """The JSON that a command of `manage.py` prints."""
        ran = subprocess.run(
            [sys.executable, "manage.py", *words, "--json"],
            cwd=SOURCE, env=dict(self.environment), capture_output=True, text=True, input=stdin, check=False,
        )  # fmt: skip
        assert ran.returncode == code, f"{words} ended with {ran.returncode}: {ran.stderr} {ran.stdout}"
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


def _about(letter: EmailMessage) -> tuple[str, str]:
    return str(letter["To"]), str(letter["Subject"])


def text_of(letter: EmailMessage) -> str:
    part = letter.get_body(("plain",))
    assert part is not None
    return str(part.get_content())


def token_in(link: str) -> str:
    return parse_qs(urlsplit(link).query)["token"][0]


@contextmanager
def town() -> Iterator[Town]:
    """`make run` with data of its own, an erasure that waits seconds instead of days, and a login provider."""
    directory = Path(tempfile.mkdtemp(prefix="echomate-walk-"))
    with issuing() as issuer:
        port = free_port()
        settings = {
            "PORT": str(port),
            "ECHOMATE_DATA_DIR": str(directory),
            "ERASURE_DELAY_SECONDS": "15",  # in which one comes back, on a busy machine too
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
