import gc
import weakref
from collections.abc import Sequence

import pytest
from django.http import HttpRequest, HttpResponse
from django.test import RequestFactory
from rest_framework.request import Request
from rest_framework.response import Response

from echomate.bodies import json_response
from echomate.cache import Command
from echomate.views import ApiView


class Reads(list[object]):
    """What a view has read."""


class Page(ApiView):
    anonymous = True
    read: list["weakref.ref[Reads]"] = []

    def opening_reads(self, viewer_id: int | None) -> Sequence[Command]:
        return [("PING",)]

    def get(self, request: Request) -> HttpResponse:
        assert self.opening
        self.opening = Reads(self.opening)
        self.read.append(weakref.ref(self.opening))
        return Response({}) if "rendered" in request.query_params else json_response(b"{}")


def answered(request: HttpRequest) -> "weakref.ref[HttpResponse]":
    answer = Page.as_view()(request)
    if isinstance(answer, Response):
        answer.render()
    return weakref.ref(answer)


@pytest.mark.parametrize("path", ["/", "/?rendered"])
def test_an_answer_and_what_was_read_for_it_wait_for_no_garbage_collection(path: str) -> None:
    request = RequestFactory().get(path)
    gc.disable()
    try:
        answer = answered(request)
    finally:
        gc.enable()
    assert (answer(), Page.read[-1]()) == (None, None)
