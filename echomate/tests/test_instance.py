"""What clients learn about the installation before they log in."""

import tomllib

import orjson

from echomate import schema
from echomate.config import config
from echomate.testing.client import Caller


def test_anybody_may_ask(api: Caller) -> None:
    response = api.get("/instance")
    assert response.status_code == 200
    assert response.headers["Cache-Control"] == "public, max-age=5"
    answer = response.json()
    assert answer["name"] == config.instance_name
    assert answer["limits"]["page"] == 50
    assert answer["limits"]["username_characters"] == 30
    assert answer["limits"]["post_characters"] == 5000


def test_the_version_is_the_projects(api: Caller) -> None:
    project = tomllib.loads((config.source_dir / "pyproject.toml").read_text())["project"]
    assert api.get("/instance").json()["version"] == project["version"]
    assert orjson.loads(schema.document())["info"]["version"] == project["version"]
