"""Taking the export of another account into a new one: its profile, posts and comments, pictures, whom it followed.

Of what a ZIP says nothing is believed. Nothing is extracted, files of other names are not looked at, each row goes
through what the API asks of it, and ids mean nothing here but through a derivation that the account is part of.
"""

KIND = "import"


def key_of(user: int, job: int) -> str:
    """Where the ZIP is in the private bucket until it was taken in."""
    return f"imports/{user}/{job}.zip"
