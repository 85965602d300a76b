"""Where the objects of media are, and their removal.

| object | key | bucket |
|---|---|---|
| what a browser sends | `uploads/{user}/{media}/file` (`imports/…` for an import) | private |
| the original, once it was accepted | `originals/{user}/{media}/file` | private |
| what is shown | `posts/{user}/{media}/…`, `profiles/…`, `messages/…` | media |
"""

from echomate import objects
from media.purposes import Purpose

FOLDERS = {
    Purpose.POST: "posts",
    Purpose.AVATAR: "profiles",
    Purpose.COVER: "profiles",
    Purpose.MESSAGE: "messages",
}
"""Of the media bucket."""


def upload(purpose: Purpose, owner: int, media: int) -> str:
    """Where the browser's upload arrives. Rules of the bucket remove what is left there."""
    return f"{'imports' if purpose is Purpose.IMPORT else 'uploads'}/{owner}/{media}/file"


def original(owner: int, media: int) -> str:
    return f"originals/{owner}/{media}/file"


def folder(purpose: Purpose, owner: int, media: int) -> str:
    """Where the variants are; empty for what has none."""
    return f"{FOLDERS[purpose]}/{owner}/{media}/" if purpose in FOLDERS else ""


def remove(purpose: Purpose, owner: int, media: int) -> int:
    """Remove all objects of a medium, with their versions; how many those were."""
    private = (upload(purpose, owner, media), original(owner, media))
    removed = sum(objects.remove_all(key.removesuffix("file")) for key in private)
    shown = folder(purpose, owner, media)
    return removed + (objects.media().delete_all(shown) if shown else 0)


def remove_all_of(owner: int) -> int:
    """Remove the objects of all media of a user but the uploads, which are among the fleeting files."""
    removed = objects.remove_all(f"originals/{owner}/")
    return removed + sum(objects.media().delete_all(f"{name}/{owner}/") for name in set(FOLDERS.values()))
