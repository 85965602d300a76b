"""What the projector makes of the graph's changes: exact counters, nothing stale, no forbidden edge."""

import itertools
import random
import threading
from collections.abc import Callable
from functools import partial

import pytest

from echomate import cache, keys, table
from echomate.errors import EchomateError
from echomate.stream.handling import effects_of
from echomate.testing.projecting import Projecting
from social import erasure, projections, selectors, services
from social.models import Block, BlockedBy, Follow

_ids = itertools.count(3 * 10**18)


@pytest.fixture
def people() -> tuple[int, int]:
    return next(_ids), next(_ids)


def counters(user: int) -> tuple[int, int]:
    """(followers, following) as the projector has counted them."""
    item = table.get_item(keys.user_stats(user)) or {}
    return int(item.get("Followers", {"N": 0})["N"]), int(item.get("Following", {"N": 0})["N"])


def put_edge(follower: int, followed: int) -> Follow:
    """An edge that looked for blocks before there was one."""
    edge = Follow.between(follower=follower, followed=followed)
    edge.save()
    return edge


def put_block(blocker: int, blocked: int) -> Block:
    """A block that looked for edges before there was one."""
    block = Block.between(blocker=blocker, blocked=blocked)
    block.save()
    BlockedBy.mirror(block, blocker=blocker, blocked=blocked).save()
    return block


def record(event: str, item: Follow | Block) -> dict[str, object]:
    image = "OldImage" if event == "REMOVE" else "NewImage"
    body = {"SequenceNumber": "1", "ApproximateCreationDateTime": 0, image: item.wire()}
    return {"eventName": event, "dynamodb": body}


def test_followers_and_following_are_counted(people: tuple[int, int], projector: Projecting) -> None:
    ann, bob = people
    services.follow(follower=ann, followed=bob)
    services.follow(follower=ann, followed=bob)
    projector.catch_up()
    assert (counters(ann), counters(bob)) == ((0, 1), (1, 0))
    services.unfollow(follower=ann, followed=bob)
    services.unfollow(follower=ann, followed=bob)
    projector.catch_up()
    assert (counters(ann), counters(bob)) == ((0, 0), (0, 0))


def test_a_block_takes_its_follows_out_of_the_counters(
    people: tuple[int, int], projector: Projecting
) -> None:
    ann, bob = people
    services.follow(follower=ann, followed=bob)
    services.follow(follower=bob, followed=ann)
    services.block(blocker=ann, blocked=bob)
    projector.catch_up()
    assert (counters(ann), counters(bob)) == ((0, 0), (0, 0))


@pytest.mark.parametrize("direction", [1, -1])
def test_an_edge_that_crossed_a_block_is_deleted_when_the_edge_arrives(
    people: tuple[int, int], direction: int
) -> None:
    ann, bob = people[::direction]
    put_block(*people)
    edge = put_edge(ann, bob)
    effects_of(record("INSERT", edge), at_risk=False)
    assert table.get_item(keys.follow(ann, bob)) is None


@pytest.mark.parametrize("direction", [1, -1])
def test_an_edge_that_crossed_a_block_is_deleted_when_the_block_arrives(
    people: tuple[int, int], direction: int
) -> None:
    ann, bob = people[::direction]
    put_edge(ann, bob)
    block = put_block(*people)
    effects_of(record("INSERT", block), at_risk=False)
    assert table.get_item(keys.follow(ann, bob)) is None


def test_an_old_record_of_a_block_that_was_lifted_deletes_nothing(people: tuple[int, int]) -> None:
    ann, bob = people
    block = put_block(ann, bob)
    services.unblock(blocker=ann, blocked=bob)
    services.follow(follower=bob, followed=ann)
    effects_of(record("INSERT", block), at_risk=True)
    assert table.get_item(keys.follow(bob, ann)) is not None


def test_an_edge_is_not_deleted_for_a_block_that_was_lifted_in_the_meantime(people: tuple[int, int]) -> None:
    ann, bob = people
    edge, block = put_edge(bob, ann), put_block(ann, bob)
    services.unblock(blocker=ann, blocked=bob)
    projections._delete_while_blocked(edge, (block.pk, block.sk))
    assert table.get_item(keys.follow(bob, ann)) is not None


def test_a_handler_that_runs_twice_wants_the_same(people: tuple[int, int]) -> None:
    edge = put_edge(*people)
    first, second = (effects_of(record("INSERT", edge), at_risk=again) for again in (False, True))
    assert first.counts == second.counts
    assert [command[:2] for command in first.commands] == [command[:2] for command in second.commands]
    for command in (*first.commands, *second.commands):
        cache.ask(command)
    assert selectors.fresh_followers(people[1]) == [people[0]]


def test_who_has_left_is_fresh_no_more_however_late_their_follow_is_projected(
    people: tuple[int, int], projector: Projecting
) -> None:
    ann, bob = people
    put_edge(ann, bob)
    for _ in erasure.erase_follows(ann):
        pass
    projector.catch_up()
    assert selectors.fresh_followers(bob) == []
    for step in ("follow", "unfollow", "follow"):
        getattr(services, step)(follower=ann, followed=bob)
    projector.catch_up()
    assert selectors.fresh_followers(bob) == [ann]


def test_the_projector_deletes_what_a_dead_web_process_left_stale(
    people: tuple[int, int], projector: Projecting
) -> None:
    ann, bob = people
    for viewer, other in (people, people[::-1]):
        selectors.relations(viewer, [other])
    put_edge(ann, bob)
    assert not selectors.relations(ann, [bob])[bob].following
    projector.catch_up()
    assert selectors.relations(ann, [bob])[bob].following
    assert selectors.relations(bob, [ann])[ann].followed_by


def test_a_follow_that_stays_as_it_is_has_no_effects(people: tuple[int, int]) -> None:
    edge = Follow.between(follower=people[0], followed=people[1])
    change = effects_of(record("MODIFY", edge), at_risk=False)
    assert (change.counts, change.commands) == ([], [])


def in_threads(*work: Callable[[], object]) -> None:
    start = threading.Barrier(len(work))

    def run(one: Callable[[], object]) -> None:
        start.wait()
        one()

    threads = [threading.Thread(target=run, args=(one,)) for one in work]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def test_edge_and_counters_agree_after_many_clients_toggled(
    people: tuple[int, int], projector: Projecting
) -> None:
    ann, bob = people

    def toggle(seed: int) -> Callable[[], None]:
        choices = random.Random(seed)

        def run() -> None:
            for _ in range(15):
                verb = choices.choice((services.follow, services.unfollow))
                verb(follower=ann, followed=bob)

        return run

    in_threads(*(toggle(seed) for seed in range(12)))
    projector.catch_up()
    follows = int(table.get_item(keys.follow(ann, bob)) is not None)
    assert (counters(ann), counters(bob)) == ((0, follows), (follows, 0))
    assert selectors.relations(ann, [bob])[bob].following == bool(follows)
    assert selectors.relations(bob, [ann])[ann].followed_by == bool(follows)


def test_a_block_against_follows_at_once_leaves_no_edge(projector: Projecting) -> None:
    pairs = [(next(_ids), next(_ids)) for _ in range(15)]

    def follow(follower: int, followed: int) -> Callable[[], None]:
        def run() -> None:
            for _ in range(5):
                try:
                    services.follow(follower=follower, followed=followed)
                except EchomateError:
                    return

        return run

    for ann, bob in pairs:
        block = partial(services.block, blocker=ann, blocked=bob)
        in_threads(follow(ann, bob), follow(bob, ann), block)
    projector.catch_up()
    projector.catch_up()
    for ann, bob in pairs:
        assert table.batch_get([keys.follow(ann, bob), keys.follow(bob, ann)]) == [None, None]
        assert (counters(ann), counters(bob)) == ((0, 0), (0, 0))
        assert not selectors.relations(ann, [bob])[bob].following
