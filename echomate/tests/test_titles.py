"""Titles of problems in the client's language."""

import ast
import gettext
import re
from pathlib import Path

import pytest
from django.utils import translation

from echomate import problems
from echomate.config import config
from echomate.testing.client import Caller

GERMAN = config.source_dir / "echomate" / "locale" / "de" / "LC_MESSAGES"


def messages(path: Path) -> dict[str, str]:
    """The messages of a .po file."""
    strings = r'((?:"(?:[^"\\]|\\.)*"\s*)+)'
    pairs = re.findall(rf"^msgid {strings}msgstr {strings}", path.read_text(), re.MULTILINE)
    return {_joined(source): _joined(translation) for source, translation in pairs if _joined(source)}


def _joined(lines: str) -> str:
    return "".join(ast.literal_eval(line) for line in lines.strip().splitlines())


@pytest.mark.parametrize(
    ("language", "title"),
    [
        ("de", "Hier ist nichts"),
        ("de-CH,de;q=0.9,en;q=0.8", "Hier ist nichts"),
        ("en", "There is nothing here"),
        ("tlh", "There is nothing here"),
        ("", "There is nothing here"),
        ("de;q=x,,;;=", "There is nothing here"),
    ],
)
def test_titles_follow_accept_language(api: Caller, language: str, title: str) -> None:
    for path in ("/users/nobody_by_this_name", "/no/such/route"):
        response = api.get(path, headers={"Accept-Language": language})
        assert (response.status_code, response.json()["title"]) == (404, title)


def test_one_clients_language_is_not_the_nexts(api: Caller) -> None:
    api.get("/no/such/route", headers={"Accept-Language": "de"})
    assert api.get("/no/such/route").json()["title"] == "There is nothing here"


def test_every_title_has_a_german_one() -> None:
    with translation.override("en"):
        titles = {str(title) for title in problems.TITLES.values()}
    assert titles <= set(messages(GERMAN / "django.po"))


def test_the_catalog_is_compiled_from_its_source() -> None:
    with (GERMAN / "django.mo").open("rb") as compiled:
        catalog = gettext.GNUTranslations(compiled)
    for source, german in messages(GERMAN / "django.po").items():
        assert catalog.gettext(source) == german, "msgfmt --check -o django.mo django.po"
