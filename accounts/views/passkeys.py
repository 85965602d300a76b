"""Passkeys of one's own, and logging in with one."""

import re
from typing import Any

from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from accounts import selectors, stepping_up
from accounts.models import Passkey
from accounts.models.passkeys import ID_LENGTH
from accounts.origins import origin_of
from accounts.passkeys.challenges import Purpose
from accounts.serializers.passkeys import (
    AddPasskeySerializer,
    CreationOptionsSerializer,
    PasskeyLoginSerializer,
    PasskeySerializer,
    PasskeysSerializer,
    RenamePasskeySerializer,
    RequestOptionsSerializer,
)
from accounts.serializers.signing_in import LoggedInSerializer
from accounts.services import keeping_passkeys, passkeys
from accounts.views.base import NEVER_STORED, STEP_UP, OwnView
from accounts.views.signing_in import LOGINS, logged_in_response
from echomate.errors import NotFound
from echomate.ids import at_milliseconds, rfc3339
from echomate.throttling import Policy
from echomate.views import ApiView

CHALLENGES = Policy("passkey-options", 60, 300, scope="address")
CEREMONIES = Policy("passkeys", 60, 3600)

PASSKEY = OpenApiParameter(
    "passkey",
    {"type": "string", "pattern": f"^[0-9a-f]{{{ID_LENGTH}}}$", "maxLength": ID_LENGTH},
    OpenApiParameter.PATH,
    description="The id of a passkey.",
)


class RegistrationOptionsView(OwnView):
    policies = {"POST": CEREMONIES}

    @extend_schema(
        operation_id="createPasskeyOptions",
        tags=["auth"],
        request=None,
        responses={
            200: CreationOptionsSerializer,
            403: STEP_UP,
            409: OpenApiResponse(description="The account has as many passkeys as it may have."),
        },
    )
    def post(self, request: Request) -> Response:
        """What a browser makes a passkey of."""
        stepping_up.require(self.viewer)
        options = keeping_passkeys.registration_options(selectors.own_user(self.viewer.id), self.viewer.sid)
        return Response(options, headers=NEVER_STORED)


class StepUpOptionsView(OwnView):
    policies = {"POST": CEREMONIES}

    @extend_schema(
        operation_id="createPasskeyStepUpOptions",
        tags=["auth"],
        request=None,
        responses={200: RequestOptionsSerializer},
    )
    def post(self, request: Request) -> Response:
        """What a browser asks for a passkey with, for a step-up."""
        user = selectors.own_user(self.viewer_id)
        options = passkeys.authentication_options(user, purpose=Purpose.STEP_UP)
        return Response(options, headers=NEVER_STORED)


class PasskeysView(OwnView):
    idempotent = frozenset({"POST"})
    policies = {"POST": CEREMONIES}

    @extend_schema(operation_id="listPasskeys", tags=["auth"], responses={200: PasskeysSerializer})
    def get(self, request: Request) -> Response:
        """One's passkeys, the oldest first."""
        results = [_shown(passkey) for passkey in selectors.own_passkeys(self.viewer_id)]
        return self.whole_list(results)

    @extend_schema(
        operation_id="addPasskey",
        tags=["auth"],
        request=AddPasskeySerializer,
        responses={
            201: PasskeySerializer,
            400: OpenApiResponse(description="`passkey-invalid`: begin again with new options."),
            409: OpenApiResponse(description="It is registered already, or there are too many."),
        },
    )
    def post(self, request: Request) -> Response:
        """Keep a passkey that was made with the options of this session."""
        given = self.validated(AddPasskeySerializer)
        passkey = keeping_passkeys.add_passkey(
            self.viewer.id,
            self.viewer.sid,
            given["credential"],
            name=given["name"],
            creation=self.creation,
        )
        location = f"/api/v1/auth/passkeys/{passkey.id}"
        return Response(_shown(passkey), status=201, headers={"Location": location})


class PasskeyView(OwnView):
    @extend_schema(
        operation_id="readPasskey", tags=["auth"], parameters=[PASSKEY], responses={200: PasskeySerializer}
    )
    def get(self, request: Request, passkey: str) -> Response:
        """One of one's passkeys."""
        return Response(_shown(selectors.own_passkey(self.viewer_id, _id_or_404(passkey))))

    @extend_schema(
        operation_id="editPasskey",
        tags=["auth"],
        parameters=[PASSKEY],
        request=RenamePasskeySerializer,
        responses={200: PasskeySerializer},
    )
    def patch(self, request: Request, passkey: str) -> Response:
        """Give a passkey another name."""
        id_ = _id_or_404(passkey)
        given = self.validated(
            RenamePasskeySerializer, permit=lambda: selectors.own_passkey(self.viewer_id, id_)
        )
        return Response(_shown(keeping_passkeys.rename_passkey(self.viewer_id, id_, name=given["name"])))

    @extend_schema(
        operation_id="deletePasskey",
        tags=["auth"],
        parameters=[PASSKEY],
        responses={
            204: OpenApiResponse(),
            403: STEP_UP,
            409: OpenApiResponse(description="`last-credential`: it is the only way to log in."),
        },
    )
    def delete(self, request: Request, passkey: str) -> Response:
        """Forget a passkey."""
        stepping_up.require(self.viewer)
        keeping_passkeys.remove_passkey(selectors.own_user(self.viewer.id), _id_or_404(passkey))
        return Response(status=204)


class LoginOptionsView(ApiView):
    anonymous = True
    authentication_classes = ()
    policies = {"POST": CHALLENGES}

    @extend_schema(
        operation_id="createPasskeyLoginOptions",
        tags=["auth"],
        request=None,
        responses={200: RequestOptionsSerializer},
    )
    def post(self, request: Request) -> Response:
        """What a browser asks for a passkey with, to log in by it alone."""
        return Response(passkeys.authentication_options(None), headers=NEVER_STORED)


class PasskeyLoginView(ApiView):
    anonymous = True
    authentication_classes = ()
    policies = {"POST": LOGINS}

    @extend_schema(
        operation_id="logInWithPasskey",
        tags=["auth"],
        request=PasskeyLoginSerializer,
        responses={
            200: LoggedInSerializer,
            401: OpenApiResponse(description="`passkey-invalid`: begin again with new options."),
            403: OpenApiResponse(description="The account is suspended, or being erased."),
        },
    )
    def post(self, request: Request) -> Response:
        """Begin a session with a passkey alone, whose authenticator has verified the user."""
        given = self.validated(PasskeyLoginSerializer)
        origin = origin_of(request, device_token=given.get("device_token"))
        logged_in = passkeys.log_in_with_passkey(given["credential"], origin=origin, restore=given["restore"])
        return logged_in_response(request, logged_in, given["token_delivery"])


def _id_or_404(text: str) -> str:
    if not re.fullmatch(rf"[0-9a-f]{{{ID_LENGTH}}}", text):
        raise NotFound
    return text


def _shown(passkey: Passkey) -> dict[str, Any]:
    return {
        "id": passkey.id,
        "name": passkey.name,
        "created_at": _moment(int(passkey.created_at or 0)),
        "last_used_at": _moment(int(passkey.last_used_at)) if passkey.last_used_at else None,
        "transports": passkey.transports,
        "aaguid": passkey.aaguid,
        "backed_up": passkey.backed_up,
    }


def _moment(milliseconds: int) -> str:
    return rfc3339(at_milliseconds(milliseconds))
