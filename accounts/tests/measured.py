"""`python -m accounts.tests.measured JOB`: runs a job, and prints its seconds and its peak memory."""

import json
import resource
import sys
import time

import django

if __name__ == "__main__":
    django.setup()
    from echomate import jobs, keys
    from echomate.jobs import Job

    job_id = int(sys.argv[1])
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    began = time.monotonic()
    ran = jobs.run(job_id)
    seconds = time.monotonic() - began
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    job = Job.read(keys.job(job_id))
    found = {"ran": ran, "state": job and job.state, "result": job and job.result}
    print(json.dumps({**found, "seconds": seconds, "before": before // 1024, "peak": peak // 1024}))  # noqa: T201 - for the test that started it
