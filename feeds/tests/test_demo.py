"""A small demo: what it writes, that a second run adds nothing, and when it refuses."""

from collections.abc import Iterator
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from accounts.selectors import ids_of, stats
from accounts.services import log_in
from echomate import ids
from echomate.testing.configuration import configured
from echomate.testing.projecting import Projecting, projecting
from feeds.demo import seeding
from feeds.demo.world import World

USERS, POSTS = 12, 60
MOMENT = 1_790_000_000_000


@pytest.fixture(scope="module")
def projector() -> Iterator[Projecting]:
    with projecting() as running:
        yield running


@pytest.fixture(autouse=True)
def directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("ECHOMATE_DATA_DIR", str(tmp_path))
    return tmp_path


def seed() -> str:
    out = StringIO()
    call_command("seed_demo", users=USERS, posts=POSTS, stdout=out)
    return out.getvalue()


@pytest.mark.usefixtures("projector")
def test_a_second_run_adds_nothing_and_what_was_deleted_since_stays_so(directory: Path) -> None:
    world = World(users=USERS, posts=POSTS, moment=MOMENT)
    likes, comments = len(list(world.likes())), len(list(world.comments()))
    assert f"{USERS + POSTS + len(world.follows) + likes + comments} items added" in seed()
    counted = stats.get(ids_of([one.username for one in world.people]).values())
    assert sum(one.posts for one in counted.values()) == POSTS
    assert sum(one.followers for one in counted.values()) == len(world.follows)
    assert sum(one.following for one in counted.values()) == len(world.follows)
    assert sum(one.likes for one in counted.values()) == likes
    assert "0 items added" in seed()
    login, password = (directory / "demo-login.txt").read_text().strip().split(" / ")
    user = log_in(login, password).user
    assert user.email_verified
    assert (directory / "demo-login.txt").stat().st_mode & 0o777 == 0o600


def test_facts_are_those_that_the_services_would_have_written() -> None:
    moment = ids.milliseconds(ids.new_id()) // seeding.MINUTE * seeding.MINUTE
    world = World(users=USERS, posts=POSTS, moment=moment)
    joined = {one.id: ids.milliseconds(one.id) for one in world.people}
    assert len(joined) == USERS
    for id_, follower, followed in world.follows:
        assert max(joined[follower], joined[followed]) <= ids.milliseconds(id_) < moment
    written = {post: (ids.milliseconds(post), author) for post, author, _ in world.posts}
    assert all(joined[author] <= at < moment for at, author in written.values())
    followers = {(follower, followed) for _, follower, followed in world.follows}
    for id_, user, post in world.likes():
        at, author = written[post]
        assert at <= ids.milliseconds(id_) < moment
        assert (user, author) in followers
    comments = {one.id: one for one in world.comments()}
    assert any(one.depth for one in comments.values())
    for one in comments.values():
        at, author = written[one.post]
        assert at <= ids.milliseconds(one.id) < moment
        assert (one.author, author) in followers
        answered = comments[one.parent] if one.parent else None
        assert one.depth == (answered.depth + 1 if answered else 0)
        assert answered is None or (answered.is_answered and answered.post == one.post)


def test_the_same_numbers_make_the_same_world() -> None:
    one, other = (World(users=USERS, posts=POSTS, moment=MOMENT) for _ in range(2))
    assert one.follows == other.follows
    assert one.posts == other.posts
    assert list(one.likes()) == list(other.likes())
    assert list(one.comments()) == list(other.comments())


def test_production_refuses_accounts_whose_password_everybody_knows() -> None:
    with configured(environment="production"), pytest.raises(CommandError, match="production"):
        seed()
