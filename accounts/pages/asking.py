"""The pages on which one asks for a new link."""

from django.http import HttpResponse
from django.utils.translation import gettext
from rest_framework.request import Request

from accounts import names
from accounts.pages import words
from accounts.pages.base import Page
from accounts.services import addresses, resetting
from accounts.views.mail_links import ASKERS, RESENDS, RESETS, AskingView


class AskingPage(Page, AskingView):
    policies = {"POST": ASKERS}
    field = "email"

    def ask(self, address: str) -> None:
        raise NotImplementedError

    def get(self, request: Request) -> HttpResponse:
        return self.form()

    def post(self, request: Request) -> HttpResponse:
        """Answers the same for everybody's address and for nobody's."""
        address = names.email(self.given("email"))
        if address is None:
            with self.language():
                wrong = gettext("This is not an e-mail address.")
            return self.form(wrong=[wrong])
        self.count_address(address)
        self.ask(address)
        return self.done()


class ForgotPage(AskingPage):
    words = words.FORGOT
    to = RESETS

    def ask(self, address: str) -> None:
        resetting.ask_for_reset(address)


class ResendPage(AskingPage):
    words = words.RESEND
    to = RESENDS

    def ask(self, address: str) -> None:
        addresses.ask_for_verification(address)
