"""Something of every kind that the table may hold of a user, planted for one who will be erased.

A new entity needs a planter here, or a reason in the register why no erasure removes it.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from io import BytesIO

from accounts import devices
from accounts.models import (
    Passkey,
    Purpose,
    RecoveryCodes,
    Totp,
    User,
    mail_token,
    oidc_claim,
    oidc_link,
    oidc_sighting,
    pending_totp,
)
from accounts.models.sessions import KnownDevice
from accounts.services import verifying
from accounts.tests.acting import log_in
from accounts.tests.mailing import confirm, move, step_up
from echomate import dynamodb, ids, jobs, keys, objects, table
from echomate.config import config
from echomate.ids import now_seconds
from echomate.objects import s3
from echomate.stream import dead_letters
from echomate.table import Item
from echomate.testing.client import Person, unique_name
from media import files
from media.models import new_media
from media.purposes import Purpose as MediaPurpose
from social.models import FollowRequest

MARK = "zebulon"
"""In whatever the planted person says of themselves."""


@dataclass(frozen=True, slots=True)
class Plot:
    """Who is planted, and two others."""

    person: Person
    friend: Person
    foe: Person
    post: str
    """Of the friend's."""

    @property
    def user(self) -> User:
        found = User.read(keys.user(self.person.id))
        assert found is not None
        return found


Planter = Callable[[Plot], None]

_planters: dict[str, Planter] = {}


def plants(*entities: str) -> Callable[[Planter], Planter]:
    def enter(planter: Planter) -> Planter:
        _planters.update(dict.fromkeys(entities, planter))
        return planter

    return enter


def planted_entities() -> set[str]:
    return set(_planters)


def plant_everything(plot: Plot) -> None:
    for planter in dict.fromkeys(_planters.values()):
        planter(plot)


def entities() -> Iterator[str]:
    """All that the product's table may hold, but what only tests put there."""
    for model in _models(Item):
        if ".tests." not in model.__module__:
            yield str(model.get_attributes()["entity_type"].get_discriminator(model))  # type: ignore[attr-defined]  # PynamoDB's
    yield "dead_letter"


def _models(model: type[Item]) -> Iterator[type[Item]]:
    for child in model.__subclasses__():
        yield child
        yield from _models(child)


@plants("user", "username_claim", "email_claim")
def plant_profile(plot: Plot) -> None:
    profile = {
        "full_name": MARK,
        "bio": f"I am {MARK}",
        "location": MARK,
        "website": f"https://{MARK}.example",
    }
    assert plot.person.patch("/users/me", profile).status_code == 200
    confirm(plot.person)
    address = f"{plot.person.username}.new@example.org"
    move(plot.person, address)
    plot.person.email = address
    name = unique_name("anew")
    step_up(plot.person)
    assert plot.person.post("/auth/change-username", {"username": name}).status_code == 200
    plot.person.username = name


@plants("lookalike_claim", "verified_name")
def plant_mark(plot: Plot) -> None:
    verifying.verify(plot.user)


@plants("session")
def plant_session(plot: Plot) -> None:
    assert log_in(plot.person.username, plot.person.password).status_code == 200


@plants("known_device")
def plant_device(plot: Plot) -> None:
    key = devices.key_of(plot.person.id, "x" * 32)
    assert key is not None
    KnownDevice(*key, created_at=table.clock(), expires_at=now_seconds() + 600).save()


@plants("mail_token")
def plant_link(plot: Plot) -> None:
    for life in (600, -60):  # one that is over may still lie there
        mail_token(
            Purpose.RESET,
            plot.user,
            digest=f"{MARK}{life}",
            address=plot.person.email,
            expires_at=now_seconds() + life,
            job=ids.new_id(),
        ).save()


@plants("oidc_claim", "oidc_link", "oidc_sighting")
def plant_provider(plot: Plot) -> None:
    user = plot.person.id
    oidc_claim(user, MARK, issuer="https://issuer.example").save()
    oidc_link(user, MARK, issuer="https://issuer.example", label=MARK).save()
    oidc_sighting(user, MARK, digest=MARK, expires_at=now_seconds() + 600).save()


@plants("passkey")
def plant_passkey(plot: Plot) -> None:
    Passkey(
        *keys.passkey(plot.person.id, MARK),
        credential_id=MARK,
        public_key="key",
        sign_count=0,
        aaguid="0",
        backup_eligible=False,
        backed_up=False,
        name=MARK,
    ).save()


@plants("totp", "pending_totp", "recovery_codes")
def plant_second_factors(plot: Plot) -> None:
    user = plot.person.id
    Totp(
        *keys.totp(user), gsi2pk=keys.sealed(MARK), gsi2sk=keys.user_partition(user), sealed="x", last_step=1
    ).save()
    pending_totp(user, "JBSWY3DPEHPK3PXP", sid=MARK).save()
    RecoveryCodes(*keys.recovery_codes(user), digests={MARK}).save()


@plants("follow", "block", "blocked_by")
def plant_graph(plot: Plot) -> None:
    person, friend, foe = plot.person, plot.friend, plot.foe
    assert person.post(f"/users/{friend.id}/follow").status_code == 200
    assert friend.post(f"/users/{person.id}/follow").status_code == 200
    assert foe.post(f"/users/{person.id}/block").status_code == 200
    assert person.post(f"/users/{foe.id}/block").status_code in {200, 404}


@plants("follow_request", "mute")
def plant_wishes(plot: Plot) -> None:
    """Both ways. An account that is there no more accepts and rejects nobody."""
    person, friend, gone = plot.person, plot.friend, ids.new_id()
    assert person.post(f"/users/{friend.id}/mute", {"until": "2035-01-01T00:00:00Z"}).status_code == 200
    assert friend.post(f"/users/{person.id}/mute").status_code == 200
    assert person.patch("/users/me", {"locked": True}).status_code == 200
    for follower, followed in ((person.id, gone), (gone, person.id)):
        FollowRequest.between(follower=follower, followed=followed).save()


@plants("post", "post_version", "like", "bookmark", "tag_entry")
def plant_writings(plot: Plot) -> None:
    for number, visibility in enumerate(("public", "followers", "public")):
        made = plot.person.post("/posts", {"content": f"{MARK} {number} #{MARK}", "visibility": visibility})
        assert made.status_code == 201
        edited = plot.person.patch(f"/posts/{made.json()['id']}", {"content": f"{MARK} again #{MARK}"})
        assert edited.status_code == 200
        assert plot.friend.post(f"/posts/{made.json()['id']}/like").status_code == 200
        assert plot.friend.post(f"/posts/{made.json()['id']}/bookmark").status_code == 200
    for mark in ("like", "bookmark"):
        assert plot.person.post(f"/posts/{plot.post}/{mark}").status_code == 200


@plants("mention_entry")
def plant_mentions(plot: Plot) -> None:
    """In a post, in what it was before an edit, and in a comment, of others; one of them names another, too."""
    name = plot.person.username
    made = plot.friend.post("/posts", {"content": f"@{name} and @{plot.foe.username}, @{name.upper()}!"})
    assert made.status_code == 201
    post = made.json()["id"]
    assert plot.friend.patch(f"/posts/{post}", {"content": f"again @{name}"}).status_code == 200
    under = f"/posts/{post}/comments"
    assert plot.friend.post(under, {"content": f"<@{name}>"}).status_code == 201


@plants("media")
def plant_media(plot: Plot) -> None:
    medium = new_media(
        ids.new_id(),
        owner=plot.person.id,
        purpose=MediaPurpose.POST,
        type_="image/png",
        size=1,
        alt=MARK,
        nonce="nonce",
    )
    medium.save()
    content = BytesIO(MARK.encode())
    objects.put(files.original(plot.person.id, int(medium.id)), content, content_type="image/png")
    s3().put_object(Bucket=config.media_bucket, Key=f"{medium.folder}320.webp", Body=b"picture")


@plants("comment", "comment_like")
def plant_comments(plot: Plot) -> None:
    """One is answered, one not; the friend's own is liked."""
    under = f"/posts/{plot.post}/comments"
    made = [plot.person.post(under, {"content": f"{MARK} {number}"}).json()["id"] for number in range(2)]
    for comment in made:
        assert plot.friend.post(f"/comments/{comment}/like").status_code == 200
    answer = plot.friend.post(under, {"content": "hello", "parent_id": made[1]}).json()["id"]
    assert plot.person.post(f"/comments/{answer}/like").status_code == 200


@plants("job")
def plant_job(plot: Plot) -> None:
    jobs.add(
        jobs.job(
            "planted",
            {"user": str(plot.person.id), "note": MARK},
            user=plot.person.id,
            delay=timedelta(days=1),
        )
    )
    objects.put(f"exports/{plot.person.id}/1.zip", BytesIO(MARK.encode()), content_type="application/zip")


@plants("dead_letter")
def plant_dead_letters(plot: Plot) -> None:
    """One of their own, and one of somebody who followed them."""
    for number, (one, other) in enumerate(
        ((plot.person, plot.friend), (plot.friend, plot.person), (plot.friend, plot.foe)), 1
    ):
        pk, sk = keys.follow(one.id, other.id)
        image = dynamodb.wire_item({"PK": pk, "SK": sk, "EntityType": "follow"})
        change = {"Keys": table.wire_key((pk, sk)), "NewImage": image, "SequenceNumber": str(number)}
        record = {"eventName": "INSERT", "dynamodb": {**change, "ApproximateCreationDateTime": 1.0}}
        dead_letters.park("planted", record, ValueError(pk))
