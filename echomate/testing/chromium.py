"""A headless Chromium, driven through the DevTools protocol: the one of this machine, none is downloaded."""

import os
import shutil
import sys
import tempfile
from base64 import b64decode
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import Any, Self

import orjson
from websockets.sync.client import ClientConnection, connect

from echomate.local.processes import Process, Program, inherited

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
MISSING = (
    "Chromium is needed: install it (Debian, Ubuntu: sudo apt install chromium), or say where it is with"
    " make test-browser CHROMIUM=/path/to/chromium"
)
ANSWER_SECONDS = 120


def executable() -> str | None:
    """CHROMIUM, else the first browser of the family on the PATH."""
    found = (path for name in NAMES if (path := shutil.which(name)))
    return os.environ.get("CHROMIUM") or next(found, None)


class ScriptFailed(Exception):
    """What a script in the page threw."""


class Tab:
    """One page. Calls wait for their answers; events are left aside."""

    def __init__(self, connection: ClientConnection) -> None:
        self._connection = connection
        self._numbers = count(1)
        self._session: dict[str, str] = {}

    def attach(self) -> Self:
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        attached = self.call("Target.attachToTarget", targetId=target, flatten=True)
        self._session = {"sessionId": attached["sessionId"]}
        return self

    def call(self, method: str, **parameters: Any) -> dict[str, Any]:
        """The result of a DevTools command. Raises `RuntimeError` with what Chromium says against it."""
        number = next(self._numbers)
        message = {"id": number, "method": method, "params": parameters, **self._session}
        self._connection.send(orjson.dumps(message).decode())
        while (answer := orjson.loads(self._connection.recv(timeout=ANSWER_SECONDS))).get("id") != number:
            pass
        if "error" in answer:
            raise RuntimeError(f"{method}: {answer['error']['message']}")
        result: dict[str, Any] = answer["result"]
        return result

    def open(self, url: str) -> None:
        """Go there and wait until it is loaded."""
        result = self.call("Page.navigate", url=url)
        assert "errorText" not in result, result["errorText"]
        self.run(
            "new Promise(done => document.readyState === 'complete' ? done() : addEventListener('load', done))"
        )

    def run(self, script: str) -> Any:
        """The value of an expression, or what the promise that it gives comes to. Raises `ScriptFailed`."""
        answer = self.call(
            "Runtime.evaluate", expression=script, awaitPromise=True, returnByValue=True, userGesture=True
        )
        if "exceptionDetails" in answer:
            thrown = answer["exceptionDetails"].get("exception", {})
            raise ScriptFailed(thrown.get("description") or answer["exceptionDetails"]["text"])
        return answer["result"].get("value")

    def choose(self, selector: str, file: Path) -> None:
        """What a person does in the dialogue of `<input type="file">`."""
        root = self.call("DOM.getDocument", depth=0)["root"]["nodeId"]
        found = self.call("DOM.querySelector", nodeId=root, selector=selector)["nodeId"]
        self.call("DOM.setFileInputFiles", nodeId=found, files=[str(file)])

    def resize(self, width: int, height: int) -> None:
        self.call(
            "Emulation.setDeviceMetricsOverride",
            width=width,
            height=height,
            deviceScaleFactor=1,
            mobile=False,
        )

    def screenshot(self, name: str) -> bytes:
        """The window as a PNG, kept under this name in the directory SCREENSHOTS if that is set."""
        content = b64decode(self.call("Page.captureScreenshot", format="png")["data"])
        if directory := os.environ.get("SCREENSHOTS"):
            Path(directory).mkdir(parents=True, exist_ok=True)
            (Path(directory) / f"{name}.png").write_bytes(content)
        return content


@contextmanager
def browsing(chromium: str) -> Iterator[Tab]:
    """A tab of a browser with a profile of its own, which is gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="echomate-chromium-", ignore_cleanup_errors=True) as directory:
        profile = Path(directory)
        with (profile / "output.log").open("wb") as output:
            process = Process(_program(chromium, profile), output=output.fileno())
        try:
            process.wait_until_ready()
            port, path = (profile / "DevToolsActivePort").read_text().splitlines()
            with connect(f"ws://127.0.0.1:{port}{path}", proxy=None, max_size=None) as connection:
                yield Tab(connection).attach()
        finally:
            process.kill()


def _program(chromium: str, profile: Path) -> Program:
    flags = ["--headless=new", "--remote-debugging-port=0", f"--user-data-dir={profile}", "--no-first-run"]
    flags += ["--disable-gpu", "--disable-dev-shm-usage", "--disable-background-networking", "--disable-sync"]
    if os.geteuid() == 0:
        flags.append("--no-sandbox")  # which Chromium refuses to have as root
    return Program(
        name="chromium",
        command=[chromium, *flags, "about:blank"],
        environment={**inherited(), "HOME": str(profile)},
        ready=lambda: _is_written(profile / "DevToolsActivePort"),
        start_seconds=60,
    )


def _is_written(file: Path) -> bool:
    return file.exists() and len(file.read_text().splitlines()) == 2


if __name__ == "__main__":
    sys.exit(None if executable() else MISSING)
