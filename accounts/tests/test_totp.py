"""One-time passwords: the algorithm, and what is typed as a code."""

import base64
from urllib.parse import parse_qs, unquote, urlsplit

import pytest
from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.twofactor.totp import TOTP

from accounts import totp
from accounts.tests.factors import Clock
from echomate.testing.configuration import configured

pytestmark = pytest.mark.pure

RFC_6238 = {
    59: "94287082",
    1111111109: "07081804",
    1111111111: "14050471",
    1234567890: "89005924",
    2000000000: "69279037",
    20000000000: "65353130",
}
"""Appendix B: the codes of eight digits under SHA-1, by the Unix time."""
RFC_SECRET = base64.b32encode(b"12345678901234567890").decode()


@pytest.mark.parametrize(("moment", "code"), RFC_6238.items())
def test_the_codes_are_those_of_rfc_6238(moment: int, code: str) -> None:
    """Six digits are the last six of eight."""
    assert totp.code_at(RFC_SECRET, moment // 30) == code[-6:]


def test_another_implementation_makes_the_same_codes() -> None:
    secret = totp.new_secret()
    other = TOTP(base64.b32decode(secret), 6, SHA1(), 30)  # noqa: S303 - the apps' own
    now = totp.present_step()
    assert totp.step_of(other.generate(now * 30 + 29).decode(), secret, after=0) == now


def test_each_secret_has_160_bits_of_its_own() -> None:
    made = {totp.new_secret() for _ in range(20)}
    assert len(made) == 20
    assert {len(base64.b32decode(secret)) for secret in made} == {20}


def test_the_uri_is_one_that_apps_read() -> None:
    with configured(instance_name="Ann & Bob's: place"):
        uri = urlsplit(totp.uri("JBSWY3DP", account="ann_1"))
    assert (uri.scheme, uri.netloc) == ("otpauth", "totp")
    assert unquote(uri.path) == "/Ann & Bob's  place:ann_1"
    assert "+" not in uri.query
    assert parse_qs(uri.query) == {
        "secret": ["JBSWY3DP"],
        "issuer": ["Ann & Bob's  place"],
        "algorithm": ["SHA1"],
        "digits": ["6"],
        "period": ["30"],
    }


def test_clocks_may_differ_by_a_step(clock: Clock) -> None:
    secret = totp.new_secret()
    codes = {offset: totp.code_at(secret, clock.step + offset) for offset in (-2, -1, 0, 1, 2)}
    found = {offset: totp.step_of(code, secret, after=0) for offset, code in codes.items()}
    near = {clock.step - 1, clock.step, clock.step + 1}
    assert {found[offset] for offset in (-1, 0, 1)} == near
    assert {found[offset] for offset in (-2, 2)} <= {None, *near}  # codes of six digits may coincide


WRONG = ["", "12345", "1234567", "x" * 6, "１２３４５６", "٣٣٣٣٣٣", "²²²²²²", "1_2_3_", "+12345", "12345\x00"]  # noqa: RUF001 - that is the point


@pytest.mark.parametrize("code", WRONG)
def test_what_has_no_form_of_a_code_is_none(code: str) -> None:
    assert totp.step_of(code, RFC_SECRET, after=0) is None
