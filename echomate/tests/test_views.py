import gc
import weakref
from collections.abc import Callable, Sequence

import pytest
from django.http import HttpRequest, HttpResponse
from django.test import RequestFactory, override_settings
from rest_framework.request import Request
from rest_framework.response import Response

from echomate.bodies import json_response
from echomate.cache import Command
from echomate.testing.client import Person
from echomate.views import ApiView


class Teapot:
    """A middleware that answers in the place of views."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(self, *_: object) -> HttpResponse:
        return HttpResponse(status=418)


class Reads(list[object]):
    """What a view has read."""


class Page(ApiView):
    anonymous = True
    idempotent = frozenset({"POST"})
    read: list["weakref.ref[Reads]"] = []
    made: list["weakref.ref[ApiView]"] = []

    def opening_reads(self, viewer_id: int | None) -> Sequence[Command]:
        return [("PING",)]

    def get(self, request: Request) -> HttpResponse:
        assert self.opening
        self.opening = Reads(self.opening)
        self.read.append(weakref.ref(self.opening))
        self.made.append(weakref.ref(self))
        return Response({}) if "rendered" in request.query_params else json_response(b"{}")

    def post(self, request: Request) -> HttpResponse:
        self.made.append(weakref.ref(self))
        return json_response(b"{}")


def answered(request: HttpRequest) -> "weakref.ref[HttpResponse]":
    answer = Page.as_view()(request)
    if isinstance(answer, Response):
        answer.render()
    return weakref.ref(answer)


@pytest.mark.parametrize("path", ["/", "/?rendered"])
def test_a_view_its_answer_and_what_was_read_for_it_wait_for_no_garbage_collection(path: str) -> None:
    request = RequestFactory().get(path)
    gc.disable()
    try:
        answer = answered(request)
    finally:
        gc.enable()
    assert (answer(), Page.read[-1](), Page.made[-1]()) == (None, None, None)


def test_nor_does_a_view_whose_handler_is_called_once_a_key(ann: Person) -> None:
    request = RequestFactory().post(
        "/", b"{}", content_type="application/json", headers={**ann.headers, "Idempotency-Key": "k" * 20}
    )
    gc.disable()
    try:
        assert Page.as_view()(request).status_code == 200
    finally:
        gc.enable()
    assert Page.made[-1]() is None


def test_what_is_allowed_is_told_where_something_else_was_tried() -> None:
    refused = Page.as_view()(RequestFactory().put("/"))
    assert (refused.status_code, refused.headers["Allow"]) == (405, "GET, HEAD, POST")
    assert Page.as_view()(RequestFactory().head("/")).status_code == 200


@pytest.mark.parametrize(("middleware", "status"), [([], 200), ([f"{__name__}.Teapot"], 418)])
def test_a_middleware_that_looks_at_views_is_asked_before_them(middleware: list[str], status: int) -> None:
    from echomate.wsgi import Handler

    with override_settings(MIDDLEWARE=middleware):
        assert Handler().get_response(RequestFactory().get("/health")).status_code == status


def test_a_route_that_is_remembered_keeps_none_of_those_before_it() -> None:
    """500 remembered paths kept 2 MB of them in each process."""
    from echomate.wsgi import Handler

    assert Handler().resolve_request(RequestFactory().get("/health")).tried is None
