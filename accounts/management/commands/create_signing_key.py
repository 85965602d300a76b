"""`manage.py create_signing_key`: a key that signs tokens, with the settings that use it. Nothing is stored."""

import json
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)
from django.core.management.base import BaseCommand, CommandError, CommandParser

from accounts import keyset
from echomate.config import config

RSA_BITS = 3072


class Command(BaseCommand):
    help = (
        "Make a key that signs access and refresh tokens, and show the settings that use it, those of the former key "
        "included. Nothing is stored: whoever reads the output can make tokens of anybody."
    )
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--algorithm", choices=["EdDSA", "RS256"], default="EdDSA", help="default: EdDSA")
        parser.add_argument("--bits", type=int, default=RSA_BITS, help="of an RSA key, 3072 or more")
        parser.add_argument(
            "--json", action="store_true", help="one JSON object, the settings by their names"
        )

    def handle(self, *_args: Any, **options: Any) -> None:
        algorithm, bits = options["algorithm"], options["bits"]
        if not RSA_BITS <= bits <= 4 * RSA_BITS or bits % 8:
            raise CommandError(f"an RSA key has from {RSA_BITS} to {4 * RSA_BITS} bits", returncode=2)
        settings = _settings(algorithm, _new_key(algorithm, bits))
        if options["json"]:
            self.stdout.write(json.dumps(settings))
        else:
            self.stdout.write("\n".join(f"{name}={_quoted(value)}" for name, value in settings.items()))


def _new_key(algorithm: str, bits: int) -> Ed25519PrivateKey | RSAPrivateKey:
    if algorithm == "EdDSA":
        return Ed25519PrivateKey.generate()
    return generate_private_key(public_exponent=65537, key_size=bits)


def _settings(algorithm: str, key: Ed25519PrivateKey | RSAPrivateKey) -> dict[str, str]:
    public = key.public_key()
    private_pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    public_pem = public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    return {
        "JWT_ALGORITHM": algorithm,
        "JWT_KEY_ID": keyset.thumbprint(public, algorithm),
        "JWT_PRIVATE_KEY": private_pem.decode(),
        "JWT_PUBLIC_KEY": public_pem.decode(),
        "JWT_FORMER_KEYS": json.dumps(_former_keys()),
    }


def _former_keys() -> dict[str, str]:
    """Those of the present settings, the present key among them; a secret is no key that others may verify with."""
    present = {} if config.jwt_algorithm == "HS256" else {config.jwt_key_id: config.jwt_public_key}
    return {**config.jwt_former_keys, **present}


def _quoted(value: str) -> str:
    """As a shell and a file of settings take it; none of these values holds a single quote."""
    return f"'{value}'" if "\n" in value or " " in value or '"' in value else value
