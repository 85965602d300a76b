"""What tests of media share. It is read before Django is ready, hence the imports in functions."""

import os

import pytest


@pytest.fixture(scope="session")
def path_with_ffmpeg(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A PATH that has the ffmpeg of the package imageio-ffmpeg first, under the name that is looked for."""
    from imageio_ffmpeg import get_ffmpeg_exe

    directory = tmp_path_factory.mktemp("ffmpeg")
    (directory / "ffmpeg").symlink_to(get_ffmpeg_exe())
    return f"{directory}{os.pathsep}{os.environ['PATH']}"
