"""The base of every API view: who asks, may they, and what the view reads first, all in one Redis round trip."""

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, ClassVar, Protocol, cast
from urllib.parse import quote

import orjson
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils.encoding import escape_uri_path
from rest_framework.exceptions import MethodNotAllowed, ValidationError
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from echomate import cache, paging, throttling
from echomate.bodies import json_response
from echomate.cache import Command
from echomate.config import config
from echomate.errors import (
    DependencyAway,
    EchomateError,
    Invalid,
    NotFound,
    RateLimited,
    StepUpRequired,
    Unauthenticated,
)
from echomate.fields import BodySerializer
from echomate.idempotency import Creation, repeating
from echomate.ids import parse_id
from echomate.paging import Page, PageRequest
from echomate.throttling import Limit, Policy, State

IN_QUERIES = "%!$&'()*+,;=:@/?"
"""What stands in a query as it is (RFC 3986); `%` begins what is escaped already. Clients send more than that."""
_BARE_PERCENT = re.compile("%(?![0-9A-Fa-f]{2})")


class Viewer(Protocol):
    """Who asks, as the authentication class made it out of a token without any read of a store."""

    id: int
    is_authenticated: bool

    def opening_reads(self) -> Sequence[Command]:
        """The Redis commands whose replies `admit` wants."""

    def admit(self, replies: Sequence[Any] | None) -> None:
        """Check that the session still stands (None: Redis is away). Raises `Unauthenticated`, `DependencyAway`."""


class ApiView(APIView):
    """The dispatch of a request.

    1. Refuse a method that the view hasn't: 405, before anything is read.
    2. Make out who asks, from the token alone. A bad one counts for the address that it came from.
    3. One round trip for the session's state, the rate limits and the view's `opening_reads`.
    4. Refuse with 401 or 429; and what the view can't read with 400, say for a cursor.
    5. The handler: validate, one service or selector, present; once, where the request has an `Idempotency-Key`.

    `self.opening` holds the replies of the view's own reads, or None where Redis is away.
    """

    anonymous: ClassVar[bool] = False
    """Whether one may call without a token."""
    policies: ClassVar[Mapping[str, Policy]] = {}
    """A further rate limit by method."""
    list_parameters: ClassVar[frozenset[str]] = frozenset()
    """Query parameters that choose a list, which the links to its other pages have too."""

    idempotent: ClassVar[frozenset[str]] = frozenset()
    """The methods that create something, at most once for an `Idempotency-Key`; the handler uses `self.creation`."""

    http_method_names = ["get", "head", "post", "put", "patch", "delete"]  # preflights are the middleware's
    format_kwarg = None
    _methods: ClassVar[list[str]]
    opening: list[Any] | None
    rate_state: State | None = None
    creation: Creation | None = None

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        answered_as = {"head": "get"}  # Django's views have no method of their own for it
        names = [name for name in cls.http_method_names if hasattr(cls, answered_as.get(name, name))]
        cls._methods = [name.upper() for name in names]

    @property
    def allowed_methods(self) -> list[str]:
        return self._methods

    def opening_reads(self, viewer_id: int | None) -> Sequence[Command]:
        """What this view wants to know from Redis in the first round trip."""
        return ()

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        method = str(request._request.method)
        if method not in self.allowed_methods:
            raise MethodNotAllowed(method)
        request.accepted_renderer, request.accepted_media_type = self.perform_content_negotiation(request)
        self.viewer = viewer = self._caller(request)
        request._request.viewer_id = viewer.id if viewer else None  # type: ignore[attr-defined]  # for the log line
        limits = self._limits(request, viewer)
        session_reads = viewer.opening_reads() if viewer else ()
        own_reads, refusal = self._own_reads(viewer)
        commands = [*session_reads, *(limit.command for limit in limits), *own_reads]
        try:
            replies: list[Any] | None = cache.run(commands)
        except DependencyAway:
            replies = None
        at, then = len(session_reads), len(session_reads) + len(limits)
        self._check_limits(limits, replies[at:then] if replies is not None else [None] * len(limits))
        if viewer:
            self._admit(viewer, replies[:at] if replies is not None else None, limits)
        elif not self.anonymous:
            raise Unauthenticated
        if refusal:
            raise refusal
        self.opening = replies[then:] if replies is not None else None
        if viewer and method in self.idempotent:
            self._create_once(request, viewer.id)

    def _caller(self, request: Request) -> Viewer | None:
        try:
            for authenticator in request.authenticators or ():
                if (known := authenticator.authenticate(request)) is not None:
                    return cast("Viewer", known[0])
            return None
        except Unauthenticated:
            self._count_address(request)
            raise

    def _count_address(self, request: Request) -> None:
        address = throttling.address_subject(throttling.client_address(request._request))
        self.count_for(throttling.ANONYMOUS, address)

    def _own_reads(self, viewer: Viewer | None) -> tuple[Sequence[Command], EchomateError | None]:
        """The view's own, or why there are none: it is refused only after it was counted."""
        try:
            return self.opening_reads(viewer.id if viewer else None), None
        except EchomateError as refusal:
            return (), refusal

    def _admit(self, viewer: Viewer, replies: Sequence[Any] | None, limits: Sequence[Limit]) -> None:
        """Who is not let in uses up none of a user's share, but that of their own address."""
        try:
            viewer.admit(replies)
        except Unauthenticated:
            for limit in limits:
                if limit.subject == str(viewer.id):
                    limit.take_back()
            self._count_address(self.request)
            raise

    def _create_once(self, request: Request, user: int) -> None:
        """Put the claim of the request's key, where it has one, around the handler that is called next."""
        key = repeating.key_of(request)
        if key is None:
            return
        _ = request.data  # what can't be read is refused before a claim is put
        method = str(request.method).lower()
        handler = getattr(self, method)

        def handle(request: Request, *args: Any, **kwargs: Any) -> HttpResponse:
            def create(creation: Creation) -> HttpResponse:
                self.creation = creation
                return cast("Response", handler(request, *args, **kwargs))

            return repeating.once(request, user=user, key=key, create=create)

        setattr(self, method, handle)

    def _limits(self, request: Request, viewer: Viewer | None) -> list[Limit]:
        address = throttling.address_subject(throttling.client_address(request._request))
        limits = [
            Limit(throttling.EVERYTHING, str(viewer.id)) if viewer else Limit(throttling.ANONYMOUS, address)
        ]
        policy = self.policies.get(request._request.method or "")
        if policy is not None:
            limits.append(Limit(policy, str(viewer.id) if viewer and policy.scope == "user" else address))
        return limits

    def _check_limits(self, limits: Sequence[Limit], replies: Sequence[Any]) -> None:
        """Each counts a call only where those before it have let it pass."""
        for place, (limit, reply) in enumerate(zip(limits, replies, strict=True)):
            try:
                self._note(limit.check(reply))
            except RateLimited:
                for later, its_reply in zip(limits[place + 1 :], replies[place + 1 :], strict=True):
                    if isinstance(its_reply, list):
                        later.take_back()
                raise

    def _note(self, state: State) -> None:
        """What binds most is what the answer names."""
        if self.rate_state is None or state.remaining < self.rate_state.remaining:
            self.rate_state = state

    def count_for(self, policy: Policy, subject: str) -> None:
        """Count a call for whom it concerns, beside its caller. Raises `RateLimited`.

        For handlers: a caller who has been refused uses up nobody else's share.
        """
        self._note(Limit(policy, subject).count())

    def handle_exception(self, exc: Exception) -> Response:
        if isinstance(exc, StepUpRequired):
            self._give_back()
        if isinstance(exc, MethodNotAllowed):
            self.headers["Allow"] = ", ".join(self.allowed_methods)
        return super().handle_exception(exc)

    def _give_back(self) -> None:
        """Have a call not count against the view's own policy; against what limits all calls it counts."""
        for limit in self._limits(self.request, self.viewer)[1:]:
            limit.take_back()
            if self.rate_state and self.rate_state.policy == limit.policy:
                left = min(limit.policy.quota[0], self.rate_state.remaining + 1)
                self.rate_state = self.rate_state._replace(remaining=left)

    @property
    def viewer_id(self) -> int:
        """The id of who asks. Only where anonymous calls are refused."""
        if self.viewer is None:
            raise Unauthenticated
        return self.viewer.id

    @property
    def viewer_id_or_none(self) -> int | None:
        return None if self.viewer is None else self.viewer.id

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """DRF's, without a second look at the method, and with `Allow` only where a method isn't allowed."""
        self.args, self.kwargs = args, kwargs
        self.headers: dict[str, str] = {}
        self.request = asked = self.initialize_request(request, *args, **kwargs)
        try:
            self.initial(asked, *args, **kwargs)
            response = getattr(self, str(request.method).lower())(asked, *args, **kwargs)
        except Exception as exc:  # noqa: BLE001 - all are answered, or raised again
            response = self.handle_exception(exc)
        answer = self.finalize_response(asked, response, *args, **kwargs)
        # What refers to the view it belongs to would keep all of it until a garbage collection.
        asked.parser_context.clear()
        for name in ("head", str(request.method).lower()):  # the latter is that of `_create_once`
            vars(self).pop(name, None)
        self.opening = None
        return answer

    def finalize_response(self, request: Request, response: Any, *args: Any, **kwargs: Any) -> Response:
        response = super().finalize_response(request, response, *args, **kwargs)
        personal = getattr(self, "viewer", None) is not None
        usual = {
            "Cache-Control": "private, no-cache" if personal else "public, max-age=5",
            **(self.rate_state.headers if self.rate_state is not None else {}),
        }
        given = {name.lower() for name in response.headers}  # faster than to look for what mostly isn't there
        for name, value in usual.items():
            if name.lower() not in given:
                response.headers[name] = value
        response.headers["Vary"] = "Authorization, Origin"
        return cast("Response", response)

    # --- what views do again and again --------------------------------------------------------------------------------

    def validated(
        self,
        serializer: type[BodySerializer],
        *,
        partial: bool = False,
        permit: Callable[[], object] = lambda: None,
    ) -> dict[str, Any]:
        """The body after validation. Raises a 400 that names the fields.

        `permit` raises for who may not make the call at all, who is not told what is wrong with the body. It is asked
        where the body is wrong: of one that is right, the service asks.
        """
        checked = serializer(data=self.request.data, partial=partial, context={"view": self})
        if not checked.is_valid():
            permit()
            raise ValidationError(checked.errors)
        return cast("dict[str, Any]", checked.validated_data)

    def page_request(self, list_name: str) -> PageRequest:
        query = self.request._request
        return paging.page_request(query.GET if query.META.get("QUERY_STRING") else {}, list_name)

    def list_response(self, page: Page[Any], request: PageRequest) -> HttpResponse:
        """The list shape; items may be bytes of JSON or what orjson takes."""
        return list_response(self.request, page, request)

    def whole_list(self, results: Sequence[Any]) -> Response:
        """The list shape of what is never more than a page."""
        return Response({"results": results, "next": None, "previous": None})


def list_response(request: Request, page: Page[Any], asked: PageRequest, **extra: Any) -> HttpResponse:
    """The list shape of the contract with its `Link` header; items may be bytes of JSON."""
    links = paging.links(page, asked, url=own_url(request))
    results = b",".join([item if isinstance(item, bytes) else orjson.dumps(item) for item in page.items])
    rest = orjson.dumps({**links, **extra})
    body = b'{"results":[%s],%s' % (results, rest[1:])
    return json_response(body, headers={"Link": paging.link_header(links)})


def base_url(request: HttpRequest) -> str:
    """What absolute links begin with: PUBLIC_URL, whatever a client calls this server.

    Locally it is the host that was called, where that is called at the port that this server listens at.
    """
    if config.is_local:
        called = request.META.get("HTTP_HOST") or request.get_host()
        host, _, port = called.rpartition(":")
        default = "443" if request.is_secure() else "80"
        asked = port if host and port.isdecimal() else default
        if asked == request.get_port():
            return f"{request.scheme}://{called}"
    return config.public_url.rstrip("/")


def own_url(request: Request) -> str:
    """The request's absolute URL with those parameters alone that choose its view's list."""
    chosen = cast("ApiView", request.parser_context["view"]).list_parameters
    django_request = request._request
    rest = [
        part
        for part in django_request.META.get("QUERY_STRING", "").split("&")
        if part.partition("=")[0] in chosen
    ]
    url = base_url(django_request) + escape_uri_path(django_request.path)
    query = _BARE_PERCENT.sub("%25", "&".join(rest))
    return f"{url}?{quote(query.encode('latin-1'), safe=IN_QUERIES)}" if rest else url


def id_or_404(text: str) -> int:
    """The id in a path. What can't be an id is of nothing: 404."""
    found = parse_id(text)
    if found is None:
        raise NotFound
    return found


def ids_from_query(request: Request, *, most: int) -> list[int]:
    """`?ids=1,2,3`. Raises `Invalid`."""
    given = request.query_params.get("ids", "")
    texts = [part for part in given.split(",", most) if part]
    found = [parse_id(text) for text in texts]
    if not texts or len(texts) > most or None in found:
        raise Invalid(errors={"ids": [f"From 1 to {most} ids, separated by commas."]})
    return [id_ for id_ in found if id_ is not None]
