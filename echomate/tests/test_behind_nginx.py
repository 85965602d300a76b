"""`deploy/nginx.conf` as it is but for its ports and files, before a web server with the settings of production."""

import os
import re
import shutil
import socket
import ssl
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from http.client import HTTPConnection, HTTPResponse
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import orjson
import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from echomate.bodies import MAX_BODY_BYTES
from echomate.config import config
from echomate.local.processes import Process, Program, answers, free_port, inherited
from echomate.testing.client import unique_name
from echomate.testing.stack import Stack
from echomate.tests.over_http import JSON, TIMELINE, Answer, Server
from echomate.tests.test_config import STRONG

pytestmark = [pytest.mark.nginx, pytest.mark.timed]

HOST = "echomate.example"
SLOW = 6
MANY = 50
"""So many connections an address may have."""
THREADS = 2
SECONDS = 30
LONG = 9_000
"""More than nginx takes of a line, and no more than TLS sends at once: of the rest nginx would reset the connection."""
LARGE = 32 * 1024 * 1024
"""More than buffers of the kernel take."""
LOGIN = "/api/v1/auth/login"
WHOLE = """
daemon off; master_process off; pid {directory}/pid; error_log {directory}/log;
events {{}}
http {{
    access_log {directory}/access;
    client_body_temp_path {directory}/body; proxy_temp_path {directory}/proxy; fastcgi_temp_path {directory}/fastcgi;
    uwsgi_temp_path {directory}/uwsgi; scgi_temp_path {directory}/scgi;
    include {directory}/echomate.conf;
}}
"""


class Nginx:
    """A running nginx; each request comes over TLS, on a connection of its own."""

    def __init__(self, web: Any, directory: Path) -> None:
        program = shutil.which("nginx", path=f"{os.environ['PATH']}:/usr/sbin")
        assert program, "nginx is needed: install it (Debian, Ubuntu: sudo apt install nginx-light)"
        self.web, self.directory = web, directory
        self.port, self.plain_port = free_port(), free_port()
        changes = {
            r"listen \[::\]:\d+( ssl)?;": "",
            r"listen 443": f"listen 127.0.0.1:{self.port}",
            r"listen 80;": f"listen 127.0.0.1:{self.plain_port};",
            r"127\.0\.0\.1:8000": f"127.0.0.1:{web.port}",
            r"/etc/ssl/echomate\.(pem|key)": str(certificate(directory)),
            r"/var/log/nginx/error\.log": f"{directory}/log",
            r"/var/log/nginx/echomate-refused\.log": f"{directory}/refused",
        }
        text = (config.source_dir / "deploy" / "nginx.conf").read_text()
        for pattern, changed in changes.items():
            text, number = re.subn(pattern, changed, text)
            assert number, pattern
        (directory / "echomate.conf").write_text(text)
        (directory / "nginx.conf").write_text(WHOLE.format(directory=directory))
        command = [program, "-c", f"{directory}/nginx.conf"]
        with (directory / "output").open("wb") as output:
            self.process = Process(
                Program(
                    name="nginx", command=command, environment=inherited(), ready=lambda: answers(self.port)
                ),
                output=output.fileno(),
            )
        self.process.wait_until_ready()

    def connect(self) -> ssl.SSLSocket:
        context = ssl.create_default_context()
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE  # it is the test's own
        connection = socket.create_connection(("127.0.0.1", self.port), timeout=SECONDS)
        return context.wrap_socket(connection, server_hostname=HOST)

    def send(self, method: str, target: str, body: Any = b"", **headers: str) -> Answer:
        with self.connect() as connection:
            connection.sendall(request(method, target, body, **headers))
            return answer_on(connection)

    def logged(self, refused: Answer) -> str:
        """All that it has logged, a refusal among it, which it notes when the answer is gone."""
        end = time.monotonic() + SECONDS
        while True:
            text = "".join((self.directory / name).read_text() for name in ("log", "access", "refused"))
            if refused.headers["x-request-id"] in text:
                return text
            assert time.monotonic() < end, text
            time.sleep(0.02)

    @property
    def upstream(self) -> list[str]:
        """The connections that are open to the web server, by their ports."""
        rows = [row.split() for row in Path("/proc/net/tcp").read_text().splitlines()[1:]]
        ends = [(row[1].rpartition(":")[2], row[2].rpartition(":")[2]) for row in rows if row[3] == "01"]
        return [ours for ours, theirs in ends if int(theirs, 16) == self.web.port]


def certificate(directory: Path) -> Path:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, HOST)])
    now = datetime.now(UTC)
    signed = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .sign(key, SHA256())
    )
    file = directory / "echomate.pem"
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    file.write_bytes(private + signed.public_bytes(Encoding.PEM))
    return file


def request(method: str, target: str, body: Any = b"", **headers: str) -> bytes:
    content = body if isinstance(body, bytes) else orjson.dumps(body)
    given = {"Host": HOST, **JSON, "Content-Length": str(len(content)), **headers}
    lines = [f"{name.replace('_', '-')}: {value}" for name, value in given.items()]
    return "\r\n".join([f"{method} {target} HTTP/1.1", *lines, "", ""]).encode() + content


def answer_on(connection: socket.socket) -> Answer:
    response = HTTPResponse(connection)
    response.begin()
    headers = {name.lower(): value for name, value in response.getheaders()}
    return Answer(response.status, headers, response.read())


@pytest.fixture(scope="module")
def nginx(stack: Stack, _empty_tables: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Nginx]:
    own = {"ALLOWED_HOSTS": f"{HOST},127.0.0.1", "TRUSTED_PROXIES": "1", "WEB_THREADS": str(THREADS)}
    web = Server(stack, debug=False, **{**STRONG, **own})
    nginx = Nginx(web, tmp_path_factory.mktemp("nginx"))
    yield nginx
    nginx.process.kill()
    web.process.stop()


def body_of(size: int) -> bytes:
    return b'{"login": "' + b"x" * (size - 13) + b'"}'


def sign_up(nginx: Nginx, **headers: str) -> Answer:
    name = unique_name("ann")
    body = {"username": name, "email": f"{name}@example.org", "password": "correct9horse"}
    return nginx.send("POST", "/api/v1/auth/signup", {**body, "token_delivery": "body"}, **headers)


def test_the_client_is_who_it_is_and_came_by_https_whatever_it_says(nginx: Nginx) -> None:
    joined = sign_up(nginx, X_Forwarded_For="203.0.113.9", X_Forwarded_Proto="http")
    assert (joined.status, joined.headers["strict-transport-security"]) == (201, "max-age=31536000")
    bearer = f"Bearer {joined.json['access']}"
    (session,) = nginx.send("GET", "/api/v1/auth/sessions", Authorization=bearer).json["results"]
    assert session["address"] == "127.0.0.0/24"


def test_the_host_is_the_one_that_was_asked(nginx: Nginx) -> None:
    page = nginx.send("GET", TIMELINE)
    assert page.json["previous"].startswith(f"https://{HOST}/api/v1/timeline?")
    assert nginx.send("GET", TIMELINE, Host="evil.example").problem == "bad-request"


def test_http_leads_to_https_of_this_host_alone(nginx: Nginx) -> None:
    plain = HTTPConnection("127.0.0.1", nginx.plain_port, timeout=SECONDS)
    plain.request("GET", "/api/docs?a=b", headers={"Host": "evil.example"})
    answer = plain.getresponse()
    assert (answer.status, answer.headers["Location"]) == (308, f"https://{HOST}/api/docs?a=b")
    plain.close()


def test_metrics_are_not_to_be_had_and_a_body_that_is_too_large_is_refused_in_words(nginx: Nginx) -> None:
    assert nginx.send("GET", "/metrics").problem == "not-found"
    for size, status, problem in (
        (MAX_BODY_BYTES, 400, "invalid"),
        (MAX_BODY_BYTES + 1, 413, "too-large"),
        (4 * MAX_BODY_BYTES, 413, "too-large"),
    ):
        refused = nginx.send("POST", LOGIN, body_of(size))
        assert (refused.status, refused.problem) == (status, problem)
        assert refused.headers["strict-transport-security"]


def test_a_long_query_that_an_answer_repeats_in_its_head_is_no_fault(nginx: Nginx) -> None:
    bearer = f"Bearer {sign_up(nginx).json['access']}"
    post = nginx.send("POST", "/api/v1/posts", {"content": "post"}, Authorization=bearer).json["id"]
    comments = f"/api/v1/posts/{post}/comments"
    assert nginx.send("POST", comments, {"content": "comment"}, Authorization=bearer).status == 201
    page = nginx.send("GET", f"{comments}?sort={'x' * 6000}&sort=oldest", Authorization=bearer)
    assert page.status == 200
    assert len(page.headers["link"]) > 6000


def test_too_many_connections_of_an_address_are_too_many_requests(nginx: Nginx) -> None:
    whole = request("POST", f"{LOGIN}?token=secret", {"login": "nobody", "password": "wrong9horse"})
    with ExitStack() as opened:
        connections = [opened.enter_context(nginx.connect()) for _ in range(MANY + 1)]
        for connection in connections[:-1]:
            connection.sendall(whole[:-1])
        connections[-1].sendall(whole)
        refused = answer_on(connections[-1])
    assert (refused.status, refused.problem, refused.headers["retry-after"]) == (429, "rate-limited", "2")
    assert "secret" not in nginx.logged(refused)


def test_a_disk_that_takes_nothing_brings_no_query_into_the_log(nginx: Nginx) -> None:
    """Nginx calls that critical."""
    place = nginx.directory / "body"
    place.rename(nginx.directory / "elsewhere")
    try:
        refused = nginx.send("POST", f"{LOGIN}?token=secret", body_of(100_000))
    finally:
        (nginx.directory / "elsewhere").rename(place)
    assert (refused.status, refused.problem) == (503, "unavailable")
    logged = nginx.logged(refused)
    assert f"{refused.headers['x-request-id']} 503 - {LOGIN}" in logged
    assert "secret" not in logged


def test_what_is_no_request_is_refused_in_words(nginx: Nginx) -> None:
    for status, target, header in (
        (414, "/" + "x" * LONG, "y"),
        (400, "/", "y" * LONG),
        (400, "//\0", ""),
    ):
        refused = nginx.send("GET", target, X_More=header)
        assert (refused.status, refused.problem) == (status, "bad-request")
    for method, headers, status, problem in (
        ("TRACE", {}, 405, "method-not-allowed"),
        ("POST", {"Transfer_Encoding": "strange"}, 400, "bad-request"),
    ):
        refused = nginx.send(method, "/", **headers)
        assert (refused.status, refused.problem) == (status, problem)
        assert "retry-after" not in refused.headers
    assert nginx.send("GET", "/refused-by-nginx").problem == "not-found"


def test_half_a_request_waits_before_the_web_server_whose_connection_is_kept(nginx: Nginx) -> None:
    whole = request("POST", LOGIN, {"login": "nobody", "password": "wrong9horse"})
    with ExitStack() as opened:
        slow = [opened.enter_context(nginx.connect()) for _ in range(SLOW)]
        for number, connection in enumerate(slow):
            connection.sendall(whole[: -10 if number % 2 else 40])
        used = set[str]()
        for _ in range(4):
            assert nginx.send("GET", "/health").status == 200
            used.update(nginx.upstream)
        assert len(used) == 1
        slow[0].sendall(whole[40:])
        slow[1].sendall(whole[-10:])
        assert [answer_on(connection).status for connection in slow[:2]] == [401] * 2


def test_a_large_answer_waits_on_the_disk_for_a_client_that_reads_nothing(tmp_path: Path) -> None:
    """The web server, which has a thread for it, is done."""
    with socket.create_server(("127.0.0.1", 0)) as listener, ThreadPoolExecutor(1) as web:
        nginx = Nginx(SimpleNamespace(port=listener.getsockname()[1]), tmp_path)
        sent = web.submit(answer_at_length, listener)
        try:
            with nginx.connect() as client:
                client.sendall(request("GET", TIMELINE))
                sent.result(SECONDS)
        finally:
            nginx.process.kill()


def answer_at_length(listener: socket.socket) -> None:
    listener.settimeout(SECONDS)
    connection, _ = listener.accept()
    with connection:
        connection.settimeout(SECONDS)
        connection.recv(65_536)
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % LARGE + bytes(LARGE))


def test_a_web_server_that_is_away_is_said_to_be(tmp_path: Path) -> None:
    nginx = Nginx(SimpleNamespace(port=free_port()), tmp_path)
    try:
        refused = nginx.send("GET", f"{TIMELINE}?token=secret")
        assert (refused.status, refused.problem) == (503, "unavailable")
        assert refused.headers["retry-after"] == "2"
        plain = HTTPConnection("127.0.0.1", nginx.plain_port, timeout=SECONDS)
        plain.request("GET", "/?token=secret")
        assert plain.getresponse().status == 308
        plain.close()
        (line,) = nginx.logged(refused).splitlines()
        assert line.split()[1:] == [refused.headers["x-request-id"], "503", "502", TIMELINE]
    finally:
        nginx.process.kill()
