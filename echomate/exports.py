"""What the floor's own entities hold of users, and why an export leaves it out."""

from echomate import privacy

privacy.not_exported(
    "idempotency_claim", because="the last day's answers to one's own calls, kept should they come again"
)
privacy.not_exported("job", because="work under way for the account, gone a week after its end")
