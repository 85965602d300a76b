"""The flows by mail: what asks for a link, and what a link does."""

import hashlib
from typing import ClassVar

from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from accounts import stepping_up
from accounts.origins import origin_of
from accounts.selectors import own_user
from accounts.serializers.mail_links import (
    AddressSerializer,
    LinkTokenSerializer,
    ResendSerializer,
    ResetSerializer,
)
from accounts.services import addresses, changing_email, notices, resetting
from accounts.views.base import NEVER_STORED, STEP_UP, OwnView
from echomate.throttling import Policy
from echomate.views import ApiView

LINKS = Policy("mail-link", 30, 300, guards=True, scope="address")
"""Uses of links; a token can't be guessed, but trying costs something."""
ASKERS = Policy("reset-address", 20, 1800, guards=True, scope="address")
RESETS = Policy("reset", 5, 1800, guards=True, scope="own")
RESENDS = Policy("verify-mail", 5, 1800, guards=True, scope="own")
CHANGES = Policy("change-email", 5, 24 * 3600, guards=True)
CHANGES_TO = Policy("change-email-to", 5, 24 * 3600, guards=True, scope="own")
"""Whoever asks, so that nobody's mailbox is filled by many accounts."""

SENT = OpenApiResponse(description="If there is whom it concerns, a mail goes out; the answer tells nothing.")


class AskingView(ApiView):
    """Of those that have a mail sent: limited by who asks, and by the address that was typed, anybody's or not."""

    to: ClassVar[Policy]

    def count_address(self, address: str) -> None:
        """Count a mail to an address in its canonical form. Raises `RateLimited`."""
        self.count_for(self.to, _digest(address))


def _digest(address: str) -> str:
    return hashlib.blake2b(address.encode(), digest_size=12).hexdigest()


class UsingView(ApiView):
    """Of those that use a link: the token says who, so no other is asked for."""

    anonymous = True
    authentication_classes = ()
    policies = {"POST": LINKS}


def _accepted() -> Response:
    return Response(status=202, headers=NEVER_STORED)


def _done() -> Response:
    return Response(status=204, headers=NEVER_STORED)


class VerifyEmailView(UsingView):
    @extend_schema(
        operation_id="verifyEmail",
        tags=["auth"],
        request=LinkTokenSerializer,
        responses={
            204: OpenApiResponse(),
            409: OpenApiResponse(description="The new address belongs to another account by now."),
        },
    )
    def post(self, request: Request) -> Response:
        """Confirm an address: the account's, or the one that it changes to."""
        addresses.verify(self.validated(LinkTokenSerializer)["token"])
        return _done()


class ResendView(AskingView):
    anonymous = True
    policies = {"POST": ASKERS}
    to = RESENDS

    @extend_schema(
        operation_id="resendVerification", tags=["auth"], request=ResendSerializer, responses={202: SENT}
    )
    def post(self, request: Request) -> Response:
        """Have the link that verifies an address mailed again."""
        address = self.validated(ResendSerializer).get("email") or own_user(self.viewer_id).email
        if address is not None:
            self.count_address(address)
            addresses.ask_for_verification(address)
        return _accepted()


class ForgotPasswordView(AskingView):
    anonymous = True
    authentication_classes = ()
    policies = {"POST": ASKERS}
    to = RESETS

    @extend_schema(
        operation_id="forgotPassword", tags=["auth"], request=AddressSerializer, responses={202: SENT}
    )
    def post(self, request: Request) -> Response:
        """Have a link mailed that sets a new password."""
        address = self.validated(AddressSerializer)["email"]
        self.count_address(address)
        resetting.ask_for_reset(address)
        return _accepted()


class ResetPasswordView(UsingView):
    @extend_schema(
        operation_id="resetPassword",
        tags=["auth"],
        request=ResetSerializer,
        responses={204: OpenApiResponse()},
    )
    def post(self, request: Request) -> Response:
        """Set a new password by the link; all sessions end, second factors stay."""
        given = self.validated(ResetSerializer)
        resetting.reset_password(given["token"], given["password"], origin=origin_of(request))
        return _done()


class ChangeEmailView(OwnView):
    policies = {"POST": CHANGES}

    @extend_schema(
        operation_id="changeEmail",
        tags=["auth"],
        request=AddressSerializer,
        responses={202: SENT, 403: STEP_UP},
    )
    def post(self, request: Request) -> Response:
        """Have a link mailed to a new address, which is the account's once it is used. Asks for a step-up."""
        stepping_up.require(self.viewer)
        address = self.validated(AddressSerializer)["email"]
        # Only here, so that who may not ask uses nobody's share up.
        self.count_for(CHANGES_TO, _digest(address))
        changing_email.ask_for_change(self.viewer.id, address)
        return _accepted()


class UndoEmailView(UsingView):
    @extend_schema(
        operation_id="undoEmailChange",
        tags=["auth"],
        request=LinkTokenSerializer,
        responses={204: OpenApiResponse()},
    )
    def post(self, request: Request) -> Response:
        """Put the former address back; the password is void, all sessions end, and a reset link is mailed."""
        changing_email.undo_change(self.validated(LinkTokenSerializer)["token"])
        return _done()


class UnsubscribeView(UsingView):
    @extend_schema(
        operation_id="unsubscribe",
        tags=["auth"],
        request=LinkTokenSerializer,
        responses={204: OpenApiResponse()},
    )
    def post(self, request: Request) -> Response:
        """Get no more notices by mail; mail about the account's safety still comes."""
        notices.unsubscribe(self.validated(LinkTokenSerializer)["token"])
        return _done()
