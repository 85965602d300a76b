"""The settings for the plugin of mypy, which loads them where nobody says what environment it is."""

import os

os.environ.setdefault("ENVIRONMENT", "test")

from echomate.settings import *  # noqa: F403 - all of them, after the line above
