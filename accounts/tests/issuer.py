"""A small login provider over HTTP: configuration, keys, and codes with PKCE. It can be told to lie."""

import base64
import hashlib
import secrets
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any
from urllib.parse import parse_qsl

import jwt
import orjson
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from accounts.oidc import fetching, providers
from echomate.config import OidcIssuer
from echomate.testing.configuration import configured
from echomate.testing.races import PATIENCE_SECONDS

CLIENT = "echomate-web"
REDIRECT = "http://localhost:3000/login"
DISCOVERY, JWKS, TOKEN = "/.well-known/openid-configuration", "/jwks", "/token"
Answer = Callable[[BaseHTTPRequestHandler], None]

_ports: set[int] = set()
"""Each issuer's own: what a process remembers of an earlier one is never taken for another's."""


class Issuer:
    """Its tokens are signed by the key that came last."""

    def __init__(self) -> None:
        self.keys: dict[str, Any] = {}
        self.algorithms: dict[str, str] = {}
        self.asked: Counter[str] = Counter()
        self.forms: list[dict[str, str]] = []
        self.authorizations: list[str | None] = []
        self.answers: dict[str, Answer] = {}
        """In place of what is true, by path."""
        self.codes: dict[str, dict[str, str]] = {}
        self.more_in_discovery: dict[str, Any] = {}
        self.server = _server(self)
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        self.add_key("first", Ed25519PrivateKey.generate(), "EdDSA")

    def add_key(self, kid: str, key: Any, algorithm: str) -> None:
        self.keys[kid], self.algorithms[kid], self.kid = key, algorithm, kid

    def settings(self, **more: Any) -> OidcIssuer:
        return OidcIssuer(issuer=self.url, client_id=CLIENT, **more)

    def discovery(self) -> dict[str, Any]:
        places = {"jwks_uri": self.url + JWKS, "token_endpoint": self.url + TOKEN}
        return {"issuer": self.url, **places, **self.more_in_discovery}

    def jwks(self) -> dict[str, Any]:
        return {"keys": [self.jwk(kid) for kid in self.keys]}

    def jwk(self, kid: str) -> dict[str, Any]:
        algorithm = jwt.get_algorithm_by_name(self.algorithms[kid])
        members: dict[str, Any] = algorithm.to_jwk(self.keys[kid].public_key(), as_dict=True)
        public = {name: value for name, value in members.items() if name not in ("d", "key_ops")}
        return {**public, "kid": kid, "use": "sig", "alg": self.algorithms[kid]}

    def claims(self, subject: str, **more: Any) -> dict[str, Any]:
        """Of a good token; `...` takes one out."""
        now = int(time.time())
        claims = {
            "iss": self.url,
            "sub": subject,
            "aud": CLIENT,
            "iat": now,
            "exp": now + 3600,
            "jti": secrets.token_hex(8),
            **more,
        }
        return {name: value for name, value in claims.items() if value is not ...}

    def sign(self, claims: dict[str, Any], *, kid: str | None = None, **headers: Any) -> str:
        kid = kid or self.kid
        return jwt.encode(
            claims, self.keys[kid], algorithm=self.algorithms[kid], headers={"kid": kid, **headers}
        )

    def bearer(self, subject: str, **claims: Any) -> str:
        return self.sign(self.claims(subject, **claims))

    def code(self, subject: str, *, id_token: str | None = None, **claims: Any) -> dict[str, str]:
        """What a client brings back from the login page of this provider: the body of POST /auth/oidc."""
        verifier, code = secrets.token_urlsafe(48), secrets.token_urlsafe(16)
        challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
        self.codes[code] = {
            "challenge": challenge,
            "redirect_uri": REDIRECT,
            "id_token": id_token or self.bearer(subject, **claims),
        }
        return {"issuer": self.url, "code": code, "code_verifier": verifier, "redirect_uri": REDIRECT}

    def exchange(self, form: dict[str, str]) -> tuple[int, dict[str, str]]:
        known = self.codes.pop(form.get("code", ""), None)
        hashed = hashlib.sha256(form.get("code_verifier", "").encode()).digest()
        challenge = base64.urlsafe_b64encode(hashed).rstrip(b"=").decode()
        expected = {"redirect_uri": form.get("redirect_uri"), "challenge": challenge}
        if known is None or form.get("client_id") != CLIENT or not expected.items() <= known.items():
            return 400, {"error": "invalid_grant"}
        return 200, {"token_type": "Bearer", "access_token": "opaque", "id_token": known["id_token"]}


def _handler(issuer: Issuer) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._answer(lambda: (200, issuer.discovery() if self.path == DISCOVERY else issuer.jwks()))

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            form = dict(parse_qsl(body.decode()))
            issuer.forms.append(form)
            issuer.authorizations.append(self.headers["Authorization"])
            self._answer(lambda: issuer.exchange(form))

        def _answer(self, truth: Callable[[], tuple[int, Any]]) -> None:
            issuer.asked[self.path] += 1
            if lie := issuer.answers.get(self.path):
                lie(self)
            else:
                say(*truth())(self)

        def log_message(self, format: str, *args: Any) -> None:
            pass

        def handle(self) -> None:
            with suppress(OSError):  # the client had enough
                super().handle()

    return Handler


def say(status: int, document: Any, **headers: str) -> Answer:
    """A whole answer."""

    def answer(handler: BaseHTTPRequestHandler) -> None:
        body = document if isinstance(document, bytes) else orjson.dumps(document)
        handler.send_response(status)
        for name, value in {"Content-Length": str(len(body)), **headers}.items():
            handler.send_header(name, value)
        handler.end_headers()
        handler.wfile.write(body)

    return answer


def _server(issuer: Issuer) -> ThreadingHTTPServer:
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(issuer))
    if server.server_port in _ports:
        with closing(server.socket):
            return _server(issuer)
    _ports.add(server.server_port)
    return server


@contextmanager
def running() -> Iterator[Issuer]:
    issuer = Issuer()
    with serving(issuer):
        yield issuer


@contextmanager
def serving(issuer: Issuer) -> Iterator[None]:
    thread = Thread(target=issuer.server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield
    finally:
        issuer.server.shutdown()
        issuer.server.server_close()
        thread.join()


@contextmanager
def trusted(issuer: Issuer, **settings: Any) -> Iterator[Issuer]:
    """The settings name the issuer, and what they say of it. On a busy machine it may take its time."""
    with configured(oidc_issuers=[issuer.settings(**settings)]), pytest.MonkeyPatch.context() as patch:
        patch.setattr(fetching, "SECONDS", PATIENCE_SECONDS)
        patch.setattr(providers, "WAIT_SECONDS", PATIENCE_SECONDS)
        yield issuer
