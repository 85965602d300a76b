"""What accounts remove of a user who is erased. What was entered first goes last."""

from collections.abc import Iterator

from accounts.models.erasures import Erasure
from echomate import cache, dynamodb, jobs, keys, objects, privacy, table, transactions
from echomate.dynamodb import DynamoDBError
from echomate.keys import Key

KEYS = ("PK", "SK")

privacy.remembers(keys.cached_user, keys.cached_user_stats)
privacy.not_erased("used_challenge", because="It names nobody, and goes within the hour.")
privacy.not_erased(
    "oidc_login", because="It goes within minutes; none is made for an account that isn't active."
)
privacy.not_erased("erasure", because="It is the erasure itself, whose last step removes it.")
privacy.not_erased(
    "erasure_receipt", because="It proves the erasure: it holds the id, and says nothing else of anybody."
)


@privacy.erases(
    "account", "user", "passkey", "totp", "pending_totp", "recovery_codes", "oidc_sighting", "known_device"
)
def erase_account(user: int) -> Iterator[int]:
    """The user's partition, with whatever is left in it: the counters, which the projector may have made anew."""
    for step in privacy.in_steps(table.query(keys.user_partition(user), attributes=KEYS)):
        yield table.delete_all(map(table.key_of, step))


@privacy.erases("names and addresses", "username_claim", "email_claim", "lookalike_claim", "verified_name")
def erase_claims(user: int) -> Iterator[int]:
    """From then on they are anybody's."""
    erasure = Erasure.read(keys.erasure(user))
    for claim in erasure.claims if erasure else ():
        yield _give_up(claim, user)


@privacy.erases("logins of providers", "oidc_claim", "oidc_link")
def erase_providers(user: int) -> Iterator[int]:
    """The claim goes first, so that the link leads to it as long as it is there."""
    for item in table.query(keys.user_partition(user), prefix=keys.OIDC_LINK, attributes=KEYS):
        link = table.key_of(item)
        claim = keys.oidc_claim(link[1].removeprefix(keys.OIDC_LINK))
        yield _give_up(claim, user) + table.delete_all([link])


def _give_up(claim: Key, user: int) -> int:
    """Delete a claim, unless it is another's by now."""
    deletion = {**transactions.delete(claim, condition="#User = :user", user=user)["Delete"]}
    try:
        dynamodb.call("DeleteItem", deletion)
    except DynamoDBError as error:
        if error.code != "ConditionalCheckFailedException":
            raise
        return 0
    return 1


@privacy.erases("sessions", "session")
def erase_sessions(user: int) -> Iterator[int]:
    sessions = table.query(keys.user_partition(user), prefix=keys.SESSION, attributes=KEYS)
    for step in privacy.in_steps(sessions):
        found = [table.key_of(item) for item in step]
        removed = table.delete_all(found)
        cache.ask(*(("DEL", keys.session_state(sort.removeprefix(keys.SESSION))) for _, sort in found))
        yield removed


@privacy.erases("links in mails", "mail_token")
def erase_mail_tokens(user: int) -> Iterator[int]:
    links = table.query(keys.mail_tokens_of(user), index="GSI1", attributes=KEYS)
    for step in privacy.in_steps(links):
        yield table.delete_all(map(table.key_of, step))


@privacy.erases("links that could not be mailed", "job")
def erase_failed_mail(user: int) -> Iterator[int]:
    """Jobs that anybody may have asked for, and that were given up: they know the address by its claim alone."""
    erasure = Erasure.read(keys.erasure(user))
    claims = {partition for partition, _ in erasure.claims} if erasure else set()
    for job in jobs.failed() if claims else ():
        if job.payload.get("claim") in claims:
            yield table.delete_all([(job.pk, job.sk)])


@privacy.erases("files")
def erase_files(user: int) -> Iterator[int]:
    """Exports, and what was brought for an import."""
    for prefix in objects.FLEETING:
        yield objects.remove_all(f"{prefix}{user}/")
