"""The mail that a test has sent, and the links in it."""

import hashlib
import re
from typing import Any
from urllib.parse import parse_qs, urlsplit

from django.core import mail as outgoing

from accounts import mail
from accounts.services import addresses, resetting
from accounts.tests.acting import claims_of
from echomate import dynamodb, jobs, keys, table
from echomate.config import config
from echomate.ids import now_seconds
from echomate.testing.client import Person

KINDS = (mail.KIND, resetting.KIND, addresses.KIND)


def waiting() -> list[int]:
    """The jobs of mail that wait, anybody's."""
    shards = [shard for kind in KINDS for shard in jobs.shards_of(kind)]
    return [table.last_id(entry["PK"]["S"]) for shard in shards for entry in table.query(shard, index="GSI2")]


def letters(address: str) -> list[Any]:
    """What was mailed to an address by now, the oldest first."""
    for job in waiting():
        jobs.run(job)
    return [message for message in outgoing.outbox if message.to == [address]]


def letter(address: str, template: str) -> Any:
    """The last mail of a template to an address."""
    sent = [message for message in letters(address) if f".{template}@" in message.extra_headers["Message-ID"]]
    assert sent, f"no mail {template} to {address}"
    return sent[-1]


def url_in(message: Any) -> str:
    """The link that does what the mail is about."""
    (url,) = re.findall(r"^(https?://\S+/account/(?!unsubscribe)\S+)$", message.body, re.MULTILINE)
    return str(url)


def token_in(message: Any) -> str:
    return parse_qs(urlsplit(url_in(message)).query)["token"][0]


def token(address: str, template: str) -> str:
    """The token in the last mail of a template to an address."""
    return token_in(letter(address, template))


def step_up(person: Person) -> None:
    """As if they had just shown who they are."""
    sid = claims_of(person.access)["sid"]
    change = {
        "TableName": config.table_name,
        "Key": table.wire_key(keys.session(person.id, sid)),
        "UpdateExpression": "SET SteppedUpUntil = :until",
        "ExpressionAttributeValues": dynamodb.wire_item({":until": now_seconds() + 600}),
    }
    dynamodb.call("UpdateItem", change)


def expire(found: str) -> None:
    """As if the time of a token were over, and DynamoDB hadn't removed it yet."""
    digest = hashlib.sha256(found.encode()).hexdigest()
    change = {
        "TableName": config.table_name,
        "Key": table.wire_key(keys.mail_token(digest)),
        "UpdateExpression": "SET ExpiresAt = :past",
        "ConditionExpression": "attribute_exists(PK)",
        "ExpressionAttributeValues": dynamodb.wire_item({":past": now_seconds() - 1}),
    }
    dynamodb.call("UpdateItem", change)


def confirm(person: Person) -> None:
    """Verify the address of a person by the welcome mail's link."""
    response = person.post("/auth/verify-email", {"token": token(person.email, "welcome")})
    assert response.status_code == 204, response.content


def move(person: Person, address: str) -> None:
    """Change a person's address, as confirmed at the new one."""
    step_up(person)
    asked = person.post("/auth/change-email", {"email": address})
    assert asked.status_code == 202, asked.content
    response = person.post("/auth/verify-email", {"token": token(address, "change-email")})
    assert response.status_code == 204, response.content
