"""Entity tags: `"<version>.<hash>"`. The version says what was edited, the hash what exactly was shown."""

import hashlib
import re

from django.http import HttpResponse
from rest_framework.request import Request
from rest_framework.response import Response

from echomate.bodies import json_response
from echomate.errors import Invalid

HEADER_AT_MOST = 8000
"""Characters of a header that names entity tags. Gunicorn takes 8,190 with its name, and refuses others with a 431."""

_TAG = re.compile(r'"(([0-9]{1,18})\.[^";+-]*+)[^"]*+"')
"""As it was given out, or as a proxy made it that compresses: with `W/` before it, or `-gzip` at its end."""


def entity_tag(version: int, body: bytes) -> str:
    return f'"{version}.{hashlib.blake2b(body, digest_size=8).hexdigest()}"'


def expected_versions(request: Request) -> frozenset[int] | None:
    """The versions of which `If-Match` names one; None where any will do.

    The version alone is compared, so it doesn't matter that a proxy has made a tag weak.
    """
    header = _header(request, "If-Match", "*")
    if header == "*":
        return None
    return frozenset(int(version) for _, version in _TAG.findall(header))


def _header(request: Request, name: str, default: str = "") -> str:
    header = str(request._request.META.get("HTTP_" + name.upper().replace("-", "_"), default))
    if len(header) > HEADER_AT_MOST:
        raise Invalid(errors={name: [f"At most {HEADER_AT_MOST} characters."]})
    return header.strip()


def is_known(request: Request, tag: str) -> bool:
    """Whether `If-None-Match` names the tag: the client has this very answer."""
    header = _header(request, "If-None-Match")
    return header == "*" or tag.strip('"') in (known for known, _ in _TAG.findall(header))


def respond(request: Request, body: bytes, *, version: int) -> HttpResponse:
    """The answer with its `ETag`; 304 without a body where the client has it."""
    tag = entity_tag(version, body)
    if request.method in {"GET", "HEAD"} and is_known(request, tag):
        return Response(status=304, headers={"ETag": tag})
    return json_response(body, headers={"ETag": tag})
