"""An authenticator and its browser in software: real keys, real CBOR, and all that can be wrong with them."""

import hashlib
import secrets
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import cbor2
import orjson
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.hashes import SHA256

ORIGIN = "http://localhost:5173"
RP_ID = "localhost"
UP, UV, BE, BS, AT = 0x01, 0x04, 0x08, 0x10, 0x40
PrivateKey = ed25519.Ed25519PrivateKey | ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey

KEYS: dict[str, Any] = {
    "EdDSA": ed25519.Ed25519PrivateKey.generate,
    "ES256": lambda: ec.generate_private_key(ec.SECP256R1()),
    "RS256": lambda: rsa.generate_private_key(public_exponent=65537, key_size=2048),
}


def encoded(data: bytes) -> str:
    return urlsafe_b64encode(data).decode().rstrip("=")


def decoded(text: str) -> bytes:
    return urlsafe_b64decode(text + "===")


def _number(value: int) -> bytes:
    return value.to_bytes((value.bit_length() + 7) // 8)


def cose(key: PrivateKey) -> dict[int, Any]:
    """The public key in the form of COSE."""
    match key:
        case ed25519.Ed25519PrivateKey():
            return {1: 1, 3: -8, -1: 6, -2: key.public_key().public_bytes_raw()}
        case ec.EllipticCurvePrivateKey():
            point = key.public_key().public_numbers()
            return {1: 2, 3: -7, -1: 1, -2: point.x.to_bytes(32), -3: point.y.to_bytes(32)}
        case _:
            numbers = key.public_key().public_numbers()
            return {1: 3, 3: -257, -1: _number(numbers.n), -2: _number(numbers.e)}


def _signature(key: PrivateKey, data: bytes) -> bytes:
    match key:
        case ed25519.Ed25519PrivateKey():
            return key.sign(data)
        case ec.EllipticCurvePrivateKey():
            return key.sign(data, ec.ECDSA(SHA256()))
        case _:
            return key.sign(data, padding.PKCS1v15(), SHA256())


@dataclass(kw_only=True)
class Authenticator:
    """One passkey. What it does otherwise than it should is said by attributes, or by arguments of one ceremony."""

    key: PrivateKey = field(default_factory=ed25519.Ed25519PrivateKey.generate)
    credential_id: bytes = field(default_factory=lambda: secrets.token_bytes(32))
    count: int = 0
    counts: bool = True
    flags: int = UP | UV
    origin: str = ORIGIN
    rp_id: str = RP_ID
    handle: bytes | None = None

    def create(self, options: Mapping[str, Any], **wrong: Any) -> dict[str, Any]:
        """What `navigator.credentials.create` gives. `wrong`: `key`, `fmt`, `statement`, or client data."""
        self.handle = decoded(options["user"]["id"])
        key = wrong.pop("key", cose(self.key))
        length = len(self.credential_id).to_bytes(2)
        attested = bytes(16) + length + self.credential_id + cbor2.dumps(key)
        about = {"fmt": wrong.pop("fmt", "none"), "attStmt": wrong.pop("statement", {})}
        client_data = self._client_data("webauthn.create", options, wrong)
        return self._made(about, self._data(AT) + attested, client_data)

    def attest(self, options: Mapping[str, Any]) -> dict[str, Any]:
        """The same with an attestation that the passkey signs itself."""
        made = self.create(options)["response"]
        client_data = decoded(made["clientDataJSON"])
        data = cbor2.loads(decoded(made["attestationObject"]))["authData"]
        signature = _signature(self.key, data + hashlib.sha256(client_data).digest())
        about = {"fmt": "packed", "attStmt": {"alg": cose(self.key)[3], "sig": signature}}
        return self._made(about, data, client_data)

    def _made(self, about: Mapping[str, Any], data: bytes, client_data: bytes) -> dict[str, Any]:
        response = {
            "clientDataJSON": encoded(client_data),
            "attestationObject": encoded(cbor2.dumps({**about, "authData": data})),
            "transports": ["internal", "hybrid"],
        }
        return self._credential(response)

    def get(self, options: Mapping[str, Any], **wrong: Any) -> dict[str, Any]:
        """What `navigator.credentials.get` gives."""
        if self.counts:
            self.count += 1
        client_data = self._client_data("webauthn.get", options, wrong)
        data = self._data()
        signature = _signature(self.key, data + hashlib.sha256(client_data).digest())
        response = {
            "clientDataJSON": encoded(client_data),
            "authenticatorData": encoded(data),
            "signature": encoded(signature),
            "userHandle": encoded(self.handle) if self.handle is not None else None,
        }
        return self._credential(response)

    def _client_data(self, kind: str, options: Mapping[str, Any], wrong: Mapping[str, Any]) -> bytes:
        right = {"type": kind, "challenge": options["challenge"], "origin": self.origin, "crossOrigin": False}
        return orjson.dumps({**right, **wrong})

    def _data(self, more: int = 0) -> bytes:
        flags = bytes([self.flags | more])
        return hashlib.sha256(self.rp_id.encode()).digest() + flags + self.count.to_bytes(4)

    def _credential(self, response: Mapping[str, Any]) -> dict[str, Any]:
        id_ = encoded(self.credential_id)
        return {
            "id": id_,
            "rawId": id_,
            "type": "public-key",
            "response": dict(response),
            "authenticatorAttachment": "platform",
            "clientExtensionResults": {},
        }


def options_of(person: Any) -> dict[str, Any]:
    """The options of a registration."""
    answer = person.post("/auth/passkeys/options")
    assert answer.status_code == 200, answer.content
    options: dict[str, Any] = answer.json()
    return options


def add_to(person: Any, name: str = "My telephone", **attributes: Any) -> Authenticator:
    """A passkey that a person has registered."""
    authenticator = Authenticator(**attributes)
    body = {"credential": authenticator.create(options_of(person)), "name": name}
    answer = person.post("/auth/passkeys", body)
    assert answer.status_code == 201, answer.content
    return authenticator
