"""What an export holds of media."""

from accounts.tests.exported import export, lines
from echomate.testing.client import Person
from echomate.testing.projecting import Projecting
from media.tests.uploading import completed, ended, picture, uploaded


def test_an_export_holds_the_pictures_as_they_were_uploaded(ann: Person, projector: Projecting) -> None:
    content = picture(90, 60)
    shown = completed(ann, content, alt="<b>A wall</b>")
    assert ended(ann, shown, projector)["state"] == "ready"
    waiting = uploaded(ann, picture())
    archive = export(ann)
    rows = lines(archive, "media")
    assert [(row["id"], row["state"]) for row in rows] == [(waiting, "pending"), (shown, "ready")]
    assert (rows[1]["file"], rows[0]["file"]) == (f"media/{shown}.png", None)
    assert archive.read(rows[1]["file"]) == content
    page = archive.read("pages/media-1.html").decode()
    assert f'<a href="../media/{shown}.png">{shown}.png</a>' in page
    assert "&lt;b&gt;A wall&lt;/b&gt;" in page
