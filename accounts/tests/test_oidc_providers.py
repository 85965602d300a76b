"""Providers that are away, rotate their keys, or lie: what is fetched, how often, from where, and how much of it."""

import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import jwt
import orjson
import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from accounts.oidc import fetching, hosts, keysets, providers
from accounts.oidc.fetching import ProviderAway
from accounts.oidc.hosts import UnsafeAddress
from accounts.oidc.providers import Provider
from accounts.tests.issuer import DISCOVERY, JWKS, Issuer, running, say, serving, trusted
from accounts.tests.test_jwt_attacks import encoded, signature
from echomate.errors import DependencyAway
from echomate.testing.client import Caller, problem
from echomate.testing.configuration import configured
from echomate.testing.races import PATIENCE_SECONDS, Halt, together
from echomate.tests.test_config import STRONG, start


@pytest.fixture
def issuer() -> Iterator[Issuer]:
    with running() as one, trusted(one):
        yield one


SECONDS = fetching.SECONDS
"""As it is outside of tests."""


def me(token: str) -> Any:
    return Caller().get("/users/me", headers={"Authorization": f"Bearer {token}"})


def later(monkeypatch: pytest.MonkeyPatch, seconds: float) -> None:
    """As if so much time had gone by since, for what is remembered of providers."""
    monkeypatch.setattr(providers, "time", SimpleNamespace(monotonic=lambda: time.monotonic() + seconds))


def key_or_away(known: Provider, kid: str) -> Any:
    try:
        return known.key(kid, "EdDSA")
    except DependencyAway:
        return "away"


class TestKeysThatRotate:
    def test_a_new_key_is_fetched_when_it_is_first_seen(
        self, issuer: Issuer, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        assert me(issuer.bearer("ida")).status_code == 200
        later(monkeypatch, 61)
        issuer.add_key("second", Ed25519PrivateKey.generate(), "EdDSA")
        assert me(issuer.bearer("ida")).status_code == 200
        assert issuer.asked[JWKS] == 2
        assert me(issuer.sign(issuer.claims("ida"), kid="first")).status_code == 200
        assert issuer.asked[JWKS] == 2

    def test_but_not_again_within_a_minute(self, issuer: Issuer, monkeypatch: pytest.MonkeyPatch) -> None:
        assert me(issuer.bearer("ida")).status_code == 200
        issuer.add_key("second", Ed25519PrivateKey.generate(), "EdDSA")
        assert problem(me(issuer.bearer("ida"))) == "token-invalid"
        later(monkeypatch, 61)
        assert me(issuer.bearer("ida")).status_code == 200

    def test_a_storm_of_unknown_keys_asks_once_a_minute(
        self, issuer: Issuer, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        known = providers.provider(issuer.settings())
        assert known.key("first", "EdDSA") is not None
        later(monkeypatch, 61)
        asked = together(*[lambda n=n: key_or_away(known, f"kid-{n}") for n in range(1000)])
        assert set(asked) <= {None, "away"}
        assert issuer.asked[JWKS] == 2

    def test_a_cold_start_of_many_asks_once(self, issuer: Issuer) -> None:
        known = providers.Provider(issuer.settings())
        assert None not in together(*[lambda: key_or_away(known, "first")] * 50)
        assert issuer.asked[JWKS] == 1

    def test_a_slow_provider_holds_up_nobody_whose_key_is_known(
        self, issuer: Issuer, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        known = providers.provider(issuer.settings())
        assert known.key("first", "EdDSA") is not None
        later(monkeypatch, 3601)
        monkeypatch.setattr(providers, "WAIT_SECONDS", 0.05)
        halt = Halt()
        issuer.answers[DISCOVERY] = lambda _: halt.stand()
        with ThreadPoolExecutor(1) as pool:
            asking = pool.submit(key_or_away, known, "second")
            halt.wait()
            assert known.key("first", "EdDSA") is not None
            assert key_or_away(known, "third") == "away"
            halt.go_on()
            assert asking.result() == "away"
        assert known.is_settled

    def test_a_key_that_was_withdrawn_is_known_no_more_within_the_hour(
        self, issuer: Issuer, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        token = issuer.bearer("ida")
        assert me(token).status_code == 200
        issuer.add_key("second", Ed25519PrivateKey.generate(), "EdDSA")
        del issuer.keys["first"]
        assert me(token).status_code == 200
        later(monkeypatch, 3601)
        assert problem(me(token)) == "token-invalid"

    def test_a_key_of_the_same_name_takes_the_place_of_the_first(
        self, issuer: Issuer, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        token = issuer.bearer("ida")
        assert me(token).status_code == 200
        issuer.add_key("first", Ed25519PrivateKey.generate(), "EdDSA")
        later(monkeypatch, 3601)
        assert problem(me(token)) == "token-invalid"
        assert me(issuer.bearer("ida")).status_code == 200


class TestAway:
    def test_tokens_of_known_keys_go_on_for_a_day(
        self, issuer: Issuer, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        assert me(issuer.bearer("ida")).status_code == 200
        issuer.answers[DISCOVERY] = say(500, {})
        later(monkeypatch, 3601)
        assert me(issuer.bearer("ida")).status_code == 200
        assert me(issuer.bearer("ida")).status_code == 200
        assert issuer.asked[DISCOVERY] == 2
        assert providers.provider(issuer.settings()).is_settled
        later(monkeypatch, 86_401)
        assert problem(me(issuer.bearer("ida"))) == "unavailable"

    def test_those_of_unknown_ones_wait(self, issuer: Issuer, monkeypatch: pytest.MonkeyPatch) -> None:
        assert me(issuer.bearer("ida")).status_code == 200
        issuer.answers[JWKS] = say(503, {})
        issuer.add_key("second", Ed25519PrivateKey.generate(), "EdDSA")
        later(monkeypatch, 61)
        response = me(issuer.bearer("ida"))
        assert (response.status_code, problem(response)) == (503, "unavailable")
        assert response.headers["Retry-After"]

    def test_one_that_was_away_at_first_is_asked_again_soon(
        self, issuer: Issuer, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        issuer.answers[DISCOVERY] = say(503, {})
        assert problem(me(issuer.bearer("ida"))) == "unavailable"
        assert problem(me(issuer.bearer("ida"))) == "unavailable"
        assert issuer.asked[DISCOVERY] == 1
        issuer.answers.clear()
        later(monkeypatch, 6)
        assert me(issuer.bearer("ida")).status_code == 200

    def test_nobody_listens(self) -> None:
        with running() as gone:
            settings = gone.settings()
            token = gone.bearer("ida")
        with configured(oidc_issuers=[settings]):
            assert problem(me(token)) == "unavailable"


def drip(part: bytes) -> Callable[[BaseHTTPRequestHandler], None]:
    """An answer of which a byte comes every 50 ms, head or body."""

    def answer(handler: BaseHTTPRequestHandler) -> None:
        if part == b"body":
            handler.send_response(200)
            handler.send_header("Content-Length", "1000")
            handler.end_headers()
        for _ in range(1000):
            handler.wfile.write(b"x")
            handler.wfile.flush()
            time.sleep(0.05)

    return answer


def endless(handler: BaseHTTPRequestHandler) -> None:
    handler.send_response(200)
    handler.end_headers()
    while True:
        handler.wfile.write(b" " * 65_536)


MEGABYTES = b'{"keys": [' + b'{"kty": "OKP"},' * 700_000 + b"{}]}"
LIES: dict[str, Callable[[Issuer], None]] = {
    "a configuration of another issuer": lambda one: one.more_in_discovery.update(
        issuer="https://other.example"
    ),
    "a configuration of an issuer below": lambda one: one.more_in_discovery.update(issuer=one.url + "/"),
    "a configuration without keys": lambda one: one.more_in_discovery.update(jwks_uri=None),
    "a configuration that is a list": lambda one: one.answers.update({DISCOVERY: say(200, [])}),
    "a configuration that is no JSON": lambda one: one.answers.update({DISCOVERY: say(200, b"<html>")}),
    "keys on a private host": lambda one: one.more_in_discovery.update(jwks_uri="https://10.0.0.1/jwks"),
    "keys in the cloud's metadata": lambda one: one.more_in_discovery.update(
        jwks_uri="http://169.254.169.254/latest/meta-data/"
    ),
    "keys in a file": lambda one: one.more_in_discovery.update(jwks_uri="file:///etc/passwd"),
    "keys behind gopher": lambda one: one.more_in_discovery.update(jwks_uri="gopher://127.0.0.1:1/"),
    "keys behind credentials": lambda one: one.more_in_discovery.update(
        jwks_uri=one.url.replace("http://", "http://user:pass@") + JWKS
    ),
    "keys behind a newline": lambda one: one.more_in_discovery.update(jwks_uri=one.url + "/jwks\r\nX: y"),
    "keys at port 0": lambda one: one.more_in_discovery.update(jwks_uri="http://127.0.0.1:99999/jwks"),
    "a redirect to a private address": lambda one: one.answers.update(
        {JWKS: say(302, {}, Location="http://10.0.0.1/jwks")}
    ),
    "a redirect to itself": lambda one: one.answers.update({JWKS: say(307, {}, Location=one.url + JWKS)}),
    "a redirect of the configuration": lambda one: one.answers.update(
        {DISCOVERY: say(301, {}, Location=one.url + "/elsewhere")}
    ),
    "keys of 10 MB": lambda one: one.answers.update({JWKS: say(200, MEGABYTES)}),
    "keys without end": lambda one: one.answers.update({JWKS: endless}),
    "a bomb of brackets": lambda one: one.answers.update({JWKS: say(200, b"[" * 60_000)}),
    "a slow head": lambda one: one.answers.update({JWKS: drip(b"head")}),
    "a slow body": lambda one: one.answers.update({JWKS: drip(b"body")}),
    "nothing": lambda one: one.answers.update({JWKS: lambda _: None}),
}


@pytest.mark.parametrize("lie", LIES.values(), ids=LIES.keys())
def test_what_cannot_be_used_is_as_if_it_were_away(
    issuer: Issuer, lie: Callable[[Issuer], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fetching, "SECONDS", 1.0)
    lie(issuer)
    response = me(issuer.bearer("ida"))
    assert (response.status_code, problem(response)) == (503, "unavailable")
    assert issuer.asked.total() <= 2


def test_a_provider_has_three_seconds(issuer: Issuer, monkeypatch: pytest.MonkeyPatch) -> None:
    assert SECONDS <= 3
    monkeypatch.setattr(fetching, "SECONDS", SECONDS)
    issuer.answers[JWKS] = drip(b"body")
    began = time.monotonic()
    assert problem(me(issuer.bearer("ida"))) == "unavailable"
    assert time.monotonic() - began < 30


ODD_KEYS: dict[str, Any] = {
    "none": {"keys": []},
    "no list": {"keys": {"kid": "first"}},
    "texts": {"keys": ["first", None, 7]},
    "secrets": {"keys": [{"kty": "oct", "k": "AAAA", "kid": "first", "alg": "EdDSA"}]},
    "without parts": {"keys": [{"kty": "OKP", "crv": "Ed25519", "kid": "first"}]},
    "of another curve": {"keys": [{"kty": "EC", "crv": "P-521", "kid": "first", "x": "AA", "y": "AA"}]},
    "not base64": {"keys": [{"kty": "OKP", "crv": "Ed25519", "kid": "first", "x": "!"}]},
    "a number for a part": {"keys": [{"kty": "OKP", "crv": "Ed25519", "kid": "first", "x": 7}]},
    "a list for an algorithm": {"keys": [{"kty": "OKP", "crv": "Ed25519", "kid": "first", "alg": []}]},
    "a list for a kind": {"keys": [{"kty": [], "kid": "first"}]},
    "for encryption": "enc",
    "for nothing": "ops",
    "with the private part": "private",
}


@pytest.mark.parametrize("odd", ODD_KEYS.values(), ids=ODD_KEYS.keys())
def test_keys_that_are_none_verify_nothing(issuer: Issuer, odd: Any) -> None:
    good = issuer.jwk("first")
    changes: dict[str, dict[str, Any]] = {
        "enc": {"use": "enc"},
        "ops": {"key_ops": ["encrypt"]},
        "private": {"d": "AAAA"},
    }
    document = {"keys": [{**good, **changes[odd]}]} if isinstance(odd, str) else odd
    issuer.answers[JWKS] = say(200, document)
    assert problem(me(issuer.bearer("ida"))) == "token-invalid"


def test_weak_keys_verify_nothing(issuer: Issuer) -> None:
    weak = rsa.generate_private_key(65537, 1024)  # noqa: S505 - that is the point
    members = jwt.get_algorithm_by_name("RS256").to_jwk(weak.public_key(), as_dict=True)
    assert keysets.read({"keys": [{**members, "kid": "weak"}]}, ["RS256"]) == {}


def test_no_more_keys_are_read_than_there_is_room_for(issuer: Issuer) -> None:
    good = issuer.jwk("first")
    document = {"keys": [{**good, "kid": str(n)} for n in range(1000)]}
    assert len(keysets.read(document, ["EdDSA"])) == keysets.MOST_KEYS


def forged(issuer: Issuer, algorithm: str, key: bytes, **header: Any) -> str:
    head = encoded({"alg": algorithm, "kid": "first", "typ": "JWT", **header})
    message = f"{head}.{encoded(issuer.claims('ida'))}"
    return f"{message}.{encoded(signature(algorithm, key, message)) if key else ''}"


def public_pem(issuer: Issuer) -> bytes:
    found: bytes = (
        issuer.keys["first"].public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    )
    return found


FORGERIES: dict[str, Callable[[Issuer], str]] = {
    "alg none": lambda one: forged(one, "none", b""),
    "alg none with a signature": lambda one: forged(one, "none", b"") + "AAAA",
    "HS256 with the public key": lambda one: forged(one, "HS256", public_pem(one)),
    "HS256 with nothing": lambda one: forged(one, "HS256", b"\0"),
    "RS256 with an Ed25519 key's kid": lambda one: one.bearer("ida").replace(
        one.bearer("ida").split(".")[0], encoded({"alg": "RS256", "kid": "first"})
    ),
    "an alg that is a list": lambda one: (
        f"{encoded({'alg': ['EdDSA'], 'kid': 'first'})}.{encoded(one.claims('x'))}.AA"
    ),
    "a kid that is a list": lambda one: (
        f"{encoded({'alg': 'EdDSA', 'kid': ['first']})}.{encoded(one.claims('x'))}.AA"
    ),
    "another's key in the header": lambda one: jwt.encode(
        one.claims("ida"),
        Ed25519PrivateKey.generate(),
        algorithm="EdDSA",
        headers={"kid": "first", "jku": "http://127.0.0.1:1/", "jwk": one.jwk("first")},
    ),
    "swapped claims": lambda one: ".".join(
        [one.bearer("ida").split(".")[0], encoded(one.claims("ben")), one.bearer("ida").split(".")[2]]
    ),
    "9,000 characters": lambda one: one.bearer("ida", more="x" * 9000),
    "brackets for a header": lambda one: f"{encoded(b'[' * 3000)}.{encoded(one.claims('ida'))}.AA",
}


@pytest.mark.parametrize("forgery", FORGERIES.values(), ids=FORGERIES.keys())
def test_forged_tokens_are_refused(issuer: Issuer, forgery: Callable[[Issuer], str]) -> None:
    assert problem(me(forgery(issuer))) == "token-invalid"


PRIVATE = [
    "127.0.0.1",
    "10.1.2.3",
    "172.16.0.1",
    "192.168.1.1",
    "169.254.169.254",
    "100.64.0.1",
    "0.0.0.0",  # noqa: S104 - called, not listened on
    "224.0.0.1",
    "255.255.255.255",
    "::1",
    "::",
    "fe80::1",
    "fd00:ec2::254",
    "ff02::1",
    "::ffff:10.0.0.1",
    "::ffff:169.254.169.254",
    "64:ff9b::a9fe:a9fe",
    "2002:7f00:1::",
    "2001:0:7f00:1::1",
    "2001:db8::1",
]


RESERVED = [
    "0.0.0.0/8",
    "10.0.0.0/8",
    "100.64.0.0/10",
    "127.0.0.0/8",
    "169.254.0.0/16",
    "172.16.0.0/12",
    "192.0.0.0/24",
    "192.0.0.0/29",
    "192.0.0.8/32",
    "192.0.0.9/32",
    "192.0.0.10/32",
    "192.0.0.170/32",
    "192.0.0.171/32",
    "192.0.2.0/24",
    "192.31.196.0/24",
    "192.52.193.0/24",
    "192.88.99.0/24",
    "192.168.0.0/16",
    "192.175.48.0/24",
    "198.18.0.0/15",
    "198.51.100.0/24",
    "203.0.113.0/24",
    "224.0.0.0/4",
    "240.0.0.0/4",
    "255.255.255.255/32",
    "::1/128",
    "::/128",
    "64:ff9b::/96",
    "64:ff9b:1::/48",
    "100::/64",
    "100:0:0:1::/64",
    "2001::/23",
    "2001::/32",
    "2001:1::1/128",
    "2001:1::2/128",
    "2001:1::3/128",
    "2001:2::/48",
    "2001:3::/32",
    "2001:4:112::/48",
    "2001:10::/28",
    "2001:20::/28",
    "2001:30::/28",
    "2001:db8::/32",
    "2002::/16",
    "2620:4f:8000::/48",
    "3fff::/20",
    "5f00::/16",
    "fc00::/7",
    "fe80::/10",
    "fec0::/10",
    "ff00::/8",
    "::/96",
    "::ffff:0:0:0/96",
]
"""The rows of IANA's registries of special-purpose addresses, multicast, and two deprecated forms of IPv4 in IPv6."""


@pytest.mark.parametrize("network", RESERVED)
def test_no_reserved_address_is_public_at_either_end_of_its_range(network: str) -> None:
    ends = ip_network(network)[0], ip_network(network)[-1]
    assert not any(map(hosts.is_public, ends))
    if isinstance(ends[0], IPv4Address):
        held = [IPv6Address((0xFFFF << 32) | int(end)) for end in ends]  # mapped
        held += [IPv6Address((0x64_FF9B << 96) | int(end)) for end in ends]  # NAT64
        held += [IPv6Address((0x2002 << 112) | (int(end) << 80)) for end in ends]  # 6to4
        held += [IPv6Address((0x2001_0000 << 96) | (~int(end) & 0xFFFF_FFFF)) for end in ends]  # Teredo
        assert not any(map(hosts.is_public, held))


def test_what_lies_beside_the_reserved_ranges_is_public() -> None:
    beside = (
        "1.0.0.0 9.255.255.255 11.0.0.0 100.63.255.255 100.128.0.0 172.32.0.0 192.0.1.0 192.89.0.0 198.20.0.0"
    )
    for address in f"{beside} 223.255.255.255 2001:200:: 2606:4700::1111 2a00:: 3ffe:ffff::".split():
        assert hosts.is_public(ip_address(address)), address


def answering(monkeypatch: pytest.MonkeyPatch, *addresses: str) -> None:
    """The name login.example leads to these addresses."""
    truth = socket.getaddrinfo

    def found(host: Any, port: Any, *args: Any, **named: Any) -> Any:
        if host != "login.example":
            return truth(host, port, *args, **named)
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port)) for address in addresses]

    monkeypatch.setattr(socket, "getaddrinfo", found)


@pytest.mark.parametrize("address", PRIVATE)
def test_production_calls_no_private_address(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    answering(monkeypatch, "93.184.215.14", address)
    with configured(environment="production"), pytest.raises(UnsafeAddress):
        hosts.locate("https://login.example/", seconds=5)


@pytest.mark.parametrize("address", ["93.184.215.14", "2606:4700::1111", "::ffff:5db8:d70e"])
def test_it_calls_public_ones_over_https_only(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    answering(monkeypatch, address)
    with configured(environment="production"):
        place = hosts.locate("https://login.example:8443/a?b=c", seconds=5)
        assert (place.addresses, place.host, place.port, place.target) == (
            (address,),
            "login.example",
            8443,
            "/a?b=c",
        )
        with pytest.raises(UnsafeAddress):
            hosts.locate("http://login.example/", seconds=5)


def test_the_address_that_was_looked_at_is_the_one_that_is_called(
    issuer: Issuer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A name that means something else a moment later leads nowhere else."""
    truth, asked = socket.getaddrinfo, []

    def rebinding(host: Any, *args: Any, **named: Any) -> Any:
        if host != "localhost":
            return truth(host, *args, **named)
        asked.append(host)
        return truth("127.0.0.1" if len(asked) % 2 else "127.0.0.9", *args, **named)

    monkeypatch.setattr(socket, "getaddrinfo", rebinding)
    place = hosts.locate(issuer.url.replace("127.0.0.1", "localhost") + JWKS, seconds=5)
    assert place.addresses == ("127.0.0.1",)
    assert fetching._converse(place, "GET", None, {}, time.monotonic() + 10)[0] == 200
    assert asked == ["localhost"]


def test_of_several_addresses_one_has_to_answer(issuer: Issuer, monkeypatch: pytest.MonkeyPatch) -> None:
    answering(monkeypatch, "127.0.0.9", "127.0.0.1")
    assert fetching.get(f"http://login.example:{issuer.server.server_port}{JWKS}") == issuer.jwks()


@contextmanager
def over_tls(issuer: Issuer, name: str, directory: Path) -> Iterator[Path]:
    """The issuer speaks TLS, with a certificate that it signed itself."""
    key = ec.generate_private_key(ec.SECP256R1())
    names = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder(names, names, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .sign(key, SHA256())
    )
    file = directory / "certificate.pem"
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    file.write_bytes(private + certificate.public_bytes(Encoding.PEM))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(file)
    issuer.server.socket = context.wrap_socket(issuer.server.socket, server_side=True)
    yield file


@pytest.mark.parametrize(
    ("name", "is_known", "works"),
    [("localhost", True, True), ("localhost", False, False), ("other.test", True, False)],
)
def test_the_certificate_is_that_of_the_name(
    name: str, is_known: Any, works: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fetching, "SECONDS", PATIENCE_SECONDS)
    issuer = Issuer()
    with over_tls(issuer, name, tmp_path) as certificate, serving(issuer):
        if is_known:
            context = ssl.create_default_context(cafile=certificate)
            monkeypatch.setattr(fetching, "_tls", lambda: context)
        url = f"https://localhost:{issuer.server.server_port}{JWKS}"
        if works:
            assert fetching.get(url) == issuer.jwks()
        else:
            with pytest.raises(ProviderAway):
                fetching.get(url)


def test_a_resolver_that_hangs_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    over = threading.Event()
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: over.wait(60))
    try:
        with pytest.raises(TimeoutError):
            hosts.locate("https://login.example/", seconds=0.1)
    finally:
        over.set()


def test_names_that_nobody_waits_for_any_more_are_not_looked_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """Or whoever comes after an outage of the resolver would wait behind them."""
    over, looked_up = threading.Event(), list[str]()

    def look_up(host: str, *_: object, **__: object) -> list[Any]:
        looked_up.append(host)
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("93.184.215.14", 443))]

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    with ThreadPoolExecutor(1) as resolver:
        monkeypatch.setattr(hosts, "_resolvers", lambda: resolver)
        resolver.submit(over.wait)
        try:
            for number in range(3):
                with pytest.raises(TimeoutError):
                    hosts.locate(f"https://{number}.example/", seconds=0.01)
        finally:
            over.set()
        assert hosts.locate("https://later.example/", seconds=60).addresses == ("93.184.215.14",)
    assert looked_up == ["later.example"]


def test_what_is_sent_and_said_is_not_logged(
    issuer: Issuer, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level("DEBUG")
    code = issuer.code("ida", aud="other")
    Caller().post("/auth/oidc", code)
    token = issuer.bearer("ida", email="ida@example.org")
    me(token)
    lines = caplog.text + capfd.readouterr().out
    for secret in (code["code"], code["code_verifier"], token, "ida@example.org"):
        assert secret not in lines


GOOD = {"issuer": "https://login.example", "client_id": "c"}
SETTINGS: dict[str, list[Any]] = {
    "twice the same": [GOOD, {**GOOD, "client_id": "d"}],
    "not over https": [{**GOOD, "issuer": "http://login.example"}],
    "no URL": [{**GOOD, "issuer": "login.example"}],
    "with a query": [{**GOOD, "issuer": "https://login.example/?x"}],
    "no client": [{"issuer": "https://login.example"}],
    "an empty client": [{**GOOD, "client_id": ""}],
    "an algorithm with a secret": [{**GOOD, "algorithms": ["HS256"]}],
    "no algorithm": [{**GOOD, "algorithms": []}],
    "a name that is none of its settings": [{**GOOD, "trusts_email": True}],
}


@pytest.mark.parametrize("issuers", SETTINGS.values(), ids=SETTINGS.keys())
def test_production_refuses_providers_that_are_set_up_wrong(issuers: list[Any]) -> None:
    secret = [{**one, "client_secret": "hush-hush"} for one in issuers]
    started = start(STRONG | {"OIDC_ISSUERS": orjson.dumps(secret).decode()})
    assert started.returncode == 78, started.stdout
    assert "OIDC_ISSUERS" in started.stderr
    assert "hush-hush" not in started.stderr


def test_and_takes_those_that_are_right() -> None:
    issuers = [{**GOOD, "client_secret": "hush-hush", "email_trusted": True, "scopes": ["a"]}]
    started = start(STRONG | {"OIDC_ISSUERS": orjson.dumps(issuers).decode()})
    assert started.returncode == 0, started.stderr
    assert "hush-hush" not in started.stdout
