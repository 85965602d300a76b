"""Pictures of those who have chosen none."""

from xml.etree.ElementTree import fromstring

import pytest

from accounts import avatars, pictures
from echomate.testing.client import Caller, FastClient, sign_up


def test_a_default_avatar_is_a_picture_that_runs_nothing() -> None:
    answer = FastClient().get(
        "/avatars/910912841777905664", headers={"Accept": "image/avif,image/*,*/*;q=0.8"}
    )
    assert (answer.status_code, answer.headers["Content-Type"]) == (200, "image/svg+xml")
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Content-Security-Policy"] == "default-src 'none'"
    assert "immutable" in answer.headers["Cache-Control"]
    picture = fromstring(answer.content)  # noqa: S314 - our own
    assert {part.tag.partition("}")[2] for part in picture.iter()} == {"svg", "rect", "path"}


def test_the_same_id_has_the_same_picture_and_others_have_others() -> None:
    assert avatars.draw(1) == avatars.draw(1)
    assert len({avatars.draw(id_) for id_ in range(10_000)}) > 9_990


@pytest.mark.parametrize("user", ["ada", "-1", "0" * 40, "1.5", "%00"])
def test_what_is_no_id_has_no_picture(user: str) -> None:
    assert FastClient().get(f"/avatars/{user}").status_code == 404


def test_a_user_without_a_picture_is_shown_with_it(api: Caller) -> None:
    user = sign_up()
    assert api.get(f"/users/{user.id}").json()["avatar_url"] == pictures.default_url(user.id)
