"""What is an idempotency key, and which requests are the same."""

import string
from typing import Any

import orjson
import pytest
from django.test import RequestFactory
from hypothesis import given
from hypothesis import strategies as st
from rest_framework.request import Request

from echomate import ids
from echomate.errors import Invalid
from echomate.idempotency import Creation, repeating

VISIBLE = set(string.ascii_letters + string.digits + string.punctuation)
WIRE = st.text(st.characters(max_codepoint=255), max_size=300)
"""What a header may hold."""
JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53), 2**53)
    | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text("abc", max_size=3), inner, max_size=4)
    ),
    max_leaves=12,
)


def request(body: bytes = b"", path: str = "/api/v1/posts", key: str | None = None) -> Request:
    headers = {} if key is None else {repeating.HEADER: key}
    made: Any = RequestFactory().post(path, body, content_type="application/json", headers=headers)
    return Request(made)


def digest(body: bytes, path: str = "/api/v1/posts") -> str:
    return repeating._digest(request(body, path))


@given(WIRE | st.text(st.sampled_from(sorted(VISIBLE)), max_size=260))
def test_a_key_is_1_to_255_visible_characters(text: str) -> None:
    asked = request(key=text)
    if 1 <= len(text) <= 255 and set(text) <= VISIBLE:
        assert repeating.key_of(asked) == text
    else:
        with pytest.raises(Invalid) as refusal:
            repeating.key_of(asked)
        assert set(refusal.value.errors or {}) == {repeating.HEADER}


def test_without_the_header_there_is_none() -> None:
    assert repeating.key_of(request()) is None


@given(JSON)
def test_json_is_the_same_however_it_is_written(value: Any) -> None:
    written = orjson.dumps(value, option=orjson.OPT_SORT_KEYS | orjson.OPT_INDENT_2)
    assert digest(orjson.dumps(_reversed(value))) == digest(written)


def _reversed(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _reversed(part) for name, part in reversed(value.items())}
    return [_reversed(part) for part in value] if isinstance(value, list) else value


@given(JSON, JSON)
def test_other_json_is_another_request(one: Any, other: Any) -> None:
    first, second = (orjson.dumps(value, option=orjson.OPT_SORT_KEYS) for value in (one, other))
    assert (digest(first) == digest(second)) == (first == second)


@given(st.binary(max_size=50))
def test_any_body_has_a_digest_and_another_path_another_one(body: bytes) -> None:
    assert len({digest(body, path) for path in ("/a", "/b", "/a?b")}) == 3


@given(st.integers(2**22, ids.MAX_ID), st.text("0123456789abcdef", min_size=12, max_size=12))
def test_a_creation_tries_the_same_ids_of_the_same_moment_each_time(id_: int, nonce: str) -> None:
    first, again = (list(Creation(id_, nonce, is_repeated=value).candidates()) for value in (False, True))
    assert first == again
    assert first[0] == id_
    assert {ids.milliseconds(one) for one in first} == {ids.milliseconds(id_)}
