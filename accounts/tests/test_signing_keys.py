"""Keys that sign: made by a command, rotated by `kid`, shown at /.well-known/jwks.json."""

import hmac
import io
import json
import logging
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from cryptography.hazmat.primitives.asymmetric.ed448 import Ed448PrivateKey
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.serialization import load_pem_public_key
from django.core.management import CommandError, call_command

from accounts import tokens
from accounts.tests.test_jwt_attacks import encoded
from echomate.config import config
from echomate.errors import Unauthenticated
from echomate.testing.client import Caller, FastClient, problem, sign_up
from echomate.testing.configuration import configured
from echomate.tests.test_config import STRONG, openssh, pems, start


def made(*arguments: str) -> dict[str, Any]:
    """What the command shows, as the settings would hold it."""
    out = io.StringIO()
    call_command("create_signing_key", "--json", *arguments, stdout=out)
    shown: dict[str, Any] = json.loads(out.getvalue())
    former = json.loads(shown.pop("JWT_FORMER_KEYS"))
    return {**{name.lower(): value for name, value in shown.items()}, "jwt_former_keys": former}


@contextmanager
def signing_with(settings: dict[str, Any]) -> Iterator[None]:
    """The processes run with these settings, and were started anew for it."""
    with configured(**settings):
        tokens.backend.cache_clear()
        tokens._verified_access.cache_clear()
        yield
    tokens.backend.cache_clear()
    tokens._verified_access.cache_clear()


@pytest.fixture(params=["EdDSA", "RS256"])
def key(request: pytest.FixtureRequest) -> Iterator[dict[str, Any]]:
    settings = made("--algorithm", request.param)
    with signing_with(settings):
        yield settings


def jwks() -> Any:
    return FastClient().get("/.well-known/jwks.json")


def test_tokens_name_the_key_and_pass(key: dict[str, Any]) -> None:
    person = sign_up()
    header = jwt.get_unverified_header(person.access)
    assert header == {"alg": key["jwt_algorithm"], "kid": key["jwt_key_id"], "typ": "JWT"}
    assert person.get("/users/me").status_code == 200


def test_the_refresh_token_of_a_jti_is_one_string(key: dict[str, Any]) -> None:
    at = int(time.time())
    first, second = (tokens.pair(7, "s", jti="j", at=at) for _ in range(2))
    assert first.refresh == second.refresh
    assert first.access != second.access


@pytest.mark.parametrize("successor", ["EdDSA", "RS256"])
def test_tokens_of_a_former_key_pass_until_they_end(key: dict[str, Any], successor: str) -> None:
    person = sign_up()
    with configured(access_token_seconds=1800), signing_with(made("--algorithm", successor)):
        assert person.get("/users/me").status_code == 200
        refreshed = Caller().post(
            "/auth/refresh-token", {"refresh": person.refresh, "token_delivery": "body"}
        )
        assert refreshed.status_code == 200
        kid = jwt.get_unverified_header(refreshed.json()["access"])["kid"]
        assert kid == config.jwt_key_id != key["jwt_key_id"]
        ended = jwt.encode(
            {**jwt.decode(person.access, options={"verify_signature": False}), "exp": int(time.time()) - 1},
            key["jwt_private_key"],
            algorithm=key["jwt_algorithm"],
            headers={"kid": key["jwt_key_id"]},
        )
        assert problem(person.use(ended).get("/users/me")) == "token-expired"


def test_after_the_overlap_the_former_key_is_unknown(key: dict[str, Any]) -> None:
    person = sign_up()
    with signing_with({**made(), "jwt_former_keys": {}}):
        assert problem(person.get("/users/me")) == "token-invalid"


def test_a_new_key_may_be_known_before_it_signs(key: dict[str, Any]) -> None:
    """So that processes that are started later than others accept what these sign."""
    successor = made()
    with signing_with(successor):
        person = sign_up()
    with signing_with({**key, "jwt_former_keys": {successor["jwt_key_id"]: successor["jwt_public_key"]}}):
        assert person.get("/users/me").status_code == 200


def test_a_public_key_is_never_a_secret(key: dict[str, Any]) -> None:
    """Not even where somebody goes back to HS256 and leaves the former keys as they are."""
    former = {key["jwt_key_id"]: key["jwt_public_key"]}
    claims = {"sub": "7", "sid": "s", "jti": "j", "token_type": "access", "exp": int(time.time()) + 1000}
    with signing_with({"jwt_algorithm": "HS256", "jwt_former_keys": former}):
        for secret in (key["jwt_public_key"], key["jwt_public_key"].strip()):
            with pytest.raises(Unauthenticated):
                tokens.read_access(hmac_signed(claims, secret.encode(), kid=key["jwt_key_id"]))


def hmac_signed(claims: dict[str, Any], secret: bytes, *, kid: str) -> str:
    message = f"{encoded({'alg': 'HS256', 'kid': kid, 'typ': 'JWT'})}.{encoded(claims)}"
    return f"{message}.{encoded(hmac.digest(secret, message.encode(), 'sha256'))}"


def test_the_public_keys_are_shown(key: dict[str, Any]) -> None:
    successor = made()
    with signing_with(successor):
        answer = jwks()
    assert answer.status_code == 200
    assert answer.headers["Cache-Control"] == "public, max-age=300"
    shown = {one["kid"]: one for one in answer.json()["keys"]}
    assert list(shown) == [successor["jwt_key_id"], key["jwt_key_id"]]
    for settings in (successor, key):
        entry = shown[settings["jwt_key_id"]]
        assert (entry["use"], entry["alg"]) == ("sig", settings["jwt_algorithm"])
        assert jwt.PyJWK(entry).key == load_pem_public_key(settings["jwt_public_key"].encode())
        assert not {"d", "p", "q", "dp", "dq", "qi", "k"} & set(entry)


def test_a_client_verifies_our_tokens_with_them(key: dict[str, Any]) -> None:
    person = sign_up()
    (entry,) = jwks().json()["keys"]
    claims = jwt.decode(person.access, jwt.PyJWK(entry), algorithms=[key["jwt_algorithm"]])
    assert claims["sub"] == str(person.id)


def test_a_secret_is_shown_to_nobody() -> None:
    assert config.jwt_algorithm == "HS256"
    assert jwks().json() == {"keys": []}


def test_the_command_makes_strong_keys_under_names_of_their_own() -> None:
    first, second = made("--algorithm", "RS256"), made("--algorithm", "RS256")
    public = load_pem_public_key(first["jwt_public_key"].encode())
    assert isinstance(public, RSAPublicKey)
    assert public.key_size >= 3072
    assert first["jwt_key_id"] != second["jwt_key_id"]


@pytest.mark.parametrize("bits", ["2048", "0", "99999", "3073"])
def test_the_command_refuses_weak_keys(bits: str) -> None:
    with pytest.raises(CommandError) as refusal:
        call_command("create_signing_key", "--algorithm", "RS256", "--bits", bits)
    assert refusal.value.returncode == 2


def test_the_command_logs_nothing(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        made()
    assert not caplog.records


def test_its_lines_are_settings_that_production_starts_with() -> None:
    """As a shell reads them."""
    command = [sys.executable, "manage.py", "create_signing_key"]
    lines = subprocess.run(command, cwd=config.source_dir, capture_output=True, text=True, check=True).stdout
    script = (
        f"set -a\n{lines}\nexec {sys.executable} -c 'import json, os; print(json.dumps(dict(os.environ)))'"
    )
    read = subprocess.run(["/bin/sh", "-c", script], env={}, capture_output=True, text=True, check=True)
    settings = {name: value for name, value in json.loads(read.stdout).items() if name.startswith("JWT_")}
    assert settings["JWT_ALGORITHM"] == "EdDSA"
    started = start(STRONG | settings)
    assert started.returncode == 0, started.stderr


def test_production_refuses_former_keys_that_are_none() -> None:
    started = start(STRONG | {"JWT_FORMER_KEYS": '{"old": "a secret of HS256"}'})
    assert started.returncode == 78
    assert "JWT_FORMER_KEYS" in started.stderr
    assert "a secret" not in started.stderr


@pytest.mark.parametrize("kind", ["Ed448", "P-256", "OpenSSH", "private"])
def test_a_key_that_cannot_verify_is_never_taken_for_a_secret(kind: str) -> None:
    """Else whoever reads the public key could sign."""
    key = Ed25519PrivateKey.generate()
    text = {
        "Ed448": pems(Ed448PrivateKey.generate())[1],
        "P-256": pems(generate_private_key(SECP256R1()))[1],
        "OpenSSH": openssh(key.public_key()),
        "private": pems(key)[0],
    }[kind]
    with pytest.raises(ValueError, match="Ed25519 or RSA"):
        tokens.KeyedBackend("EdDSA", key_id="1", signing_key=pems(key)[0], verifying_keys={"1": text})
