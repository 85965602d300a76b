"""Media that everybody may see, at an address that everybody may read, where the settings name one.

Their files get a tag, by which the bucket lets them be read; only then the medium says so, and URLs without an end
are shown. What goes with its post goes from there too.
"""

from datetime import datetime
from typing import Any

from echomate import dynamodb, jobs, keys, objects, transactions
from echomate.config import config
from echomate.jobs import Job
from media.models import Media
from media.services.telling import stale, tell

KIND = "media-publishing"


def expect(media: int, *, of: str, at: datetime) -> None:
    """Add the job that publishes a medium that is attached so, if anything is to be public."""
    if config.media_public_url:
        id_ = jobs.id_before(int(at.timestamp() * 1000), of=f"{KIND} {media}")
        jobs.add_once(jobs.job(KIND, {"media": str(media), "attached": of}, id=id_))


def publish(payload: dict[str, Any], job: Job) -> None:
    media = Media.read(keys.media(int(payload["media"])))
    if media is None or media.attached != payload["attached"]:
        return
    for variant in media.variants:
        objects.make_public(media.folder + variant["name"])
    said = transactions.update(
        (media.pk, media.sk),
        change="SET #Public = :yes",
        condition="#Attached = :attached",
        yes=True,
        attached=media.attached,
    )
    dynamodb.attempt("UpdateItem", said["Update"])
    tell(*(("DEL", key) for key in stale(media.attached)))
