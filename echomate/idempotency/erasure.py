"""Why an erasure leaves claims alone."""

from echomate import privacy

privacy.not_erased(
    "idempotency_claim",
    because="It is over a day after the call, and an erasure is due weeks after the last call that it lets through.",
)
