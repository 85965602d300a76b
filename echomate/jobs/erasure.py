"""The jobs of a user who is erased. A worker that runs one finds it gone when it ends."""

from collections.abc import Iterator

from echomate import keys, privacy, table


@privacy.erases("jobs", "job")
def erase_jobs(user: int) -> Iterator[int]:
    for step in privacy.in_steps(table.query(keys.jobs_of(user), index="GSI1", attributes=("PK", "SK"))):
        yield table.delete_all(map(table.key_of, step))
