"""Media are used once, by their owner, when they are ready; what nothing uses goes after a day."""

from datetime import timedelta

import pytest

from echomate import ids, jobs, keys, table, transactions
from echomate.dynamodb import DynamoDBError
from echomate.errors import Conflict, EchomateError, Invalid
from echomate.jobs import Job
from echomate.testing.client import Person
from echomate.testing.projecting import Projecting
from echomate.testing.races import together
from media import orphans, services
from media.models import Media, State
from media.purposes import Purpose
from media.tests.ready import ready
from media.tests.uploading import objects_of, picture, uploaded, work

pytestmark = pytest.mark.store

POST = keys.post_partition(7)
OTHER = keys.post_partition(8)


def attach(person: Person, *media: int, to: str = POST) -> bool:
    """Whether a transaction that binds them was done."""
    try:
        transactions.commit(services.attach_items(person.id, media, to=to))
    except DynamoDBError as error:
        return transactions.CONDITION_FAILED not in error.reasons
    return True


def refusal(person: Person, *media: int, to: str = POST) -> EchomateError:
    with pytest.raises(EchomateError) as raised:
        services.require_ready(person.id, media, to=to)
    return raised.value


def test_ready_media_of_ones_own_are_bound_and_again_to_the_same(ann: Person) -> None:
    media = [ready(ann.id) for _ in range(4)]
    shown = services.require_ready(ann.id, media, to=POST)
    assert [one.id for one in shown] == media
    for _ in range(2):
        assert attach(ann, *media)
    assert services.require_ready(ann.id, media, to=POST)
    assert not attach(ann, media[0], to=OTHER)
    assert refusal(ann, media[0], to=OTHER).type == "media-attached"


def test_what_is_not_ready_is_asked_for_again_after_a_second(ann: Person) -> None:
    for state in (State.PENDING, State.PROCESSING):
        media = ready(ann.id, state=state)
        refused = refusal(ann, media)
        assert isinstance(refused, Conflict)
        assert (refused.type, refused.headers) == ("media-not-ready", {"Retry-After": "1"})
        assert not attach(ann, media)


def test_what_is_anothers_rejected_gone_or_for_something_else_is_named_by_its_place(
    ann: Person, bob: Person
) -> None:
    good, his = ready(ann.id), ready(bob.id)
    unfit = (his, ids.new_id(), ready(ann.id, state=State.REJECTED), ready(ann.id, purpose=Purpose.AVATAR))
    for media in unfit:
        refused = refusal(ann, good, media)
        assert isinstance(refused, Invalid)
        assert list(refused.errors or {}) == ["media_ids.1"]
        assert not attach(ann, good, media)
    assert services.require_ready(ann.id, [good], to=POST)[0].attached is None
    said = [dict(refusal(ann, media).errors or {}) for media in unfit[:2]]
    assert said[0] == said[1]


def test_of_many_who_bind_the_same_medium_one_does(ann: Person) -> None:
    media = ready(ann.id)
    bound = together(
        *(lambda post=post: attach(ann, media, to=keys.post_partition(post)) for post in range(1, 9))
    )
    assert bound.count(True) == 1


def test_what_is_shown_is_not_deleted_but_with_what_shows_it(ann: Person, projector: Projecting) -> None:
    media = ready(ann.id)
    assert attach(ann, media)
    answer = ann.delete(f"/media/{media}")
    assert (answer.status_code, answer.json()["type"]) == (409, "/problems/media-attached")
    with pytest.raises(DynamoDBError):
        transactions.commit(services.remove_items([media], attached=OTHER))
    for _ in range(2):
        transactions.commit(services.remove_items([media], attached=POST))
    work(projector)
    assert objects_of(ann) == set()


def day_later(media: str | int) -> None:
    """Run what looks a day after the beginning, now."""
    item = table.batch_get([keys.media(int(media))])[0]
    assert item
    owner = int(item["Owner"]["N"])
    entries = table.query(keys.jobs_of(owner), index="GSI1")
    due = [Job.read((entry["PK"]["S"], entry["SK"]["S"])) for entry in entries]
    for job in due:
        if job and job.kind == orphans.KIND and job.payload["media"] == str(media):
            wait = timedelta(milliseconds=int(job.due_at) - table.clock())
            assert timedelta(hours=23) < wait <= timedelta(hours=24)
            job.update(actions=[Job.due_at.set(1)])
            assert jobs.run(job.id)


@pytest.mark.parametrize("state", ["pending", "ready"])
def test_what_nothing_uses_a_day_after_its_beginning_goes_with_its_objects(
    ann: Person, projector: Projecting, state: str
) -> None:
    media = uploaded(ann, picture()) if state == "pending" else ready(ann.id)
    projector.catch_up()
    day_later(media)
    assert ann.get(f"/media/{media}").status_code == 404
    work(projector)
    assert objects_of(ann) == set()


def test_what_is_used_stays(ann: Person, projector: Projecting) -> None:
    media = ready(ann.id)
    assert attach(ann, media)
    projector.catch_up()
    day_later(media)
    found = Media.read(keys.media(media))
    assert found
    assert found.state == "ready"
    assert objects_of(ann)
