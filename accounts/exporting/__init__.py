"""The export of an account: one ZIP of JSON Lines, and pages that a person can read."""

KIND = "export"
KEPT_SECONDS = 24 * 3600
FORMAT = "echomate-export"
FORMAT_VERSION = 1


def key_of(user: int, job: int) -> str:
    """Where the ZIP is in the private bucket."""
    return f"exports/{user}/{job}.zip"
