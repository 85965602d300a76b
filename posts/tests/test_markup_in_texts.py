"""What people write is text, wherever it is shown as HTML: in posts, comments, and the pages of an export."""

from collections.abc import Callable, Iterator

import pytest

from accounts.exporting.pages import pages
from echomate import ids, privacy
from echomate.privacy import Row, Show
from echomate.testing.configuration import configured
from media.exports import show as show_media
from posts import exports
from posts.services import Draft, import_posts
from posts.tests.actor import Person
from posts.tests.html_parts import Parts, assert_safe
from posts.tests.payloads import PAYLOADS

PAGE = {"html", "head", "meta", "title", "style", "body", "main", "h1", "nav", "article", "a", "p", "br"}
SHOWN = {"time", "details", "summary", "dl", "dt", "dd"}


@pytest.fixture(autouse=True)
def _no_limits() -> Iterator[None]:
    with configured(rate_limit_factor=1000.0):
        yield


@pytest.fixture(scope="module")
def ann() -> Person:
    return Person()


def test_there_are_more_than_a_hundred_payloads() -> None:
    assert len(set(PAYLOADS)) > 100


@pytest.mark.parametrize("payload", PAYLOADS)
def test_a_post_says_it_and_does_nothing(ann: Person, payload: str) -> None:
    answer = ann.post("posts", {"content": payload, "spoiler_text": payload})
    assert answer.status == 201, answer.content
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Content-Type"] == "application/json"
    post = answer.json
    assert post["content"] == post["spoiler_text"] == payload.strip()
    parts = assert_safe(post["content_html"])
    assert "".join(parts.text.split()) == "".join(payload.split())
    comment = ann.post(f"posts/{post['id']}/comments", {"content": payload}).json
    assert "".join(assert_safe(comment["content_html"]).text.split()) == "".join(payload.split())


def of_posts(ann: Person) -> list[Row]:
    import_posts((ids.new_id(), ann.id, Draft(text, spoiler_text=text)) for text in PAYLOADS)
    return list(exports.posts(ann.id))


def of_media(ann: Person) -> list[Row]:
    row = {"created_at": "2026-11-21T09:30:00.000Z", "purpose": "post", "state": "ready"}
    return [{**row, "file": "media/1.png", "alt": text} for text in PAYLOADS]


def of_profile(ann: Person) -> list[Row]:
    return [{"full_name": text, "nested": {text: [text]}} for text in PAYLOADS]


@pytest.mark.parametrize(
    ("rows_of", "show"), [(of_posts, exports.show), (of_media, show_media), (of_profile, None)]
)
def test_a_page_of_an_export_shows_it_and_does_nothing(
    ann: Person, rows_of: Callable[[Person], list[Row]], show: Show | None
) -> None:
    """Texts and spoilers, descriptions of pictures, names; and the title, whatever it is."""
    rows = rows_of(ann)
    exporter = privacy.Exporter(
        name="rows", entities=(), rows=lambda _: iter(rows), title=PAYLOADS[0], show=show, files=None
    )
    context = {"username": PAYLOADS[1], "instance": PAYLOADS[2]}
    parts = Parts("".join(part for _, part in pages(context, exporter, iter(rows))))
    assert set(parts.elements) <= PAGE | SHOWN, set(parts.elements) - PAGE - SHOWN
    assert not [name for _, name, _ in parts.attributes if name.startswith("on")]
    assert parts.elements["article"] == len(rows) >= len(PAYLOADS)
    text = "".join(parts.text.split())
    assert not [payload for payload in PAYLOADS if "".join(payload.split()) not in text]


@pytest.mark.parametrize("payload", PAYLOADS[:20])
def test_a_name_is_given_out_as_it_was_written(payload: str) -> None:
    one = Person()
    answer = one.patch("users/me", {"full_name": payload[:50]})
    assert answer.status in {200, 400}
    if answer.status == 200:
        assert one.get(f"posts/{one.publish()}").json["author"]["full_name"] == payload[:50].strip()
