"""What passes for a token, and what doesn't: one line an attack."""

import base64
import hmac
import json
import time
from collections.abc import Callable
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ed25519, rsa

from accounts import tokens
from accounts.tokens import KeyedBackend
from echomate.config import config
from echomate.errors import Unauthenticated
from echomate.testing.client import Caller, Person, problem, sign_up

SECRET = config.jwt_secret
KID = config.jwt_key_id


def claims_of(person: Person, **changes: Any) -> dict[str, Any]:
    claims = jwt.decode(person.access, options={"verify_signature": False}) | changes
    return {name: value for name, value in claims.items() if value is not ...}


def signed(claims: dict[str, Any], *, key: Any = SECRET, algorithm: str = "HS256", **headers: Any) -> str:
    return jwt.encode(claims, key, algorithm=algorithm, headers={"kid": KID, **headers})


def encoded(part: Any) -> str:
    return base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=").decode()


def unsigned(person: Person, algorithm: str) -> str:
    return f"{encoded({'alg': algorithm, 'kid': KID, 'typ': 'JWT'})}.{encoded(claims_of(person))}."


def swapped(token: str, **changes: Any) -> str:
    """Other claims under the same signature."""
    header, payload, signature = token.split(".")
    claims = json.loads(base64.urlsafe_b64decode(payload + "=="))
    return f"{header}.{encoded(claims | changes)}.{signature}"


def hmac_signed(claims: dict[str, Any], secret: bytes, *, algorithm: str = "HS256", kid: str = KID) -> str:
    """With secrets and lengths that PyJWT itself refuses to sign with."""
    body = f"{encoded({'alg': algorithm, 'kid': kid, 'typ': 'JWT'})}.{encoded(claims)}"
    signature = hmac.new(secret, body.encode(), f"sha{algorithm[2:]}").digest()
    return f"{body}.{base64.urlsafe_b64encode(signature).rstrip(b'=').decode()}"


NOW = int(time.time())
Attack = Callable[[Person], str]

ATTACKS: dict[str, Attack] = {
    "no algorithm": lambda p: unsigned(p, "none"),
    "no algorithm, in capitals": lambda p: unsigned(p, "NONE"),
    "no algorithm, another signature kept": lambda p: unsigned(p, "none") + p.access.rpartition(".")[2],
    "no signature": lambda p: p.access.rpartition(".")[0] + ".",
    "an empty signature part left out": lambda p: p.access.rpartition(".")[0],
    "another secret": lambda p: signed(claims_of(p), key="another secret that is long enough, too"),
    "an empty secret": lambda p: hmac_signed(claims_of(p), b""),
    "HS512 with our secret": lambda p: hmac_signed(claims_of(p), SECRET.encode(), algorithm="HS512"),
    "HS384 with our secret": lambda p: hmac_signed(claims_of(p), SECRET.encode(), algorithm="HS384"),
    "RS256 with a key of one's own": lambda p: signed(
        claims_of(p), key=rsa.generate_private_key(65537, 2048), algorithm="RS256"
    ),
    "EdDSA with a key of one's own": lambda p: signed(
        claims_of(p), key=ed25519.Ed25519PrivateKey.generate(), algorithm="EdDSA"
    ),
    "another user": lambda p: swapped(p.access, sub="1"),
    "a longer life": lambda p: swapped(p.access, exp=NOW + 10**8),
    "another session": lambda p: swapped(p.access, sid="f" * 24),
    "no kid": lambda p: jwt.encode(claims_of(p), SECRET, algorithm="HS256"),
    "an unknown kid": lambda p: signed(claims_of(p), kid="2"),
    "a kid that is a path": lambda p: hmac_signed(claims_of(p), b"", kid="../../dev/null"),
    "a kid that is a query": lambda p: signed(claims_of(p), kid="1' OR '1'='1"),
    "a kid that is no string": lambda p: (
        f"{encoded({'alg': 'HS256', 'kid': 1})}.{'.'.join(p.access.split('.')[1:])}"
    ),
    "a key in the header": lambda p: signed(
        claims_of(p),
        key="a key of the attacker's own, long enough",
        jwk={"kty": "oct", "k": encoded("a key of the attacker's own, long enough")},
    ),
    "a key set elsewhere": lambda p: signed(
        claims_of(p), key="a key of the attacker's own, long enough", jku="http://127.0.0.1:1/jwks.json"
    ),
    "a critical header": lambda p: signed(claims_of(p), crit=["exp", "b64"], b64=False),
    "a refresh token": lambda p: p.refresh,
    "no type": lambda p: signed(claims_of(p, token_type=...)),
    "another type": lambda p: signed(claims_of(p, token_type="sliding")),
    "no subject": lambda p: signed(claims_of(p, sub=...)),
    "a subject that is no id": lambda p: signed(claims_of(p, sub="ann")),
    "a subject beyond all ids": lambda p: signed(claims_of(p, sub="9" * 30)),
    "a negative subject": lambda p: signed(claims_of(p, sub="-1")),
    "no session": lambda p: signed(claims_of(p, sid=...)),
    "a session that is no text": lambda p: signed(claims_of(p, sid=["x"])),
    "an empty session": lambda p: signed(claims_of(p, sid="")),
    "no jti": lambda p: signed(claims_of(p, jti=...)),
    "no end": lambda p: signed(claims_of(p, exp=...)),
    "an end that is no number": lambda p: signed(claims_of(p, exp="never")),
    "issued tomorrow": lambda p: signed(claims_of(p, iat=NOW + 86_400)),
    "good from tomorrow": lambda p: signed(claims_of(p, nbf=NOW + 86_400)),
    "not a token": lambda _: "abc",
    "dots": lambda _: "..",
    "four parts": lambda p: p.access + ".e30",
    "a header that is no object": lambda p: f"{encoded([])}.{p.access.partition('.')[2]}",
    "a payload that is no object": lambda _: signed_list(),
    "broken base64": lambda p: p.access[:-3] + "!!!",
    "characters that base64 skips": lambda p: p.access[:20] + "*" + p.access[20:],
    "whitespace within": lambda p: p.access.replace(".", " .", 1),
    "10,000 characters": lambda _: "a" * 10_000,
    "no characters": lambda _: "",
    "not ASCII": lambda p: p.access + "é",
}


def signed_list() -> str:
    return jwt.PyJWS().encode(b"[]", SECRET, algorithm="HS256", headers={"kid": KID})


@pytest.fixture(scope="module")
def victim(_empty_tables: None) -> Person:
    return sign_up("victim")


@pytest.mark.parametrize("attack", ATTACKS.values(), ids=ATTACKS.keys())
def test_what_is_no_token_of_ours_is_refused(victim: Person, attack: Attack) -> None:
    response = Caller().get("/users/me", headers={"Authorization": f"Bearer {attack(victim)}"})
    assert (response.status_code, problem(response)) == (401, "token-invalid")
    assert 'error="invalid_token"' in response.headers["WWW-Authenticate"]


@pytest.mark.parametrize("attack", ATTACKS.values(), ids=ATTACKS.keys())
def test_and_no_refresh_token_either(victim: Person, attack: Attack) -> None:
    forged = attack(victim) if attack(victim) != victim.refresh else victim.access
    response = Caller().post("/auth/refresh-token", {"refresh": forged})
    expected = {(401, "token-invalid"), (400, "invalid"), (401, "not-authenticated")}
    assert (response.status_code, problem(response)) in expected


def test_the_victim_is_none_the_worse(victim: Person) -> None:
    assert victim.get("/users/me").status_code == 200


def test_an_expired_token_says_so(victim: Person) -> None:
    old = signed(claims_of(victim, exp=NOW - 1))
    response = Caller().get("/users/me", headers={"Authorization": f"Bearer {old}"})
    assert (response.status_code, problem(response)) == (401, "token-expired")


def test_a_token_expires_although_its_signature_is_remembered(victim: Person) -> None:
    token = signed(claims_of(victim, exp=int(time.time()) + 2))
    caller = Caller()
    caller.headers["Authorization"] = f"Bearer {token}"
    assert caller.get("/users/me").status_code == 200
    time.sleep(2.1)
    assert problem(caller.get("/users/me")) == "token-expired"


def test_a_bad_token_is_refused_where_none_is_needed(victim: Person) -> None:
    response = Caller().get(f"/users/{victim.id}", headers={"Authorization": "Bearer nonsense"})
    assert problem(response) == "token-invalid"


@pytest.mark.parametrize("header", ["", "Basic YW5uOmFubg==", "Bearerx", "Token x"])
def test_another_scheme_is_an_anonymous_call(header: str) -> None:
    response = Caller().get("/users/me", headers={"Authorization": header})
    assert (response.status_code, problem(response)) == (401, "not-authenticated")


def test_the_scheme_may_be_written_in_any_case(victim: Person) -> None:
    header = {"Authorization": f"bEARER  {victim.access}"}
    assert Caller().get("/users/me", headers=header).status_code == 200


def pem(key: Any) -> tuple[str, str]:
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    public = key.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    return private.decode(), public.decode()


@pytest.fixture(params=["EdDSA", "RS256"])
def asymmetric(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> KeyedBackend:
    """Tokens are signed as in production, with one former key that still verifies."""
    make: Callable[[], Any] = {
        "EdDSA": ed25519.Ed25519PrivateKey.generate,
        "RS256": lambda: rsa.generate_private_key(65537, 2048),
    }[request.param]
    (private, public), (_, former) = pem(make()), pem(make())
    backend = KeyedBackend(
        request.param,
        key_id="new",
        signing_key=private,
        verifying_keys={"new": public, "old": former},
    )
    monkeypatch.setattr(tokens, "backend", lambda: backend)
    return backend


def test_production_keys_sign_and_verify(asymmetric: KeyedBackend) -> None:
    pair = tokens.pair(7, "s", jti="j", at=int(time.time()))
    assert jwt.get_unverified_header(pair.access) == {"alg": asymmetric.algorithm, "kid": "new", "typ": "JWT"}
    assert tokens.read_access(pair.access)[:2] == (7, "s")
    assert tokens.read_refresh(pair.refresh)[:3] == (7, "s", "j")


def test_a_public_key_is_no_secret(asymmetric: KeyedBackend) -> None:
    """Key confusion: HS256 with what everybody may know."""
    claims = {"sub": "7", "sid": "s", "jti": "j", "token_type": "access", "exp": NOW + 1000}
    public = asymmetric.verifiers["new"].prepared_verifying_key.public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    for secret in (public, public.strip(), b""):
        with pytest.raises(Unauthenticated):
            tokens.read_access(hmac_signed(claims, secret, kid="new"))


def test_the_refresh_token_of_a_jti_is_one_string(asymmetric: KeyedBackend) -> None:
    first, second = (tokens.pair(7, "s", jti="j", at=NOW) for _ in range(2))
    assert first.refresh == second.refresh
    assert first.access != second.access
