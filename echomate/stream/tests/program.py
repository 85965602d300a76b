"""`python -m echomate.stream.tests.program`: `manage.py project` with the tests' projection, as a process to kill."""

import django
from django.core.management import call_command

if __name__ == "__main__":
    django.setup()
    from echomate.stream.tests import tallies  # noqa: F401 - enters the projection

    call_command("project")
