"""Its imports read the settings; the stack that it starts has its own."""

import os

os.environ.setdefault("ENVIRONMENT", "local")
