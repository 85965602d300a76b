"""The base of the pages: limits and refusals as everywhere, shown to people in their language."""

import hashlib
from base64 import b64encode
from collections.abc import Sequence
from contextlib import AbstractContextManager
from io import BytesIO
from pathlib import Path
from typing import Any, ClassVar, cast

from django.http import HttpResponse
from django.template.loader import render_to_string
from django.utils import translation
from django.utils.translation import gettext_lazy as _
from rest_framework.parsers import FormParser
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request

from accounts import passwords
from accounts.pages.words import Words
from echomate.bodies import Negotiation
from echomate.config import config
from echomate.errors import EchomateError, NotFound
from echomate.problems import TITLES
from echomate.views import ApiView

MAX_FORM_BYTES = 16_384
STYLE = (Path(__file__).parents[1] / "templates/accounts/pages/style.css").read_text()
_STYLE_HASH = b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()
HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": f"default-src 'none'; style-src 'sha256-{_STYLE_HASH}'; img-src data:;"
    " form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Frame-Options": "DENY",
    "X-Robots-Tag": "noindex, nofollow",
}


class BoundedFormParser(FormParser):
    def parse(self, stream: Any, media_type: str | None = None, parser_context: Any = None) -> Any:
        data = stream.read(MAX_FORM_BYTES + 1)
        if len(data) > MAX_FORM_BYTES:
            error = EchomateError(type="too-large")
            error.status = 413
            raise error
        return super().parse(BytesIO(data), media_type, parser_context)


class AnyAccept(Negotiation):
    """A page is HTML, whatever a browser, a scanner or a mail program says it accepts."""

    def select_renderer(
        self, request: Request, renderers: Any, format_suffix: str | None = None
    ) -> tuple[BaseRenderer, str]:
        first = next(iter(renderers))
        return first, str(first.media_type)


class Page(ApiView):
    """Answers 404 where there is a web client, to which the links lead then."""

    anonymous = True
    authentication_classes = ()
    parser_classes = (BoundedFormParser,)
    content_negotiation_class = AnyAccept
    http_method_names = ["get", "head", "post"]
    schema = None

    words: ClassVar[Words]
    field: ClassVar[str] = ""
    """What the form asks for: `password`, `email` or nothing."""
    locale = ""
    """The user's, once they are known; until then what the browser asks for counts."""

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        if config.web_url:
            raise NotFound
        super().initial(request, *args, **kwargs)

    def given(self, name: str) -> str:
        """A field of the form."""
        return str(cast("dict[str, Any]", self.request.data).get(name, ""))

    def language(self) -> AbstractContextManager[None]:
        asked = translation.get_language_from_request(self.request._request)
        return translation.override(self.locale or asked)

    def form(self, *, wrong: Sequence[object] = (), token: str = "", **known: Any) -> HttpResponse:
        with self.language():
            return _rendered(
                "form",
                status=400 if wrong else 200,
                title=self.words.title,
                text=[str(line) % known for line in self.words.asked],
                button=self.words.button,
                path=self.request.path,
                field=self.field,
                longest=passwords.MAX_LENGTH,
                wrong=wrong,
                token=token,
                **known,
            )

    def done(self, **known: Any) -> HttpResponse:
        with self.language():
            text = [str(line) % known for line in self.words.done]
            return _rendered("base", title=self.words.done_title, text=text)

    def handle_exception(self, exc: Exception) -> Any:
        """The refusal as a page, with the status and the headers of the problem."""
        refusal = super().handle_exception(exc)
        kind = str(refusal.data["type"]).rpartition("/")[2]
        if kind == "not-found":
            return refusal
        with self.language():
            page = _rendered(
                "base",
                status=refusal.status_code,
                title=TITLES[kind],
                text=self._why(kind, refusal),
                way=self._way(kind),
            )
        for name, value in refusal.headers.items():
            page.headers.setdefault(name, value)
        return page

    def _why(self, kind: str, refusal: Any) -> list[object]:
        seconds = refusal.headers.get("Retry-After")
        if seconds:
            return [_("Please try again in %(seconds)s seconds.") % {"seconds": seconds}]
        said: dict[str, list[object]] = {
            "link-invalid": [
                _("It was used before, its time is over, or part of it is missing."),
                *self.words.instead,
            ],
            "email-taken": [_("This address belongs to another account by now.")],
        }
        return said.get(kind, [])

    def _way(self, kind: str) -> tuple[str, object] | None:
        wanted = kind == "link-invalid" and self.words.new_link
        return (f"/account/{self.words.new_link}", _("Get a new link")) if wanted else None


def _rendered(template: str, *, status: int = 200, **context: Any) -> HttpResponse:
    known = {"instance": config.instance_name, "style": STYLE, **context}
    return HttpResponse(
        render_to_string(f"accounts/pages/{template}.html", known), status=status, headers=HEADERS
    )
