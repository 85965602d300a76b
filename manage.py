#!/usr/bin/env python3
"""Django's command line for Echomate. Beside a `make run` it uses the services of that."""

import os
import sys

from django.core.management import execute_from_command_line

from echomate.local.home import join_running_stack

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "echomate.settings")
    join_running_stack(os.environ)
    execute_from_command_line(sys.argv)
