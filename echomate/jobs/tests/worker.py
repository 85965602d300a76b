"""`python -m echomate.jobs.tests.worker`: a Celery worker that knows the tests' kinds of jobs."""

import django

if __name__ == "__main__":
    django.setup()
    from echomate.celery import app
    from echomate.jobs.tests import tasks

    tasks.enter()
    app.worker_main(["worker", "-P", "threads", "-c", "2", "--loglevel", "WARNING", "--without-mingle"])
