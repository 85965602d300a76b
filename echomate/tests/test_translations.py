"""Every text that people read, in templates and in code, has its German one."""

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.apps import apps
from django.template import engines
from django.templatetags.i18n import BlockTranslateNode, TranslateNode

from accounts import passwords
from accounts.passwords import Owner
from echomate.config import config
from echomate.tests.test_titles import GERMAN, messages
from media.processing import REASONS
from media.selectors import FAILED

pytestmark = pytest.mark.pure

MARKS = {"_", "gettext", "gettext_lazy"}
OURS = [Path(app.path) for app in apps.get_app_configs() if Path(app.path).parent == config.source_dir]


def in_templates() -> Iterator[tuple[str, str]]:
    for path in (
        path for app in OURS for path in app.glob("templates/**/*.*") if path.suffix in {".txt", ".html"}
    ):
        for node in _nodes(path):
            yield path.name, _source(node)


def _nodes(path: Path) -> list[Any]:
    engine: Any = engines["django"]
    found: list[Any] = engine.from_string(path.read_text()).template.nodelist.get_nodes_by_type(
        (BlockTranslateNode, TranslateNode)
    )
    return found


def _source(node: BlockTranslateNode | TranslateNode) -> str:
    if isinstance(node, TranslateNode):
        return str(node.filter_expression.var.literal)
    assert not node.plural, "no plural forms are looked for here"
    return str(node.render_token_list(node.singular)[0])


def in_code() -> Iterator[tuple[str, str]]:
    for path in (path for app in OURS for path in app.rglob("*.py") if "tests" not in path.parts):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in MARKS:
                (argument,) = node.args
                if isinstance(argument, ast.Constant):
                    yield path.name, str(argument.value)


def of_passwords() -> Iterator[tuple[str, str]]:
    """What pages say of a weak password, which services say in English."""
    for password in ("a", "password1", "lovelace1"):
        for fault in passwords.faults(password, Owner("lovelace", "", "")):
            yield "passwords.py", fault


def of_media() -> Iterator[tuple[str, str]]:
    """Why files are rejected, which processing says in English."""
    for sentence in (*REASONS.values(), FAILED):
        yield "outcome.py", sentence


EVERYWHERE = (in_templates, in_code, of_passwords, of_media)


@pytest.mark.parametrize("where", EVERYWHERE)
def test_every_text_has_a_german_one(where: object) -> None:
    assert callable(where)
    german = messages(GERMAN / "django.po")
    found = list(where())
    assert found
    assert [(name, text) for name, text in found if not german.get(text)] == []


def test_no_german_text_is_left_over() -> None:
    used = {text for where in EVERYWHERE for _, text in where()}
    assert set(messages(GERMAN / "django.po")) - used == set()


def test_a_german_text_names_what_the_english_one_names() -> None:
    for source, german in messages(GERMAN / "django.po").items():
        assert sorted(_names(source)) == sorted(_names(german)), source


def _names(text: str) -> set[str]:
    return {part.partition(")")[0] for part in text.split("%(")[1:]}
