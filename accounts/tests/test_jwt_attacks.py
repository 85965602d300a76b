"""Forged, bent and borrowed tokens: one line an attack, tried as access and as refresh token, under each algorithm."""

import base64
import hmac
import json
import time
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)

from accounts import tokens
from accounts.tokens import KeyedBackend
from echomate.config import config
from echomate.testing.client import Caller, problem, sign_up

NOW = int(time.time())
DAY = 86_400
KID = "present"
THEIRS = "a secret of the attacker's own, which is long enough"


def encoded(part: Any) -> str:
    text = part if isinstance(part, bytes) else json.dumps(part).encode()
    return base64.urlsafe_b64encode(text).rstrip(b"=").decode()


def decoded(part: str) -> Any:
    return json.loads(base64.urlsafe_b64decode(part + "=="))


def signature(algorithm: str, key: Any, message: str) -> bytes:
    """Also with secrets that libraries refuse to sign with."""
    if algorithm.startswith("HS"):
        return hmac.new(key, message.encode(), f"sha{algorithm[2:]}").digest()
    return bytes(jwt.get_algorithm_by_name(algorithm).sign(message.encode(), key))


@dataclass(frozen=True)
class Good:
    """A token that is accepted, and all that an attacker, or one of our own mistakes, may make of it."""

    algorithm: str
    token: str
    other_kind: str
    key: Any
    """What signs: a private key, or the bytes of the secret."""
    public: bytes
    """The public key in PEM, which everybody may have; empty with a secret."""

    @property
    def parts(self) -> list[str]:
        return self.token.split(".")

    def claims(self, **changes: Any) -> dict[str, Any]:
        """The token's, changed; `...` takes one out."""
        return {
            name: value for name, value in {**decoded(self.parts[1]), **changes}.items() if value is not ...
        }

    def header(self, **changes: Any) -> dict[str, Any]:
        whole = {**decoded(self.parts[0]), **changes}
        return {name: value for name, value in whole.items() if value is not ...}

    def unsigned(self, **header: Any) -> str:
        return f"{encoded(self.header(**header))}.{self.parts[1]}."

    def with_signature(self, signature: bytes) -> str:
        return f"{self.parts[0]}.{self.parts[1]}.{encoded(signature)}"

    def swapped(self, **claims: Any) -> str:
        """Other claims under the same signature."""
        return f"{self.parts[0]}.{encoded(self.claims(**claims))}.{self.parts[2]}"

    def headed(self, **header: Any) -> str:
        """Another header over the same signature."""
        return f"{encoded(self.header(**header))}.{self.parts[1]}.{self.parts[2]}"

    def forged(self, algorithm: str, key: Any, **header: Any) -> str:
        """The claims, signed in another way."""
        message = f"{encoded(self.header(alg=algorithm, **header))}.{self.parts[1]}"
        return f"{message}.{encoded(signature(algorithm, key, message))}"

    def saying(self, **claims: Any) -> str:
        """Other claims, signed as ours are: what our own mistakes, or a key used for other things, would make."""
        return self.signed_bytes(json.dumps(self.claims(**claims)).encode())

    def signed_bytes(self, payload: bytes, **header: Any) -> str:
        message = f"{encoded(self.header(**header))}.{encoded(payload)}"
        return f"{message}.{encoded(signature(self.algorithm, self.key, message))}"


def new_key(algorithm: str) -> Any:
    makers: dict[str, Callable[[], Any]] = {
        "RS256": lambda: rsa.generate_private_key(65537, 2048),
        "PS256": lambda: rsa.generate_private_key(65537, 2048),
        "ES256": lambda: ec.generate_private_key(ec.SECP256R1()),
        "EdDSA": ed25519.Ed25519PrivateKey.generate,
    }
    return makers[algorithm]()


their_key = cache(new_key)


def jwk(algorithm: str) -> Any:
    return jwt.get_algorithm_by_name(algorithm).to_jwk(their_key(algorithm).public_key(), as_dict=True)


SIZES = {"EdDSA": 64, "RS256": 256, "HS256": 32}
TWICE = b'{"alg": "%b", "alg": "none", "kid": "present"}'
ELSEWHERE = "http://127.0.0.1:1/jwks.json"

ATTACKS: dict[str, Callable[[Good], str]] = {
    # no signature
    "alg none": lambda g: g.unsigned(alg="none"),
    "alg None": lambda g: g.unsigned(alg="None"),
    "alg NONE": lambda g: g.unsigned(alg="NONE"),
    "alg nOnE": lambda g: g.unsigned(alg="nOnE"),
    "alg none, the signature kept": lambda g: g.headed(alg="none"),
    "alg none, any signature": lambda g: g.unsigned(alg="none") + "AAAA",
    "alg empty": lambda g: g.unsigned(alg=""),
    "alg null": lambda g: g.unsigned(alg=None),
    "alg left out": lambda g: g.unsigned(alg=...),
    "alg a list": lambda g: g.headed(alg=["none", g.algorithm]),
    "alg with a gap": lambda g: g.headed(alg=g.algorithm + " "),
    "alg in another case": lambda g: g.headed(alg=g.algorithm.swapcase()),
    "alg said twice": lambda g: f"{encoded(TWICE % g.algorithm.encode())}.{g.parts[1]}.{g.parts[2]}",
    "the signature left empty": lambda g: f"{g.parts[0]}.{g.parts[1]}.",
    "the signature left out": lambda g: f"{g.parts[0]}.{g.parts[1]}",
    "a signature of zeros": lambda g: g.with_signature(bytes(SIZES[g.algorithm])),
    "a signature of ones": lambda g: g.with_signature(b"\xff" * SIZES[g.algorithm]),
    "a signature cut short": lambda g: f"{g.parts[0]}.{g.parts[1]}.{g.parts[2][: len(g.parts[2]) // 8 * 4]}",
    "a signature with more behind": lambda g: g.token + "AAAA",
    "ECDSA with r and s of zero": lambda g: g.unsigned(alg="ES256") + encoded(bytes(64)),
    # another key, another algorithm
    "another secret": lambda g: g.forged("HS256", THEIRS.encode()),
    "an empty secret": lambda g: g.forged("HS256", b""),
    "key confusion: HS256 with the public key": lambda g: g.forged("HS256", g.public),
    "key confusion: the public key stripped": lambda g: g.forged("HS256", g.public.strip()),
    "key confusion: HS512 with the public key": lambda g: g.forged("HS512", g.public),
    "key confusion: HS256 with the kid": lambda g: g.forged("HS256", KID.encode()),
    "HS384 with what signs": lambda g: g.forged("HS384", g.key if isinstance(g.key, bytes) else g.public),
    "HS512 with what signs": lambda g: g.forged("HS512", g.key if isinstance(g.key, bytes) else g.public),
    "EdDSA with their key": lambda g: g.forged("EdDSA", their_key("EdDSA")),
    "RS256 with their key": lambda g: g.forged("RS256", their_key("RS256")),
    "PS256 with their key": lambda g: g.forged("PS256", their_key("PS256")),
    "ES256 with their key": lambda g: g.forged("ES256", their_key("ES256")),
    # where the key is
    "kid left out": lambda g: g.headed(kid=...),
    "kid of nobody": lambda g: g.headed(kid="nobody"),
    "kid empty": lambda g: g.headed(kid=""),
    "kid a path": lambda g: g.forged("HS256", b"", kid="../../../../dev/null"),
    "kid a path with NUL": lambda g: g.forged("HS256", b"", kid="/dev/null\0.pem"),
    "kid SQL": lambda g: g.forged("HS256", b"1", kid="x' UNION SELECT '1"),
    "kid a command": lambda g: g.forged("HS256", b"", kid="present|id"),
    "kid a URL": lambda g: g.forged("HS256", THEIRS.encode(), kid=ELSEWHERE),
    "kid a number": lambda g: g.headed(kid=1),
    "kid a list": lambda g: g.headed(kid=[KID]),
    "kid an object": lambda g: g.headed(kid={KID: 1}),
    "kid null": lambda g: g.headed(kid=None),
    "kid in another case": lambda g: g.headed(kid=KID.upper()),
    "kid very long": lambda g: g.headed(kid="k" * 1500),
    "jwk: the key itself, EdDSA": lambda g: g.forged("EdDSA", their_key("EdDSA"), jwk=jwk("EdDSA")),
    "jwk: the key itself, RS256": lambda g: g.forged("RS256", their_key("RS256"), jwk=jwk("RS256"), kid=...),
    "jwk: a secret": lambda g: g.forged("HS256", THEIRS.encode(), jwk={"kty": "oct", "k": encoded(THEIRS)}),
    "jku: keys elsewhere": lambda g: g.forged("EdDSA", their_key("EdDSA"), jku=ELSEWHERE, kid="theirs"),
    "jku: keys in a file": lambda g: g.forged("EdDSA", their_key("EdDSA"), jku="file:///etc/passwd"),
    "x5u: a certificate elsewhere": lambda g: g.forged("RS256", their_key("RS256"), x5u=ELSEWHERE),
    "x5c: a certificate of their own": lambda g: g.forged("RS256", their_key("RS256"), x5c=["MIIB"]),
    # other claims under a good signature
    "another user": lambda g: g.swapped(sub="1"),
    "another session": lambda g: g.swapped(sid="f" * 24),
    "another jti": lambda g: g.swapped(jti="f" * 32),
    "a longer life": lambda g: g.swapped(exp=NOW + 1000 * DAY),
    "the claims of an administrator": lambda g: g.swapped(roles=["admin"]),
    "the same claims in other words": lambda g: g.swapped(),
    "another type in the header": lambda g: g.headed(typ="at+jwt"),
    "claims squeezed (zip)": lambda g: (
        f"{encoded(g.header(zip='DEF'))}.{encoded(zlib.compress(json.dumps(g.claims()).encode()))}.{g.parts[2]}"
    ),
    "claims not encoded (b64)": lambda g: f"{encoded(g.header(b64=False, crit=['b64']))}..{g.parts[2]}",
    "a critical header of nobody's": lambda g: g.signed_bytes(
        json.dumps(g.claims()).encode(), crit=["x"], x=1
    ),
    "an empty critical header": lambda g: g.signed_bytes(json.dumps(g.claims()).encode(), crit=[]),
    # claims that ours never are, signed as ours are
    "of the other kind": lambda g: g.other_kind,
    "no kind": lambda g: g.saying(token_type=...),
    "a kind of nobody's": lambda g: g.saying(token_type="sliding"),
    "two kinds": lambda g: g.saying(token_type=["access", "refresh"]),
    "no subject": lambda g: g.saying(sub=...),
    "an empty subject": lambda g: g.saying(sub=""),
    "a subject that is null": lambda g: g.saying(sub=None),
    "a subject that is a name": lambda g: g.saying(sub="ann"),
    "a subject below all ids": lambda g: g.saying(sub="-1"),
    "a subject of zero": lambda g: g.saying(sub="0"),
    "a subject beyond all ids": lambda g: g.saying(sub="9" * 30),
    "a subject with a sort key": lambda g: g.saying(sub="1#PROFILE"),
    "a subject in other digits": lambda g: g.saying(sub="١٢٣"),
    "two subjects": lambda g: g.saying(sub=["1", "2"]),
    "no session": lambda g: g.saying(sid=...),
    "an empty session": lambda g: g.saying(sid=""),
    "two sessions": lambda g: g.saying(sid=["x", "y"]),
    "a session that is a number": lambda g: g.saying(sid=1),
    "no jti": lambda g: g.saying(jti=...),
    "a jti that is a number": lambda g: g.saying(jti=1),
    "no end": lambda g: g.saying(exp=...),
    "an end that is no time": lambda g: g.saying(exp="never"),
    "an end that is null": lambda g: g.saying(exp=None),
    "issued tomorrow": lambda g: g.saying(iat=NOW + DAY),
    "issued at no time": lambda g: g.saying(iat="yesterday"),
    "good from tomorrow": lambda g: g.saying(nbf=NOW + DAY),
    "good from no time": lambda g: g.saying(nbf="now"),
    "claims that are a list": lambda g: g.signed_bytes(b"[]"),
    "claims that are a text": lambda g: g.signed_bytes(b'"claims"'),
    "claims that are a number": lambda g: g.signed_bytes(b"1"),
    "claims that are no JSON": lambda g: g.signed_bytes(b"{sub: 1}"),
    "claims that are no UTF-8": lambda g: g.signed_bytes(b'{"sub": "\xff"}'),
    "no claims": lambda g: g.signed_bytes(b"{}"),
    # another issuer's
    "of an OpenID provider": lambda g: g.forged("RS256", their_key("RS256"), kid="theirs"),
    "an ID token": lambda g: g.saying(token_type=..., iss="https://id.example", aud="client", nonce="n"),
    # not quite a token
    "a word": lambda _: "abc",
    "nothing": lambda _: "",
    "two dots": lambda _: "..",
    "an empty header": lambda g: f".{g.parts[1]}.{g.parts[2]}",
    "empty claims": lambda g: f"{g.parts[0]}..{g.parts[2]}",
    "a fourth part": lambda g: g.token + ".e30",
    "five parts, as if encrypted": lambda g: g.token + ".e30.e30",
    "a header that is a list": lambda g: f"{encoded([])}.{g.parts[1]}.{g.parts[2]}",
    "a header that is no JSON": lambda g: f"{encoded(b'{')}.{g.parts[1]}.{g.parts[2]}",
    "a header of many levels": lambda g: f"{encoded(b'[' * 1000)}.{g.parts[1]}.{g.parts[2]}",
    "padding": lambda g: g.token + "=",
    "padding within": lambda g: f"{g.parts[0]}==.{g.parts[1]}.{g.parts[2]}",
    "base64 of another alphabet": lambda g: f"{g.parts[0]}.{g.parts[1]}.+/{g.parts[2][2:]}",
    "characters that base64 skips": lambda g: g.token[:20] + "*" + g.token[20:],
    "a gap within": lambda g: g.token.replace(".", " .", 1),
    "a newline within": lambda g: g.token.replace(".", "\n.", 1),
    "NUL behind": lambda g: g.token + "\0",
    "a letter beyond ASCII": lambda g: g.token + "é",
    "digits beyond ASCII": lambda g: g.token[:-1] + "٣",
    "two tokens": lambda g: f"{g.token},{g.token}",
    "10,000 characters": lambda g: g.token + "A" * 10_000,
    "claims of 10,000 characters": lambda g: g.saying(more="x" * 10_000),
}
TOO_LATE: dict[str, Callable[[Good], str]] = {
    "ended a second ago": lambda g: g.saying(exp=NOW - 1),
    "ended a year ago": lambda g: g.saying(exp=NOW - 365 * DAY),
    "ended before it was issued": lambda g: g.saying(exp=NOW - DAY, iat=NOW - 10),
    "ended at the beginning of time": lambda g: g.saying(exp=0),
}


def backend_of(algorithm: str) -> tuple[KeyedBackend, Any, bytes]:
    """How tokens are signed, what signs, and the public key in PEM."""
    if algorithm == "HS256":
        secret = config.jwt_secret
        return _backend(algorithm, secret, secret), secret.encode(), b""
    key = new_key(algorithm)
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    public = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    return _backend(algorithm, private.decode(), public.decode()), key, public


def _backend(algorithm: str, signing: str, verifying: str) -> KeyedBackend:
    return KeyedBackend(algorithm, key_id=KID, signing_key=signing, verifying_keys={KID: verifying})


@pytest.fixture(scope="module", params=["HS256", "EdDSA", "RS256"])
def victim(request: pytest.FixtureRequest, _empty_tables: None) -> Any:
    """Somebody with tokens of each kind, signed with the algorithm."""
    backend, key, public = backend_of(request.param)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(tokens, "backend", lambda: backend)
        person = sign_up("victim")
        yield {
            "access": Good(request.param, person.access, person.refresh, key, public),
            "refresh": Good(request.param, person.refresh, person.access, key, public),
        }
        assert person.get("/users/me").status_code == 200
        assert shown("refresh", person.refresh).status_code == 200


def shown(kind: str, token: str) -> Any:
    """The answer to who shows a token of a kind."""
    if kind == "access":
        return Caller().get("/users/me", headers={"Authorization": f"Bearer {token}"})
    return Caller().post("/auth/refresh-token", {"refresh": token, "token_delivery": "body"})


REFUSALS = {
    "access": {(401, "token-invalid")},
    "refresh": {
        (401, "token-invalid"),
        (400, "invalid"),
    },  # what is blank or too long is no text for the field
}


@pytest.mark.parametrize("kind", ["access", "refresh"])
@pytest.mark.parametrize("attack", ATTACKS.values(), ids=ATTACKS.keys())
def test_what_is_no_token_of_ours_is_refused(victim: dict[str, Good], attack: Any, kind: str) -> None:
    response = shown(kind, attack(victim[kind]))
    assert (response.status_code, problem(response)) in REFUSALS[kind]
    if response.status_code == 401:
        assert 'error="invalid_token"' in response.headers["WWW-Authenticate"]


@pytest.mark.parametrize("kind", ["access", "refresh"])
@pytest.mark.parametrize("attack", TOO_LATE.values(), ids=TOO_LATE.keys())
def test_what_is_over_says_so(victim: dict[str, Good], attack: Any, kind: str) -> None:
    response = shown(kind, attack(victim[kind]))
    assert (response.status_code, problem(response)) == (401, "token-expired")


@pytest.mark.parametrize("kind", ["access", "refresh"])
def test_and_the_good_one_is_good(victim: dict[str, Good], kind: str) -> None:
    claims = decoded(victim[kind].parts[1])
    assert claims["token_type"] == kind
    if kind == "access":
        assert shown(kind, victim[kind].token).status_code == 200
