"""The WSGI application that gunicorn serves."""

import os
from collections.abc import Callable, Iterable
from io import BytesIO
from typing import Any

from django.core.wsgi import get_wsgi_application
from django.urls import resolve

from echomate.bodies import MAX_BODY_BYTES

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "echomate.settings")

PATIENCE_BYTES, PIECE = 32 * MAX_BODY_BYTES, 65_536
_django = get_wsgi_application()
resolve("/health")  # Django loads its routes when it first needs them: here gunicorn's workers share them


def application(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    """Django, with the two things about bodies that it leaves to servers, and gunicorn to applications.

    A body in chunks gets its length, or Django would take it for an empty one. One that is too large is taken in
    and thrown away: were the connection closed before, the client would see that and never the 413.
    """
    stream = environ["wsgi.input"]
    if "HTTP_TRANSFER_ENCODING" in environ:
        body = stream.read(MAX_BODY_BYTES + 1)
        environ |= {"wsgi.input": BytesIO(body), "CONTENT_LENGTH": str(len(body))}
    answer: Iterable[bytes] = _django(environ, start_response)
    if int(environ.get("CONTENT_LENGTH") or 0) > MAX_BODY_BYTES:
        _throw_away(stream)
    return answer


def _throw_away(stream: Any) -> None:
    for _ in range(0, PATIENCE_BYTES, PIECE):
        if not stream.read(PIECE):
            break
