"""What an e-mail address may be: long, international and hostile ones, and the mail that goes to them."""

import email
import email.policy
from email.message import EmailMessage

import pytest
from django.core import mail as outgoing

from accounts import mail, mail_links, names
from accounts.models import Purpose
from accounts.tests.acting import log_in
from accounts.tests.mailing import letter, letters
from echomate import jobs
from echomate.config import config
from echomate.testing.client import Caller, Person, problem, unique_name
from echomate.testing.configuration import configured

INJECTED = [
    "ann@example.org\r\nBcc: all@example.org",
    "ann@example.org\nSubject: Hello",
    "ann\r@example.org",
    "ann@example.org\x00",
    "ann@exam\u2028ple.org",
    "ann@example.org\u0085Bcc: all@example.org",
    "ann@example.org,all@example.org",
    "ann@example.org;all@example.org",
    "ann@example.org all@example.org",
    "Ann <ann@example.org>",
    "<ann@example.org>",
    '"ann\\" all"@example.org',
    "ann@example.org>\r\nRCPT TO:<all@example.org",
    "ann%0d%0aBcc:all@example.org@example",
    "ann@@example.org",
    "@example.org",
    "ann@",
    "ann@localhost",
    "ann@[127.0.0.1]",
    "ann@[IPv6:::1]",
    "ann@-example.org",
    "ann@example..org",
    ".ann@example.org",
    "ann.@example.org",
    "an n@example.org",
    "ann@exa\u202emple.org",
    "m\u0131ke@example.org",
    "\u0130an@example.org",
    "\u00e4nn@example.org",
    "an\u00df@example.org",
    "\u03b1nn@example.org",
    "änn@example.org",
    "ann@stra\u00dfe.de",
    "ann@STRA\u1e9eE.de",
    "ann@\u03c2igma.org",
    "ann@exam\u200dple.org",
]
TOO_LONG = [
    "a" * 1000 + "@example.org",
    "a" * 65 + "@example.org",
    "ann@" + "a" * 64 + ".org",
    "ann@" + ".".join(["a" * 60] * 17) + ".org",
    "ann@" + "ä" * 1000 + ".org",
    "a" * 500_000 + "@example.org",
    "ann@" + "ä." * 200_000 + "org",
]
SAME = [
    ("Ann@Example.ORG", "ann@example.org"),
    (" ann@example.org ", "ann@example.org"),
    ("ann+news@example.org", "ann+news@example.org"),
    ("a.n.n@example.org", "a.n.n@example.org"),
    ("ann@b\u00fccher.example", "ann@xn--bcher-kva.example"),
    ("ann@bu\u0308cher.example", "ann@xn--bcher-kva.example"),
    ("ann@B\u00dcCHER.example", "ann@xn--bcher-kva.example"),
    ("ann@xn--bcher-kva.example", "ann@xn--bcher-kva.example"),
    ("\uff41nn@example.org", "ann@example.org"),
    ("\u212aan@example.org", "kan@example.org"),
    ("ann\uff20example.org", "ann@example.org"),
    ("ann@\u4f8b\u3048.example", "ann@xn--r8jz45g.example"),
    ("ann@xn--strae-oqa.de", "ann@xn--strae-oqa.de"),
]


def sign_up(address: str) -> Person:
    body = {
        "username": unique_name(),
        "email": address,
        "password": "correct9horse",
        "token_delivery": "body",
    }
    response = Caller().post("/auth/signup", body)
    assert response.status_code == 201, response.content
    return Person(response.json())


@pytest.mark.parametrize("address", INJECTED + TOO_LONG, ids=lambda address: ascii(address)[:40])
def test_what_no_mail_can_go_to_is_refused_everywhere(address: str) -> None:
    assert names.email(address) is None
    body = {"username": unique_name(), "email": address, "password": "correct9horse"}
    for path, given in (
        ("/auth/signup", body),
        ("/auth/forgot-password", {"email": address}),
        ("/auth/verify-email/resend", {"email": address}),
    ):
        response = Caller().post(path, given)
        assert (response.status_code, list(response.json()["errors"])) == (400, ["email"]), path
    assert log_in(address[:254]).status_code in {400, 401}


@pytest.mark.parametrize(("written", "canonical"), SAME)
def test_an_address_has_one_form(written: str, canonical: str) -> None:
    assert names.email(written) == canonical


def test_an_address_is_one_however_it_is_written() -> None:
    domain = f"{unique_name().replace('_', '-')}.example"
    first = sign_up(f"Ann+a@b\u00fccher.{domain}")
    assert first.email == f"ann+a@xn--bcher-kva.{domain}"
    for written in (f"ann+a@bu\u0308cher.{domain}", f"ANN+A@XN--BCHER-KVA.{domain.upper()}"):
        body = {"username": unique_name(), "email": written, "password": "correct9horse"}
        assert problem(Caller().post("/auth/signup", body)) == "email-taken"
        assert log_in(written).status_code == 200
    assert sign_up(f"ann+b@b\u00fccher.{domain}").id != first.id


def test_mail_goes_to_an_international_and_to_the_longest_address() -> None:
    tail = f"{unique_name().replace('_', '-')}.org"
    longest = f"{'a' * 64}@{'b' * 63}.{'c' * 63}.{'d' * (254 - 64 - 1 - 64 - 64 - len(tail) - 1)}.{tail}"
    assert len(longest) == 254
    for address in (longest, f"ann@xn--bcher-kva.{tail}"):
        sign_up(address)
        sent = parsed(letter(address, "welcome"))
        assert sent["To"] == address
        assert [name for name in sent if name.lower() in {"cc", "bcc"}] == []


def parsed(message: outgoing.EmailMessage) -> EmailMessage:
    """As a mail program reads it."""
    raw = message.message().as_bytes()
    return email.message_from_bytes(raw, policy=email.policy.default)


def test_a_name_of_the_community_adds_no_header() -> None:
    person = sign_up(f"{unique_name()}@example.org")
    with configured(instance_name="Our\r\nBcc: all@example.org\u2028X: y"):
        sent = parsed(letter(person.email, "welcome"))
    assert sent["Bcc"] is None
    assert sent["Subject"] == "Welcome to Our Bcc: all@example.org X: y"


def test_text_of_users_is_text_in_both_parts() -> None:
    person = sign_up(f"{unique_name()}@example.org")
    letters(person.email)
    provider = '<a href="https://evil.example">x</a> {{ link }} {% load x %}'
    jobs.add(mail.job("login-provider-linked", to=person.id, provider=provider))
    sent = letters(person.email)[-1]
    assert provider in sent.body
    ((html, _),) = sent.alternatives
    assert "<a href" not in html
    assert "&lt;a href=&quot;https://evil.example&quot;&gt;" in html


def test_both_parts_say_the_same() -> None:
    person = sign_up(f"{unique_name()}@example.org")
    sent = letter(person.email, "welcome")
    ((html, _),) = sent.alternatives
    for paragraph in sent.body.replace("\n-- \n", "\n\n").split("\n\n"):
        *words, last = paragraph.strip().split("\n")
        assert all(word.rstrip(":") in html for word in words)
        assert last in html
    assert "\n\n\n" not in sent.body
    assert f'<a href="{config.public_url}/account/verify?token=' in html


def test_a_code_stands_out_and_is_not_in_the_job() -> None:
    person = sign_up(f"{unique_name()}@example.org")
    letters(person.email)
    nonce = mail_links.new_nonce()
    job = mail.job("step-up-code", to=person.id, code_nonce=nonce)
    jobs.add(job)
    code = mail_links.code_of(nonce)
    sent = letters(person.email)[-1]
    assert f"\n\n{code}\n\n" in sent.body
    assert f'monospace; letter-spacing: 4px">{code}</p>' in sent.alternatives[0][0]
    assert code not in job.payload_json


def test_a_token_is_for_one_purpose_only() -> None:
    nonce = mail_links.new_nonce()
    assert len({mail_links.token_of(purpose, nonce) for purpose in Purpose}) == len(Purpose)
