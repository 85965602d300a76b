"""Stepping up: showing again who one is, by one proof. What may be done then asks `accounts.stepping_up.require`.

Who has a second factor shows that: a password or a fresh login at a provider won't do alone, a one-time
password, a recovery code or a passkey will. A code by mail is for those who have neither password nor second factor.
"""

from collections.abc import Callable
from hmac import compare_digest
from typing import Any

from accounts import guessing, mail, mail_links, passwords
from accounts.models import STEP_UP_SECONDS, User
from accounts.origins import NOWHERE, Origin
from accounts.passkeys.challenges import Purpose
from accounts.services import oidc, second_factors
from echomate import cache, dynamodb, jobs, keys, transactions
from echomate.dynamodb import DynamoDBError, Wire
from echomate.errors import Conflict, Unauthenticated
from echomate.ids import now_seconds
from echomate.stream import wake

CODE_SECONDS = 600
CODE_TRIES = 5

Proof = Callable[[User, str, Any, Origin], None]


def step_up(user: User, sid: str, *, proof: str, given: Any, origin: Origin = NOWHERE) -> None:
    """Let a session do for 10 minutes what asks for it. `proof` is one of `PROOFS`, `given` its value.

    Raises `Unauthenticated`: `bad-credentials`, `otp-invalid`, `passkey-invalid`, `oidc-refused`; `otp-required` where
    the proof is good and isn't enough; `session-revoked`.
    """
    PROOFS[proof](user, sid, given, origin)
    _update_session(
        user.id,
        sid,
        change="SET #SteppedUpUntil = :until REMOVE #CodeNonce, #CodeUntil, #CodeTries",
        until=now_seconds() + STEP_UP_SECONDS,
    )


def _by_password(user: User, sid: str, password: str, origin: Origin) -> None:
    with guessing.counted(guessing.PASSWORDS, str(user.id), origin, session=sid):
        if not passwords.matches(password, user.password_hash):
            raise Unauthenticated(type="bad-credentials")
    _refuse_one_factor(user)


def _by_otp(user: User, sid: str, code: str, origin: Origin) -> None:
    second_factors.use_code(user, code, origin=origin, session=sid)


def _by_passkey(user: User, _sid: str, assertion: Any, _origin: Origin) -> None:
    second_factors.use_passkey(user, assertion, purpose=Purpose.STEP_UP)


def _by_oidc(user: User, _sid: str, login: Any, _origin: Origin) -> None:
    oidc.verify_fresh_login(user, login)
    _refuse_one_factor(user)


def _by_mailed_code(user: User, sid: str, code: str, origin: Origin) -> None:
    with guessing.counted(guessing.CODES, str(user.id), origin, session=sid):
        nonce = _count_try(user.id, sid)
        if nonce is None or not compare_digest(mail_links.code_of(nonce).encode(), code.encode()):
            raise Unauthenticated(type="otp-invalid")
    _refuse_one_factor(user)


def _refuse_one_factor(user: User) -> None:
    if second_factors.has_one(user):
        raise second_factors.required(user, purpose=Purpose.STEP_UP)


def _count_try(user: int, sid: str) -> str | None:
    """What the mailed code is made of, while it is good and has a try left."""
    request = transactions.expressions(
        "#CodeUntil > :now AND #CodeTries < :most",
        change="ADD #CodeTries :one",
        values={"now": now_seconds(), "most": CODE_TRIES, "one": 1},
    )
    key = transactions.of(keys.session(user, sid))
    answer = dynamodb.attempt("UpdateItem", {**key, **request, "ReturnValues": "ALL_NEW"})
    return str(answer["Attributes"]["CodeNonce"]["S"]) if answer else None


PROOFS: dict[str, Proof] = {
    "password": _by_password,
    "otp": _by_otp,
    "passkey": _by_passkey,
    "oidc": _by_oidc,
    "code": _by_mailed_code,
}


def send_code(user: User, sid: str) -> None:
    """Mail a code of eight digits, good for 10 minutes and 5 tries, for this session only, in place of an earlier one.

    Raises `Conflict` for who has a password or a second factor, or no address that is verified.
    """
    if user.password_hash or second_factors.has_one(user):
        raise Conflict("Step up with the password or the second factor: a code is for who has neither.")
    if not (user.email and user.email_verified):
        raise Conflict("There is no verified address that a code could go to: log in at the provider again.")
    nonce = mail_links.new_nonce()
    change = "SET #CodeNonce = :nonce, #CodeUntil = :until, #CodeTries = :none"
    values = {"nonce": nonce, "until": now_seconds() + CODE_SECONDS, "none": 0}
    code = mail.job(
        "step-up-code", to=user.id, code_nonce=nonce, credential_version=int(user.credential_version)
    )
    _update_session(user.id, sid, jobs.put_item(code), change=change, **values)
    cache.forget_parts([wake.COMMAND])


def _update_session(user: int, sid: str, *more: Wire, change: str, **values: Any) -> None:
    """Change a session that stands still. Raises `Unauthenticated` (`session-revoked`)."""
    there = "attribute_exists(PK) AND #ExpiresAt > :now"
    part = transactions.update(
        keys.session(user, sid), change=change, condition=there, now=now_seconds(), **values
    )
    try:
        transactions.commit([part, *more])
    except DynamoDBError as error:
        raise Unauthenticated(type="session-revoked") if transactions.failed(error, 0) else error from error
