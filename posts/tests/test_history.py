"""What a post was before its edits, and what becomes of it."""

from collections.abc import Iterable
from functools import partial

import pytest

from echomate import cache, dynamodb, jobs, keys, table
from echomate.config import config
from echomate.errors import DependencyAway
from echomate.keys import Key
from echomate.metering import metering
from echomate.testing.projecting import Projecting
from echomate.testing.proxy import Proxy
from echomate.testing.races import together
from posts import sweeping, versions
from posts.comments.walking import items_of
from posts.tests.actor import Actor, Person
from social import services as social

pytestmark = pytest.mark.store


def hanging_on(post: int) -> list[str]:
    """The sort keys of what stands beside a post, but its counters."""
    items = table.query(keys.post_partition(post), attributes=("SK",))
    return [key for item in items if (key := item["SK"]["S"]) not in {"POST", keys.STATS}]


def comments_on(post: int) -> list[int]:
    return [int(item["Id"]["N"]) for item in items_of(post)]


# --- what the history shows -------------------------------------------------------------------------------------------


def test_each_edit_adds_what_the_post_was_before_it(ann: Person, nobody: Actor) -> None:
    path = f"posts/{ann.publish('first', spoiler_text='cw', sensitive=True, language='de')}"
    assert nobody.get(f"{path}/history").json["results"] == []
    original = ann.get(path).json
    second = ann.patch(path, {"content": "second"}).json
    ann.put(path, {"content": "third"})
    later, earlier = nobody.get(f"{path}/history").json["results"]
    assert earlier == {
        "version": 1,
        "content": "first",
        "content_html": "<p>first</p>",
        "language": "de",
        "sensitive": True,
        "spoiler_text": "cw",
        "created_at": original["created_at"],
    }
    assert (later["version"], later["content"], later["created_at"]) == (2, "second", second["edited_at"])


def test_an_edit_that_is_refused_or_changes_nothing_leaves_no_trace(ann: Person, bob: Person) -> None:
    path = f"posts/{ann.publish('first')}"
    assert ann.patch(path, {"content": "first"}).status == 200
    assert ann.patch(path, {"content": "second"}, If_Match='"7.x"').status == 412
    assert ann.patch(path, {"content": "second", "visibility": "followers"}).status == 400
    assert bob.patch(path, {"content": "second"}).status == 403
    assert ann.get(f"{path}/history").json["results"] == []


def test_the_history_pages_from_the_last_edit_to_the_first(ann: Person) -> None:
    path = f"posts/{ann.publish('1')}"
    for number in range(2, 7):
        ann.patch(path, {"content": str(number)})
    seen, url = [], f"{path}/history?limit=2"
    while url:
        page = ann.get(url).json
        seen += [version["content"] for version in page["results"]]
        url = page["next"]
    assert seen == ["5", "4", "3", "2", "1"]


def test_of_edits_at_the_same_time_each_stands_on_the_one_before(ann: Person) -> None:
    path = f"posts/{ann.publish('0')}"
    texts = [str(number) for number in range(1, 6)]
    answers = together(*(partial(ann.patch, path, {"content": text}) for text in texts))
    done = [text for text, answer in zip(texts, answers, strict=True) if answer.status == 200]
    assert {answer.status for answer in answers} <= {200, 412}
    history = ann.get(f"{path}/history").json["results"]
    assert [version["version"] for version in history] == list(range(len(done), 0, -1))
    contents = [ann.get(path).json["content"], *(version["content"] for version in history)]
    assert (sorted(contents), contents[-1]) == (["0", *done], "0")


def test_an_edit_reaches_everybody_at_once(ann: Person, bob: Person, nobody: Actor) -> None:
    post = ann.publish("before")
    for reader in (ann, bob, nobody):
        assert reader.get(f"posts/{post}").json["content"] == "before"
    ann.patch(f"posts/{post}", {"content": "after"})
    for reader in (ann, bob, nobody):
        assert reader.get(f"posts/{post}").json["content"] == "after"
        assert reader.get(f"posts?ids={post}").json["results"][0]["content"] == "after"
        assert reader.get(f"users/{ann.id}/posts").json["results"][0]["content"] == "after"


def test_one_who_loses_sight_of_the_post_loses_its_history(ann: Person, bob: Person) -> None:
    post = ann.publish("first", visibility="followers")
    ann.patch(f"posts/{post}", {"content": "second"})
    assert bob.get(f"posts/{post}/history").status == 404
    social.follow(follower=bob.id, followed=ann.id)
    assert bob.get(f"posts/{post}/history").json["results"][0]["content"] == "first"
    social.unfollow(follower=bob.id, followed=ann.id)
    assert bob.get(f"posts/{post}/history").status == 404


def test_who_is_mentioned_by_an_edit_sees_no_version_that_was_for_others_alone(
    ann: Person, bob: Person
) -> None:
    carol = Person()
    post = ann.publish(f"for @{bob.name}, about her", visibility="mentioned")
    ann.patch(f"posts/{post}", {"content": f"for @{bob.name} and @{carol.name}"})
    ann.patch(f"posts/{post}", {"content": f"and once more: @{bob.name} @{carol.name}"})

    def versions(viewer: Person) -> list[int]:
        return [one["version"] for one in viewer.get(f"posts/{post}/history").json["results"]]

    assert (versions(ann), versions(bob), versions(carol)) == ([2, 1], [2, 1], [2])


def test_an_edit_takes_a_mention_back_and_with_it_the_sight(ann: Person, bob: Person) -> None:
    carl = Person()
    post = ann.publish(f"for @{bob.name}", visibility="mentioned")
    assert (bob.get(f"posts/{post}").status, carl.get(f"posts/{post}").status) == (200, 404)
    ann.patch(f"posts/{post}", {"content": f"for @{carl.name}"})
    assert (bob.get(f"posts/{post}").status, carl.get(f"posts/{post}").status) == (404, 200)


def test_an_edit_costs_what_a_transaction_of_two_items_does(ann: Person) -> None:
    path = f"posts/{ann.publish('first')}"
    ann.get(path)
    with metering() as meter:
        ann.patch(path, {"content": "second"})
    writes = [call for call in meter.dynamodb if call[0] == "TransactWriteItems"]
    assert [name for name, _ in writes] == ["TransactWriteItems"]
    assert writes[0][1] <= 4


# --- how many, and what they cost -------------------------------------------------------------------------------------


def version_numbers(reader: Actor, post: int) -> list[int]:
    found: list[int] = []
    url: str | None = f"posts/{post}/history?limit=3"
    while url:
        page = reader.get(url).json
        found += [version["version"] for version in page["results"]]
        url = page["next"]
    return found


def test_of_many_versions_the_first_and_the_latest_are_kept(
    ann: Person, nobody: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(versions, "KEPT", 4)
    post = ann.publish("1")
    for number in range(2, 9):
        ann.patch(f"posts/{post}", {"content": str(number)})
        former = list(range(number - 1, 0, -1))
        kept = former if len(former) <= 4 else [*former[:3], 1]
        assert version_numbers(nobody, post) == kept
        assert sorted(hanging_on(post)) == sorted(keys.version(post, n)[1] for n in kept)
    assert [one["content"] for one in nobody.get(f"posts/{post}/history").json["results"]] == [
        *("7", "6", "5", "1")
    ]


def test_there_are_fifty_of_them() -> None:
    assert versions.numbers(1) == []
    assert versions.numbers(2) == [1]
    assert versions.numbers(51) == list(range(50, 0, -1))
    assert versions.numbers(52) == [*range(51, 2, -1), 1]
    assert len(versions.numbers(1000)) == 50


def test_edits_at_the_same_time_keep_no_more(ann: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(versions, "KEPT", 3)
    post = ann.publish("0")
    together(*(partial(ann.patch, f"posts/{post}", {"content": str(n)}) for n in range(1, 9)))
    last = int(ann.get(f"posts/{post}").headers["ETag"].strip('"').partition(".")[0])
    assert version_numbers(ann, post) == versions.numbers(last)
    assert len(hanging_on(post)) == len(versions.numbers(last))


def test_a_warm_history_costs_no_read_of_the_table(ann: Person, nobody: Actor) -> None:
    post = ann.publish("1")
    for number in range(2, 5):
        ann.patch(f"posts/{post}", {"content": str(number)})
    with metering() as cold:
        first = nobody.get(f"posts/{post}/history").json
    assert [name for name, _ in cold.dynamodb].count("BatchGetItem") <= 4
    assert "Query" not in [name for name, _ in cold.dynamodb]
    with metering() as warm:
        assert nobody.get(f"posts/{post}/history").json == first
    assert warm.dynamodb == []
    ann.patch(f"posts/{post}", {"content": "5"})
    assert version_numbers(nobody, post) == [4, 3, 2, 1]


def test_a_long_version_takes_little_of_redis_and_is_shown_whole(ann: Person, nobody: Actor) -> None:
    text = "https://example.org/a?b=1&c=2 " * 160
    post = ann.publish(text)
    ann.patch(f"posts/{post}", {"content": "short"})
    for _ in range(2):
        (version,) = nobody.get(f"posts/{post}/history").json["results"]
        assert version["content"] == text.strip()
        assert version["content_html"].count("<a ") == 160
    assert cache.ask(("HSTRLEN", keys.cached_versions(post), 1))[0] < 1000


def test_redis_away_the_history_is_read_from_the_table(
    ann: Person, nobody: Actor, redis_proxy: Proxy
) -> None:
    post = ann.publish("1")
    ann.patch(f"posts/{post}", {"content": "2"})
    redis_proxy.refuse()
    assert version_numbers(nobody, post) == [1]


def test_a_version_that_is_changed_or_removed_is_cached_no_more(
    ann: Person, bob: Person, projector: Projecting
) -> None:
    """As an erasure does, of one who is mentioned."""
    post = ann.publish(f"with @{bob.name}")
    ann.patch(f"posts/{post}", {"content": "without"})
    assert version_numbers(ann, post) == [1]
    delete = {"TableName": config.table_name, "Key": table.wire_key(keys.version(post, 1))}
    values = {":text": {"S": "nobody"}}
    dynamodb.call(
        "UpdateItem",
        {**delete, "UpdateExpression": "SET Content = :text", "ExpressionAttributeValues": values},
    )
    projector.catch_up()
    assert ann.get(f"posts/{post}/history").json["results"][0]["content"] == "nobody"
    dynamodb.call("DeleteItem", delete)
    projector.catch_up()
    assert version_numbers(ann, post) == []


def test_nothing_of_a_deleted_post_stays_cached(ann: Person) -> None:
    post = ann.publish("1")
    ann.patch(f"posts/{post}", {"content": "2"})
    assert version_numbers(ann, post) == [1]
    ann.delete(f"posts/{post}")
    assert cache.ask(("EXISTS", keys.cached_versions(post))) == [0]


# --- after the deletion -----------------------------------------------------------------------------------------------


def deleted_with_remains(ann: Person, bob: Person) -> int:
    """A post that was edited, liked and deleted."""
    post = ann.publish("first")
    for text in ("second", "third"):
        ann.patch(f"posts/{post}", {"content": text})
    for person in (ann, bob):
        person.post(f"posts/{post}/like")
    comment = bob.post(f"posts/{post}/comments", {"content": "hello"}).json["id"]
    ann.post(f"posts/{post}/comments", {"content": "hello yourself", "parent_id": comment})
    ann.delete(f"posts/{post}")
    return post


def sweep_job(post: int) -> int:
    item = table.get_item(keys.post(post))
    assert item is not None
    return jobs.id_before(int(item["DeletedAt"]["N"]), of=f"{sweeping.SWEEP} {post}")


def make_due(job: int) -> None:
    dynamodb.call(
        "UpdateItem",
        {
            "TableName": config.table_name,
            "Key": table.wire_key(keys.job(job)),
            "UpdateExpression": "SET DueAt = :past",
            "ExpressionAttributeValues": {":past": {"N": "0"}},
        },
    )


def test_what_hung_on_a_deleted_post_goes_a_day_later(
    ann: Person, bob: Person, projector: Projecting
) -> None:
    post = deleted_with_remains(ann, bob)
    projector.catch_up()
    assert (len(hanging_on(post)), len(comments_on(post))) == (4, 2)
    assert bob.get(f"posts/{post}/history").status == 404
    waiting = jobs.Job.read(keys.job(sweep_job(post)))
    assert waiting is not None
    assert waiting.due_at - table.clock() == pytest.approx(24 * 3600 * 1000, abs=10 * 60 * 1000)
    assert not jobs.run(waiting.id)
    make_due(waiting.id)
    assert jobs.run(waiting.id)
    assert hanging_on(post) == []
    assert comments_on(post) == []
    projector.catch_up()
    assert bob.get(f"users/{bob.id}").json["counts"]["likes"] == 0
    assert jobs.Job.read(keys.job(waiting.id)) is None


def test_a_deletion_that_is_projected_twice_is_swept_once(ann: Person) -> None:
    post = ann.publish()
    ann.delete(f"posts/{post}")
    before = waiting()
    for _ in range(2):
        sweeping.expect(post, deleted_at=1_700_000_000_000)
    assert len(waiting() - before) == 1


def waiting() -> set[str]:
    shards = jobs.shards_of(sweeping.SWEEP)
    return {entry["PK"]["S"] for shard in shards for entry in table.query(shard, index="GSI2")}


def test_a_sweep_that_was_broken_off_goes_on(
    ann: Person, bob: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    post = deleted_with_remains(ann, bob)
    delete_all = table.delete_all

    def delete_one_and_break_off(wanted: Iterable[Key]) -> int:
        delete_all(list(wanted)[:1])
        raise DependencyAway("dynamodb")

    def left() -> int:
        return len(hanging_on(post)) + len(comments_on(post))

    monkeypatch.setattr(table, "delete_all", delete_one_and_break_off)
    before = left()
    for number in range(1, 4):
        with pytest.raises(DependencyAway):
            list(sweeping.sweep(post))
        assert left() == before - number
    monkeypatch.undo()
    assert sum(sweeping.sweep(post)) >= before - 3
    assert left() == 0
    assert sum(sweeping.sweep(post)) == 0


def test_a_post_that_is_there_is_not_swept(ann: Person, bob: Person) -> None:
    post = ann.publish()
    bob.post(f"posts/{post}/like")
    assert list(sweeping.sweep(post)) == []
    assert len(hanging_on(post)) == 1


def test_the_export_holds_what_posts_were(ann: Person) -> None:
    from posts.exports import former_versions

    post = ann.publish("first")
    ann.patch(f"posts/{post}", {"content": "second"})
    ann.publish("only")
    (row,) = former_versions(ann.id)
    assert (row["post_id"], row["version"], row["content"]) == (str(post), 1, "first")
