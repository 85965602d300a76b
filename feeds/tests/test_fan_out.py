"""Fan-out: what its jobs are called."""

from echomate import ids
from feeds import fan_out


def test_the_jobs_for_the_pages_of_many_followers_have_ids_of_their_own() -> None:
    posts = [ids.new_id() for _ in range(10)]
    edges = [ids.new_id() + page for page in range(1000)]
    made = {fan_out._job_id(post, edge) for post in posts for edge in edges}
    assert len(made) == len(posts) * len(edges)
    assert made == {fan_out._job_id(post, edge) for post in posts for edge in edges}
