"""The floor, of stock parts: a bare Django view, and a stock DRF view behind a JWT.

Gunicorn's own `gthread` worker serves it, preloaded, with the processes, threads and keep-alive of Echomate's, and
with nothing else of Echomate's configuration. The stock view asks of Redis, with redis-py's own pipelines, what the
home feed of its reader asks in Echomate, in as many round trips, and returns the same bytes. `ECHOMATE_FLOOR` names the
JSON file that holds these commands and bytes. A third view computes the hash of a login and does nothing else.
"""

import json
import os
from pathlib import Path
from typing import Any

import django
import redis
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.urls import path

GIVEN = json.loads(Path(os.environ["ECHOMATE_FLOOR"]).read_text())
PAGES = {page["reader"]: (page["round_trips"], page["body"].encode()) for page in GIVEN["pages"]}

settings.configure(
    SECRET_KEY=GIVEN["secret"],
    ALLOWED_HOSTS=["127.0.0.1"],
    ROOT_URLCONF=__name__,
    INSTALLED_APPS=["django.contrib.auth", "django.contrib.contenttypes", "rest_framework"],
    MIDDLEWARE=[],
    LOGGING_CONFIG=None,
    REST_FRAMEWORK={
        "DEFAULT_AUTHENTICATION_CLASSES": [
            "rest_framework_simplejwt.authentication.JWTStatelessUserAuthentication"
        ],
        "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
        "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    },
    SIMPLE_JWT={"ALGORITHM": "HS256", "SIGNING_KEY": GIVEN["secret"]},
)
django.setup()

from django.core.wsgi import get_wsgi_application  # noqa: E402 - it needs the settings
from rest_framework.request import Request  # noqa: E402 - as above
from rest_framework.views import APIView  # noqa: E402 - as above

store = redis.Redis.from_url(GIVEN["redis_url"])


def answer(body: bytes) -> HttpResponse:
    return HttpResponse(body, content_type="application/json", headers={"Content-Length": str(len(body))})


def bare(_request: HttpRequest) -> HttpResponse:
    return answer(b'{"status":"ok"}')


class StockView(APIView):
    def get(self, request: Request) -> HttpResponse:
        round_trips, body = PAGES[request.user.id]
        for commands in round_trips:
            ask(commands)
        return answer(body)


def ask(commands: list[list[Any]]) -> None:
    pipeline = store.pipeline(transaction=False)
    for command in commands:
        pipeline.execute_command(*command)  # type: ignore[no-untyped-call]  # redis-py's
    pipeline.execute()


def hash_password(_request: HttpRequest) -> HttpResponse:
    """What a login can't do without. It is imported late, since it is Echomate's."""
    from accounts import passwords

    if not passwords.matches(GIVEN["password"], GIVEN["password_hash"]):
        raise ValueError("the hash is of another password")
    return answer(b'{"status":"ok"}')


urlpatterns = [path("bare", bare), path("hash", hash_password), path("stock", StockView.as_view())]
application = get_wsgi_application()
