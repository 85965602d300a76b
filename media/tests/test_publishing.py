"""Pictures of public posts at an address that all may read, where the settings name one."""

from collections.abc import Iterator

import pytest

from echomate import keys
from echomate.config import config
from echomate.objects import s3
from echomate.testing.client import Caller, Person
from echomate.testing.configuration import configured
from echomate.testing.projecting import Projecting
from media.models import Media
from media.tests.ready import SIDES, ready
from media.tests.uploading import work

ADDRESS = "https://pictures.example"


@pytest.fixture(autouse=True)
def _public_address() -> Iterator[None]:
    with configured(media_public_url=ADDRESS):
        yield


def published(person: Person, visibility: str) -> tuple[str, int]:
    """The ids of a post and of its picture."""
    media = ready(person.id)
    body = {"content": "look", "visibility": visibility, "media_ids": [str(media)]}
    answer = person.post("/posts", body)
    assert answer.status_code == 201, answer.content
    return answer.json()["id"], media


def tags(media: int) -> list[list[dict[str, str]]]:
    found = Media.read(keys.media(media))
    assert found
    names = [found.folder + one["name"] for one in found.variants]
    return [list(s3().get_object_tagging(Bucket=config.media_bucket, Key=key)["TagSet"]) for key in names]  # type: ignore[arg-type]  # boto's own class


def test_a_picture_of_a_public_post_gets_a_url_without_an_end(ann: Person, projector: Projecting) -> None:
    post, media = published(ann, "public")
    (shown,) = ann.get(f"/posts/{post}").json()["media"]
    assert "X-Amz-Signature" in shown["variants"][0]["url"]
    work(projector)
    assert tags(media) == [[{"Key": "visibility", "Value": "public"}]] * len(SIDES)
    (shown,) = Caller().get(f"/posts/{post}").json()["media"]
    assert shown["variants"][0]["url"] == f"{ADDRESS}/posts/{ann.id}/{media}/320.webp"
    assert shown["urls_expire_at"] is None


def test_a_picture_of_any_other_post_does_not(ann: Person, projector: Projecting) -> None:
    made = [published(ann, visibility) for visibility in ("followers", "mentioned")]
    work(projector)
    for post, media in made:
        assert tags(media) == [[]] * len(SIDES)
        (shown,) = ann.get(f"/posts/{post}").json()["media"]
        assert "X-Amz-Signature" in shown["variants"][0]["url"]
        assert shown["urls_expire_at"]
