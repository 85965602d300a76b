"""The pages for links in mails: what they show, what they do, and what they keep to themselves."""

import base64
import hashlib
import logging
import re
from collections.abc import Callable
from html.parser import HTMLParser
from typing import Any
from urllib.parse import urlencode, urlsplit

import pytest

from accounts import unsubscribing
from accounts.services import erasing
from accounts.tests.acting import log_in, stored
from accounts.tests.mailing import confirm, letter, move, step_up, token, url_in
from accounts.tests.test_reset import NEW
from echomate import dynamodb, keys, table
from echomate.config import config
from echomate.testing.client import Caller, FastClient, Person, unique_name
from echomate.testing.configuration import configured

PAGES = ["verify", "reset", "undo", "restore", "unsubscribe", "forgot", "resend"]


class Visitor:
    """A browser without scripts: it opens links and sends forms."""

    def __init__(self, language: str = "en") -> None:
        self.client = FastClient()
        self.options: dict[str, Any] = {
            "REMOTE_ADDR": Caller().address,
            "headers": {"Accept": "text/html,application/xhtml+xml", "Accept-Language": language},
        }

    def open(self, url: str) -> Any:
        parts = urlsplit(url)
        return self.client.get(f"{parts.path}?{parts.query}", **self.options)

    def send(self, page: Any, **filled: str) -> Any:
        """The form of a page, with what was filled in."""
        form = Form(page)
        body = urlencode({**form.fields, **filled})
        return self.client.post(
            form.action, body, content_type="application/x-www-form-urlencoded", **self.options
        )


class Form(HTMLParser):
    def __init__(self, page: Any) -> None:
        super().__init__()
        self.action, self.fields = "", dict[str, str]()
        self.feed(page.content.decode())
        assert self.action, "the page has no form"

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag == "form":
            assert given["method"] == "post"
            self.action = str(given["action"])
        if tag == "input":
            self.fields[str(given["name"])] = given.get("value") or ""


@pytest.fixture
def visitor() -> Visitor:
    return Visitor()


# --- what they do -----------------------------------------------------------------------------------------------------


def test_an_address_is_verified_by_the_form_and_not_by_the_link(
    sign_up: Callable[..., Person], visitor: Visitor
) -> None:
    person = sign_up()
    link = url_in(letter(person.email, "welcome"))
    pages = [visitor.open(link) for _ in range(3)]
    assert all(person.email in page.content.decode() for page in pages)
    assert stored(person.id).email_verified is False
    done = visitor.send(pages[-1])
    assert (done.status_code, stored(person.id).email_verified) == (200, True)
    assert "is confirmed" in done.content.decode()


def test_a_changed_address_is_confirmed_there_too(sign_up: Callable[..., Person], visitor: Visitor) -> None:
    person, email = sign_up(), f"{unique_name()}@example.org"
    step_up(person)
    person.post("/auth/change-email", {"email": email})
    assert visitor.send(visitor.open(url_in(letter(email, "change-email")))).status_code == 200
    assert stored(person.id).email == email


def test_an_address_that_was_taken_meanwhile_is_said_to_be(
    sign_up: Callable[..., Person], visitor: Visitor
) -> None:
    person, other = sign_up(), sign_up()
    step_up(person)
    person.post("/auth/change-email", {"email": other.email})
    answer = visitor.send(visitor.open(url_in(letter(other.email, "change-email"))))
    assert answer.status_code == 409
    assert "belongs to another account" in answer.content.decode()


def test_a_password_is_set_and_a_weak_one_asked_for_again(
    sign_up: Callable[..., Person], visitor: Visitor
) -> None:
    person = sign_up()
    Caller().post("/auth/forgot-password", {"email": person.email})
    page = visitor.open(url_in(letter(person.email, "reset")))
    again = visitor.send(page, password="short")
    assert again.status_code == 400
    assert 'role="alert"' in again.content.decode()
    assert "short" not in re.sub(r"<style>.*?</style>", "", again.content.decode(), flags=re.DOTALL)
    assert visitor.send(again, password=NEW).status_code == 200
    assert log_in(person.username, NEW).status_code == 200


def test_a_change_is_taken_back(sign_up: Callable[..., Person], visitor: Visitor) -> None:
    person = sign_up()
    confirm(person)
    move(person, f"{unique_name()}@example.org")
    page = visitor.open(url_in(letter(person.email, "email-changed")))
    assert stored(person.id).email != person.email
    assert visitor.send(page).status_code == 200
    assert stored(person.id).email == person.email


def test_an_account_is_kept(sign_up: Callable[..., Person], visitor: Visitor) -> None:
    person = sign_up()
    erasing.request_erasure(person.id)
    page = visitor.open(url_in(letter(person.email, "erasing")))
    assert stored(person.id).state == "erasing"
    assert visitor.send(page).status_code == 200
    assert stored(person.id).state == "active"


def test_one_unsubscribes(sign_up: Callable[..., Person], visitor: Visitor) -> None:
    person = sign_up()
    page = visitor.open(unsubscribing.url(person.id))
    assert stored(person.id).settings.mail_notices is True
    assert visitor.send(page).status_code == 200
    assert stored(person.id).settings.mail_notices is False


@pytest.mark.parametrize("web_url", ["", "https://web.example"])
@pytest.mark.parametrize("kind", ["application/x-www-form-urlencoded", "multipart/form-data; boundary=x", ""])
def test_a_mail_program_unsubscribes_by_one_click(
    sign_up: Callable[..., Person], kind: str, web_url: str
) -> None:
    person = sign_up()
    with configured(web_url=web_url):
        link = urlsplit(letter(person.email, "welcome").extra_headers["List-Unsubscribe"].strip("<>"))
        answer = FastClient().post(
            f"{link.path}?{link.query}",
            b"List-Unsubscribe=One-Click",
            content_type=kind,
            headers={"Accept": "x/y"},
        )
    assert f"{link.scheme}://{link.netloc}" == config.public_url
    assert (answer.status_code, stored(person.id).settings.mail_notices) == (200, False)


@pytest.mark.parametrize(("path", "template"), [("forgot", "reset"), ("resend", "verify")])
def test_a_new_link_is_asked_for(
    sign_up: Callable[..., Person], visitor: Visitor, path: str, template: str
) -> None:
    person = sign_up()
    page = visitor.open(f"/account/{path}")
    answers = [visitor.send(page, email=email) for email in (person.email, f"{unique_name()}@example.org")]
    assert [answer.status_code for answer in answers] == [200, 200]
    assert answers[0].content == answers[1].content
    assert letter(person.email, template)
    wrong = visitor.send(page, email="nowhere")
    assert wrong.status_code == 400
    assert 'aria-invalid="true"' in wrong.content.decode()


@pytest.mark.parametrize("page", ["verify", "reset", "undo", "restore", "unsubscribe"])
@pytest.mark.parametrize("given", ["", "x" * 43, "%00", "%ff", "<script>", "ä" * 400])
def test_a_link_that_is_not_good_says_so_and_what_to_do(visitor: Visitor, page: str, given: str) -> None:
    answer = visitor.open(f"/account/{page}?token={given}")
    posted = visitor.client.post(
        f"/account/{page}",
        f"token={given}",
        content_type="application/x-www-form-urlencoded",
        **visitor.options,
    )
    for each in (answer, posted):
        assert each.status_code == 400
        text = each.content.decode()
        assert "The link is not valid any more" in text
        assert "<script>" not in text
        assert ("Get a new link" in text) == (page in {"verify", "reset", "undo"})


def test_a_used_link_is_not_good(sign_up: Callable[..., Person], visitor: Visitor) -> None:
    link = url_in(letter(sign_up().email, "welcome"))
    page = visitor.open(link)
    assert visitor.send(page).status_code == 200
    assert visitor.send(page).status_code == 400
    assert visitor.open(link).status_code == 400


# --- in which language ------------------------------------------------------------------------------------------------


def test_a_page_is_in_the_users_language_and_a_strangers_in_the_browsers(
    sign_up: Callable[..., Person],
) -> None:
    person = sign_up()
    link = url_in(letter(person.email, "welcome"))
    person.patch("/users/me", {"settings": {"locale": "de"}})
    page = Visitor("en").open(link).content.decode()
    assert '<html lang="de">' in page
    assert "Adresse bestätigen" in page
    assert "Vielen Dank" in Visitor("en").send(Visitor("en").open(link)).content.decode()
    assert "Der Link ist nicht mehr gültig" in Visitor("en").open(link).content.decode()
    assert '<html lang="de">' in Visitor("de-CH").open("/account/verify?token=x").content.decode()
    assert '<html lang="en">' in Visitor("tlh").open("/account/verify?token=x").content.decode()


# --- what they keep to themselves -------------------------------------------------------------------------------------


@pytest.mark.parametrize("page", PAGES)
def test_a_page_leaks_nothing_and_loads_nothing(visitor: Visitor, page: str) -> None:
    answer = visitor.open(f"/account/{page}?token=x")
    headers = answer.headers
    assert headers["Content-Type"] == "text/html; charset=utf-8"
    assert headers["Cache-Control"] == "no-store"
    assert headers["Referrer-Policy"] == "no-referrer"
    assert headers["X-Frame-Options"] == "DENY"
    assert headers["X-Robots-Tag"] == "noindex, nofollow"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert "Set-Cookie" not in headers
    policy = headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    text = answer.content.decode()
    (style,) = re.findall(r"<style>(.*?)</style>", text, re.DOTALL)
    assert base64.b64encode(hashlib.sha256(style.encode()).digest()).decode() in policy
    assert not re.search(r"<script|<img|style=|url\(|https?://", text)


@pytest.mark.parametrize("page", PAGES)
def test_a_page_has_a_language_a_title_and_a_label_for_each_field(visitor: Visitor, page: str) -> None:
    text = visitor.open(f"/account/{page}?token=x").content.decode()
    assert '<html lang="en">' in text
    assert re.search(r"<title>[^<]+</title>", text)
    assert len(re.findall("<h1>", text)) == 1
    shown = re.findall(r'<input type="(?!hidden)[^>]* id="(\w+)"', text)
    assert shown == re.findall(r'<label for="(\w+)"', text)


def test_a_token_is_in_no_log(
    sign_up: Callable[..., Person],
    visitor: Visitor,
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
) -> None:
    person = sign_up()
    found = token(person.email, "welcome")
    with caplog.at_level(logging.DEBUG):
        visitor.send(visitor.open(f"/account/verify?token={found}"))
        visitor.open(f"/account/verify?token={found}")
        Caller().post("/auth/verify-email", {"token": found})
    assert found not in capfd.readouterr().out
    assert not any(
        found in str(vars(record)) for record in caplog.records if record.name != "urllib3.connectionpool"
    )


@pytest.mark.parametrize("page", ["verify", "reset", "undo", "restore", "forgot", "resend"])
def test_there_are_no_pages_where_there_is_a_web_client(page: str) -> None:
    with configured(web_url="https://web.example"):
        for method in ("GET", "POST"):
            answer = FastClient().generic(method, f"/account/{page}?token=x", headers={"Accept": "text/html"})
            assert answer.status_code == 404


def test_a_browser_that_unsubscribes_is_led_to_the_web_client() -> None:
    with configured(web_url="https://web.example"):
        answer = FastClient().get("/account/unsubscribe?token=1:x")
    assert (answer.status_code, answer.headers["Location"]) == (
        302,
        "https://web.example/account/unsubscribe?token=1:x",
    )


# --- bad input --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("body", "kind", "status"),
    [
        (b"token=" + b"x" * 20_000, "application/x-www-form-urlencoded", 413),
        (b"&".join(b"a=b" for _ in range(2000)), "application/x-www-form-urlencoded", 400),
        (b'{"token": "x"}', "application/json", 415),
        (b"\xff\xfe", "application/x-www-form-urlencoded", 400),
        (b"token=\xff&token=%ed%a0%80", "application/x-www-form-urlencoded", 400),
        (b"token=x", "application/x-www-form-urlencoded; charset=nonsense", 400),
        (b"token=x", "multipart/form-data", 415),
    ],
)
def test_a_form_that_is_none_is_refused_as_a_page(body: bytes, kind: str, status: int) -> None:
    for page in ("verify", "reset", "forgot"):
        answer = FastClient().generic("POST", f"/account/{page}", body, content_type=kind)
        assert answer.status_code == status, page
        assert answer.headers["Content-Type"].startswith("text/html")


@pytest.mark.parametrize("path", ["forgot", "resend"])
def test_who_is_refused_uses_up_nobodys_share(path: str) -> None:
    visitor, email = Visitor(), f"{unique_name()}@example.org"
    with configured(rate_limit_factor=1, rate_limits={"reset-address": "2/1800"}):
        form = visitor.open(f"/account/{path}")
        sent = [visitor.send(form, email=f"{unique_name()}@example.org").status_code for _ in range(2)]
        sent += [visitor.send(form, email=email).status_code for _ in range(6)]
        assert sent == [200] * 2 + [429] * 6
        by_others = [Visitor().send(form, email=email).status_code for _ in range(6)]
        assert by_others == [200] * 5 + [429]


def test_too_many_tries_are_refused_as_a_page() -> None:
    visitor = Visitor()
    form: dict[str, Any] = {"data": b"token=x", "content_type": "application/x-www-form-urlencoded"}
    with configured(rate_limit_factor=1):
        *_, answer = [visitor.client.post("/account/verify", **form, **visitor.options) for _ in range(31)]
    assert answer.status_code == 429
    assert f"in {answer.headers['Retry-After']} seconds" in answer.content.decode()


def test_a_store_that_is_away_is_said_to_be(dynamodb_proxy: Any, visitor: Visitor) -> None:
    dynamodb_proxy.refuse()
    answer = visitor.open("/account/verify?token=x")
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "2")
    assert "in 2 seconds" in answer.content.decode()


def test_other_methods_are_not_allowed() -> None:
    for method in ("PUT", "DELETE", "PATCH"):
        assert FastClient().generic(method, "/account/verify").status_code == 405


def test_one_who_is_gone_has_no_page(sign_up: Callable[..., Person], visitor: Visitor) -> None:
    person = sign_up()
    link = url_in(letter(person.email, "welcome"))
    key = {"TableName": config.table_name, "Key": table.wire_key(keys.user(person.id))}
    dynamodb.call("DeleteItem", key)
    assert visitor.open(link).status_code == 400
