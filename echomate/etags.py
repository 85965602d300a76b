"""Entity tags: `"<version>.<hash>"`. The version says what was edited, the hash what exactly was shown."""

import hashlib
import re

from rest_framework.request import Request
from rest_framework.response import Response

_TAG = re.compile(r'"(([0-9]{1,18})\.[^";+-]*+)[^"]*+"')
"""As it was given out, or as a proxy made it that compresses: with `W/` before it, or `-gzip` at its end."""


def entity_tag(version: int, body: bytes) -> str:
    return f'"{version}.{hashlib.blake2b(body, digest_size=8).hexdigest()}"'


def expected_versions(request: Request) -> frozenset[int] | None:
    """The versions of which `If-Match` names one; None where any will do.

    The version alone is compared, so it doesn't matter that a proxy has made a tag weak.
    """
    header = request.headers.get("If-Match", "*").strip()
    if header == "*":
        return None
    return frozenset(int(version) for _, version in _TAG.findall(header))


def is_known(request: Request, tag: str) -> bool:
    """Whether `If-None-Match` names the tag: the client has this very answer."""
    header = request.headers.get("If-None-Match", "").strip()
    return header == "*" or tag.strip('"') in (known for known, _ in _TAG.findall(header))


def respond(request: Request, body: bytes, *, version: int) -> Response:
    """The answer with its `ETag`; 304 without a body where the client has it."""
    tag = entity_tag(version, body)
    if request.method in {"GET", "HEAD"} and is_known(request, tag):
        return Response(status=304, headers={"ETag": tag})
    return Response(body, headers={"ETag": tag})
