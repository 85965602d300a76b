"""The worker's part within a test's own process: runs the jobs that were sent, when the test says so."""

from queue import Empty

from echomate import jobs
from echomate.celery import QUEUE, app


def run_jobs() -> int:
    """Run what was sent until nothing is left; how many were run. The queue is the real one."""
    done = 0
    with app.connection_for_read() as connection, connection.SimpleQueue(QUEUE) as queue:
        while True:
            try:
                message = queue.get(block=False)
            except Empty:
                return done
            (job_id,), _, _ = message.payload
            message.ack()
            done += jobs.run(int(job_id))
