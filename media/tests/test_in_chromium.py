"""A page of another origin, in a real browser: it signs up, uploads a photo straight to S3, posts it and shows it."""

import http.server
import math
import os
import threading
from collections.abc import Iterator
from contextlib import ExitStack
from functools import partial
from io import BytesIO
from pathlib import Path
from typing import Any

import orjson
import pytest
import urllib3
from PIL import Image, ImageStat

from echomate.local import programs
from echomate.local.processes import Process
from echomate.testing.chromium import Tab
from echomate.testing.client import PASSWORD, unique_name
from echomate.testing.stack import Stack
from echomate.tests.over_http import Server
from media.tests.photos import CAMERA, CORNERS, twelve_megapixels

pytestmark = [pytest.mark.browser, pytest.mark.timed]

HERE = Path(__file__).parent
PICTURE = "document.querySelector('article > img')"
WINDOWS = {"phone": (390, 1000), "desk": (1280, 1400)}


@pytest.fixture
def _behind(stack: Stack, _empty_tables: None) -> Iterator[None]:
    """Worker and projector."""
    with ExitStack() as running:
        for program in programs.applications({**os.environ, **stack.environment}, port=0)[1:]:
            with (stack.directory / f"{program.name}.log").open("wb") as log:
                process = Process(program, output=log.fileno())
            running.callback(process.stop)
            process.wait_until_ready()
        yield


@pytest.fixture
def page_url() -> Iterator[str]:
    """Where a web client would be: not where the API is."""
    handler = partial(_Quiet, directory=HERE)
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://localhost:{server.server_port}/upload.html"
        server.shutdown()
        thread.join()


class _Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: Any) -> None:
        pass


@pytest.mark.usefixtures("_behind")
def test_a_photo_of_twelve_megapixels_is_uploaded_posted_and_seen(
    web: Server, tab: Tab, page_url: str, tmp_path: Path
) -> None:
    tab.open(f"{page_url}?api=http://localhost:{web.port}")
    photo = tmp_path / "photo.jpg"
    photo.write_bytes(twelve_megapixels())
    name = unique_name("ann")
    submit(tab, "account", username=name, email=f"{name}@example.org", password=PASSWORD)
    tab.choose("#post [name=picture]", photo)
    submit(tab, "post", content="Look at #this", alt="Four colours")

    assert tab.run(f"{PICTURE}.alt") == "Four colours"
    assert tab.run("document.querySelector('.author img').naturalWidth") > 0
    for window, size in WINDOWS.items():
        tab.resize(*size)
        tab.run(f"{PICTURE}.decode()")
        assert_upright(tab, Image.open(BytesIO(tab.screenshot(f"post-{window}"))).convert("RGB"))
    chosen = tab.run(f"{PICTURE}.currentSrc")
    content = urllib3.request("GET", chosen).data
    assert CAMERA.encode() not in content
    assert not Image.open(BytesIO(content)).getexif()


def submit(tab: Tab, form: str, **values: str) -> None:
    """Fill in a form, press its button and wait until what follows is done."""
    tab.run(
        f"""(async () => {{
            const form = document.forms[{form!r}];
            for (const [name, value] of Object.entries({orjson.dumps(values).decode()})) form[name].value = value;
            form.querySelector("button").click();
            await window.work;
        }})()"""
    )


def assert_upright(tab: Tab, page: Image.Image) -> None:
    """The four colours are where they were when the photo was taken, so the picture is there and upright."""
    box = tab.run(f"(({{x, y, width, height}}) => [x, y, width, height])({PICTURE}.getBoundingClientRect())")
    x, y, width, height = box
    assert height / width == pytest.approx(4 / 3, rel=0.01)
    for (column, row), colour in CORNERS.items():
        at = (int(x + width * (1 + 2 * column) / 4), int(y + height * (1 + 2 * row) / 4))
        seen = ImageStat.Stat(page.crop((at[0] - 5, at[1] - 5, at[0] + 5, at[1] + 5))).mean
        assert min(CORNERS.values(), key=lambda one: math.dist(one, seen)) == colour
