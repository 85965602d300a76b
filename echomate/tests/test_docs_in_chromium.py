"""The docs and the front page in a real browser, under the policy that they are sent with."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from echomate.testing import chromium
from echomate.testing.chromium import Tab
from echomate.testing.stack import Stack
from echomate.tests.over_http import Server

pytestmark = [pytest.mark.browser, pytest.mark.timed]

WATCH = """
window.refused = [];
document.addEventListener("securitypolicyviolation", e => refused.push(`${e.violatedDirective} ${e.blockedURI}`));
"""
SHOWN = """
new Promise((done, failed) => {
    const end = Date.now() + 60000;
    (function look() {
        const shown = document.querySelectorAll(".opblock").length;
        shown > 50 || Date.now() > end ? done(shown) : setTimeout(look, 100);
    })();
})
"""


@pytest.fixture
def tab(stack: Stack, _empty_tables: None) -> Iterator[Tab]:
    found = chromium.executable()
    if found is None:
        pytest.fail(chromium.MISSING)
    server = Server(stack, debug=False)
    try:
        with chromium.browsing(found) as tab:
            tab.call("Page.enable")
            tab.call("Page.addScriptToEvaluateOnNewDocument", source=WATCH)
            tab.resize(1280, 1400)
            tab.open(f"http://localhost:{server.port}/")
            yield tab
    finally:
        server.process.stop()


def keep(tab: Tab, name: str) -> None:
    """A picture of the page in the directory SCREENSHOTS, if that is set."""
    if directory := os.environ.get("SCREENSHOTS"):
        Path(directory).mkdir(parents=True, exist_ok=True)
        (Path(directory) / f"{name}.png").write_bytes(tab.screenshot())


def test_the_front_page_and_the_docs_work_under_their_policies(tab: Tab) -> None:
    assert tab.run("getComputedStyle(document.body).maxWidth") == "640px"
    assert tab.run("refused") == []
    keep(tab, "front")
    tab.open(tab.run("location.origin") + "/api/docs")
    assert tab.run(SHOWN) > 50
    assert tab.run("getComputedStyle(document.body).backgroundColor") == "rgb(250, 250, 250)"
    tab.run(
        "document.querySelector('#operations-instance-getInstance button, [id*=instance] button').click()"
    )
    keep(tab, "docs")
    assert tab.run("refused") == []
