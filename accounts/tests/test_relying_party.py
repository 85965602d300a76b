"""The domain of passkeys, and the pages that may ask for them."""

import pytest

from accounts.passkeys import relying_party
from echomate.testing.configuration import configured

PRODUCTION = {
    "environment": "production",
    "public_url": "https://api.example.org",
    "web_url": "https://example.org/app",
    "cors_allowed_origins": [
        "https://m.example.org",
        "https://partner.example",
        "http://beta.example.org:8080",
    ],
}


@pytest.mark.parametrize(
    ("settings", "domain"),
    [
        ({}, "localhost"),
        ({"public_url": "http://127.0.0.1:8000"}, "localhost"),
        ({"public_url": "https://api.example.org"}, "api.example.org"),
        ({"public_url": "https://api.example.org", "web_url": "https://example.org"}, "example.org"),
        ({"web_url": "https://app.example.org", "passkey_rp_id": "example.org"}, "example.org"),
    ],
)
def test_the_domain_is_that_of_the_client_unless_the_settings_say_another(
    settings: dict[str, str], domain: str
) -> None:
    with configured(**settings):
        assert relying_party.rp_id() == domain


@pytest.mark.parametrize(
    "origin",
    [
        "https://example.org",
        "https://api.example.org",
        "https://m.example.org",
        "http://beta.example.org:8080",
    ],
)
def test_the_client_and_this_server_and_what_else_is_on_the_domain_may_ask(origin: str) -> None:
    with configured(**PRODUCTION):
        assert relying_party.admits(origin)


@pytest.mark.parametrize(
    "origin",
    [
        "https://partner.example",
        "https://www.example.org",
        "http://example.org",
        "https://example.org:8443",
        "https://example.org.evil.example",
        "https://evilexample.org",
        "https://example.org/",
        "http://localhost:8000",
        "http://[",
        "null",
        "",
    ],
)
def test_no_other_page_may(origin: str) -> None:
    with configured(**PRODUCTION):
        assert not relying_party.admits(origin)


@pytest.mark.parametrize("origin", ["http://localhost", "http://localhost:5173", "https://localhost:8443"])
def test_locally_any_port_of_this_machine_may(origin: str) -> None:
    assert relying_party.admits(origin)


@pytest.mark.parametrize(
    "origin",
    ["http://127.0.0.1:8000", "http://localhost.evil.example", "http://localhost:5173/x", "localhost"],
)
def test_locally_nothing_else_may(origin: str) -> None:
    assert not relying_party.admits(origin)
