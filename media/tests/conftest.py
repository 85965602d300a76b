"""What tests of media share. It is read before Django is ready, hence the imports in functions."""

import os
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from echomate.testing.client import Person
    from echomate.testing.projecting import Projecting


@pytest.fixture
def ann() -> "Person":
    from echomate.testing.client import sign_up

    return sign_up("ann")


@pytest.fixture
def bob() -> "Person":
    from echomate.testing.client import sign_up

    return sign_up("bob")


@pytest.fixture
def projector() -> Iterator["Projecting"]:
    """A projector beside the test."""
    from echomate.testing.projecting import projecting

    with projecting() as running:
        yield running


@pytest.fixture(scope="session")
def path_with_ffmpeg(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A PATH that has the ffmpeg of the package imageio-ffmpeg first, under the name that is looked for."""
    from imageio_ffmpeg import get_ffmpeg_exe

    directory = tmp_path_factory.mktemp("ffmpeg")
    (directory / "ffmpeg").symlink_to(get_ffmpeg_exe())
    return f"{directory}{os.pathsep}{os.environ['PATH']}"
