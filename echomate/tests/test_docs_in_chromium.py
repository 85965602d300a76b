"""The docs and the front page in a real browser, under the policy that they are sent with."""

import pytest

from echomate.testing.chromium import Tab
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


def test_the_front_page_and_the_docs_work_under_their_policies(web: Server, tab: Tab) -> None:
    tab.call("Page.enable")
    tab.call("Page.addScriptToEvaluateOnNewDocument", source=WATCH)
    tab.resize(1280, 1400)
    tab.open(f"http://localhost:{web.port}/")
    assert tab.run("getComputedStyle(document.body).maxWidth") == "640px"
    assert tab.run("refused") == []
    tab.screenshot("front")
    tab.open(tab.run("location.origin") + "/api/docs")
    assert tab.run(SHOWN) > 50
    assert tab.run("getComputedStyle(document.body).backgroundColor") == "rgb(250, 250, 250)"
    tab.run(
        "document.querySelector('#operations-instance-getInstance button, [id*=instance] button').click()"
    )
    tab.screenshot("docs")
    assert tab.run("refused") == []
