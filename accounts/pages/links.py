"""The pages to which links in mails lead."""

from typing import Any, ClassVar

from django.http import HttpResponse, HttpResponseRedirect
from django.utils.translation import gettext
from rest_framework.request import Request

from accounts import mail_links, unsubscribing
from accounts.models import Purpose, User
from accounts.origins import origin_of
from accounts.pages import words
from accounts.pages.base import Page
from accounts.services import addresses, changing_email, erasing, notices, resetting
from accounts.views.mail_links import LINKS
from echomate import keys
from echomate.config import config
from echomate.errors import Invalid


class LinkPage(Page):
    """GET shows what the link would do, a POST of its form does it."""

    policies = {"POST": LINKS}
    purposes: ClassVar[tuple[Purpose, ...]] = ()

    def get(self, request: Request) -> HttpResponse:
        token = request.query_params.get("token", "")
        return self.form(token=token, **self.found(token))

    def post(self, request: Request) -> HttpResponse:
        token = self.token_of(request)
        known = self.found(token)
        try:
            self.act(token, request)
        except Invalid as error:
            if not error.errors:
                raise
            with self.language():
                wrong = [gettext(line) for lines in error.errors.values() for line in lines]
            return self.form(wrong=wrong, token=token, **known)
        return self.done(**known)

    def token_of(self, request: Request) -> str:
        return self.given("token")

    def found(self, token: str) -> dict[str, str]:
        """Whose link it is, for the page's words. Raises `Invalid` (`link-invalid`), said in their language too."""
        found = mail_links.known(token)
        user = User.read(keys.user(int(found.user))) if found else None
        if found is None or user is None:
            raise mail_links.invalid(self.purposes[0])
        self.locale = user.settings.locale
        mail_links.check(found, *self.purposes)
        return {"name": user.username, "address": found.address}

    def act(self, token: str, request: Request) -> None:
        raise NotImplementedError


class VerifyPage(LinkPage):
    words = words.VERIFY
    purposes = (Purpose.VERIFY, Purpose.CHANGE_EMAIL)

    def act(self, token: str, request: Request) -> None:
        addresses.verify(token)


class ResetPage(LinkPage):
    words = words.RESET
    purposes = (Purpose.RESET,)
    field = "password"

    def act(self, token: str, request: Request) -> None:
        password = self.given("password")
        resetting.reset_password(token, password, origin=origin_of(request))


class UndoPage(LinkPage):
    words = words.UNDO
    purposes = (Purpose.UNDO,)

    def act(self, token: str, request: Request) -> None:
        changing_email.undo_change(token)


class RestorePage(LinkPage):
    words = words.RESTORE
    purposes = (Purpose.RESTORE,)

    def act(self, token: str, request: Request) -> None:
        erasing.restore_by_token(token)


class UnsubscribePage(LinkPage):
    """Mail programs post here with the token in the query (RFC 8058), also where there is a web client."""

    words = words.UNSUBSCRIBE

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super(Page, self).initial(request, *args, **kwargs)

    def get(self, request: Request) -> HttpResponse:
        if config.web_url:
            query = request.META.get("QUERY_STRING", "")
            return HttpResponseRedirect(f"{mail_links.site()}{unsubscribing.PATH}?{query}")
        return super().get(request)

    def token_of(self, request: Request) -> str:
        return request.query_params.get("token") or super().token_of(request)

    def found(self, token: str) -> dict[str, str]:
        user = unsubscribing.user_of(token)
        if user is None:
            raise notices.invalid()
        known = User.read(keys.user(user))
        self.locale = known.settings.locale if known else ""
        return {}

    def act(self, token: str, request: Request) -> None:
        notices.unsubscribe(token)
