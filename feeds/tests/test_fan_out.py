"""Fan-out in pages: a job for each further page of followers."""

from echomate import cache, ids, keys
from echomate.testing.configuration import configured
from echomate.testing.projecting import Projecting
from echomate.testing.working import run_jobs
from feeds import fan_out
from feeds.tests.network import person, post, read_home
from social import services as social

READERS = 7


def test_a_post_reaches_the_homes_of_all_pages_of_followers(projector: Projecting) -> None:
    author, readers = person(), [person() for _ in range(READERS)]
    for reader in readers:
        social.follow(follower=reader, followed=author)
    projector.catch_up()
    assert [read_home(reader)[0] for reader in readers] == [[]] * READERS
    cache.ask(("DEL", keys.fresh_followers(author)))  # they follow for long
    with configured(fan_out_page=2):
        new = post(author)
        projector.catch_up()
        assert run_jobs() == READERS // 2
    assert [read_home(reader)[0] for reader in readers] == [[new]] * READERS


def test_followers_who_fill_the_page_leave_nothing_to_a_job(projector: Projecting) -> None:
    author, readers = person(), [person() for _ in range(2)]
    for reader in readers:
        social.follow(follower=reader, followed=author)
    projector.catch_up()
    assert [read_home(reader)[0] for reader in readers] == [[], []]
    run_jobs()
    with configured(fan_out_page=2):
        new = post(author)
        projector.catch_up()
        assert run_jobs() == 0
    assert [read_home(reader)[0] for reader in readers] == [[new], [new]]


def test_the_jobs_for_the_pages_of_many_followers_have_ids_of_their_own() -> None:
    first = ids.new_id()  # of a thousand that are made at once, two may be the same
    posts = [first + number for number in range(10)]
    edges = [first + page for page in range(1000)]
    made = {fan_out._job_id(post, edge) for post in posts for edge in edges}
    assert len(made) == len(posts) * len(edges)
    assert made == {fan_out._job_id(post, edge) for post in posts for edge in edges}
