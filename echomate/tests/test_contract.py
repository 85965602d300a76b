"""The check of every answer finds what it is for. Each fault here is one that a view could have."""

from collections.abc import Callable

import pytest
from django.http import HttpRequest, HttpResponse, JsonResponse

from echomate.testing import contract
from echomate.testing.client import Caller

INSTANCE = "/api/v1/instance"


@pytest.fixture
def good(api: Caller) -> HttpResponse:
    response: HttpResponse = api.get("/instance")
    return response


def with_body(good: HttpResponse, **changes: object) -> HttpResponse:
    body = {name: value for name, value in (good.json() | changes).items() if value is not ...}  # type: ignore[attr-defined]  # of the test client
    changed = JsonResponse(body)
    changed.headers = good.headers
    return changed


def with_header(good: HttpResponse, name: str, value: str | None) -> HttpResponse:
    if value is None:
        del good.headers[name]
    else:
        good.headers[name] = value
    return good


def with_status(good: HttpResponse, status: int) -> HttpResponse:
    good.status_code = status
    return good


FAULTS: dict[str, Callable[[HttpResponse], HttpResponse]] = {
    "a field that is not documented": lambda good: with_body(good, secret="x"),
    "a field that is missing": lambda good: with_body(good, version=...),
    "another type": lambda good: with_body(good, limits=[]),
    "another type within": lambda good: with_body(good, limits={"page": "50"}),
    "null where it can't be": lambda good: with_body(good, name=None),
    "another content type": lambda good: with_header(good, "Content-Type", "text/html"),
    "no request id": lambda good: with_header(good, "X-Request-ID", None),
    "a status that is not documented": lambda good: with_status(good, 418),
    "a server error": lambda good: with_status(good, 500),
    "an error that is no problem document": lambda good: with_status(good, 404),
    "too many, without Retry-After": lambda good: with_header(
        with_status(good, 429), "Content-Type", "application/problem+json"
    ),
    "no body": lambda good: HttpResponse(b"", headers=dict(good.headers)),
}


@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS.keys())
def test_a_fault_is_found(good: HttpResponse, fault: Callable[[HttpResponse], HttpResponse]) -> None:
    contract.check("GET", INSTANCE, good)
    with pytest.raises(AssertionError, match="GET /api/v1/instance"):
        contract.check("GET", INSTANCE, fault(good))


def test_an_operation_that_is_not_documented_is_a_fault(good: HttpResponse) -> None:
    with pytest.raises(AssertionError, match="does not know this operation"):
        contract.check("POST", INSTANCE, good)
    with pytest.raises(AssertionError, match="does not know this operation"):
        contract.check("GET", "/api/v1/no/such/route", good)


def test_what_is_not_of_the_api_is_not_checked(good: HttpResponse) -> None:
    contract.check("GET", "/metrics", with_status(good, 418))


def test_whatever_client_asks_its_answers_are_checked() -> None:
    def view(request: HttpRequest) -> HttpResponse:
        return HttpResponse("<h1>Oops</h1>", status=500)

    request = HttpRequest()
    request.method, request.path = "GET", INSTANCE
    contract.ContractMiddleware(view)(request)
    assert contract.faults
    contract.faults.clear()
