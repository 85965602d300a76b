"""What can go wrong, in the product's own terms. `problems.py` turns each into a problem document."""

from collections.abc import Mapping, Sequence

FieldErrors = Mapping[str, Sequence[str]]


class EchomateError(Exception):
    """Base of all. `type` is the stable last part of the problem's type; titles are in `problems.TITLES`."""

    status = 500
    type = "internal-error"

    def __init__(
        self,
        detail: str = "",
        *,
        type: str | None = None,
        errors: FieldErrors | None = None,
        headers: Mapping[str, str] | None = None,
        **extra: object,
    ) -> None:
        super().__init__(detail or self.type)
        self.detail = detail
        self.type = type or self.type
        self.errors = errors
        self.headers = dict(headers or {})
        self.extra = extra


class Invalid(EchomateError):
    status, type = 400, "invalid"


class Unauthenticated(EchomateError):
    status, type = 401, "not-authenticated"


class Forbidden(EchomateError):
    status, type = 403, "forbidden"


class StepUpRequired(Forbidden):
    """The same call is good once the session has been stepped up; so this refusal doesn't count as a call."""

    type = "step-up-required"


class NotFound(EchomateError):
    status, type = 404, "not-found"


class Conflict(EchomateError):
    status, type = 409, "conflict"


class PreconditionFailed(EchomateError):
    status, type = 412, "edit-conflict"


class RateLimited(EchomateError):
    status, type = 429, "rate-limited"


class DependencyAway(EchomateError):
    """A store can't be reached, or refuses for the moment. The caller may come back after `Retry-After`."""

    status, type = 503, "unavailable"

    def __init__(self, dependency: str, detail: str = "", *, retry_after: int = 2) -> None:
        super().__init__(
            detail or f"{dependency} can't be reached at the moment",
            headers={"Retry-After": str(retry_after)},
        )
        self.dependency = dependency
