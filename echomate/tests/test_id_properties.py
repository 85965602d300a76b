"""Ids: their order is that of time, in every form they take."""

import time
from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from echomate import ids
from echomate.testing.examples import examples

pytestmark = pytest.mark.pure

all_ids = st.integers(1, ids.MAX_ID)
FIRST_MOMENT = ids.EPOCH_MILLISECONDS
LAST_MOMENT = ids.milliseconds(ids.MAX_ID)


@examples(100)
@given(one=all_ids, other=all_ids)
def test_the_form_in_keys_is_ordered_as_the_numbers_are(one: int, other: int) -> None:
    assert (ids.pad(one) < ids.pad(other)) == (one < other)
    assert int(ids.pad(one)) == one
    assert len(ids.pad(one)) == ids.WIDTH


@examples(100)
@given(one=all_ids, other=all_ids)
def test_times_are_ordered_as_the_ids_are(one: int, other: int) -> None:
    lower, higher = sorted((one, other))
    assert ids.milliseconds(lower) <= ids.milliseconds(higher)
    assert ids.rfc3339(lower) <= ids.rfc3339(higher)


@examples(100)
@given(moment=st.integers(FIRST_MOMENT, LAST_MOMENT), random_part=st.integers(0, 2**64))
def test_the_id_of_a_moment_is_the_smallest_that_has_it(moment: int, random_part: int) -> None:
    smallest = ids.id_at_milliseconds(moment)
    assert ids.milliseconds(smallest) == moment
    assert ids.milliseconds(smallest - 1) == moment - 1
    another = ids.with_random_part(smallest, random_part)
    assert ids.milliseconds(another) == moment
    assert smallest <= another <= ids.MAX_ID


@examples(100)
@given(id_=all_ids)
def test_what_is_written_is_read_again(id_: int) -> None:
    assert ids.parse_id(str(id_)) == id_
    assert datetime.fromisoformat(ids.rfc3339(id_)) == ids.instant(id_)


@examples(100)
@given(text=st.text(max_size=24) | st.integers(ids.MAX_ID + 1).map(str) | st.integers(max_value=0).map(str))
def test_what_can_be_no_id_is_none(text: str) -> None:
    if (parsed := ids.parse_id(text)) is not None:
        assert text.isascii()
        assert text.isdigit()
        assert 0 < parsed <= ids.MAX_ID


def test_new_ids_are_of_now() -> None:
    before = time.time_ns() // 1_000_000
    made = [ids.milliseconds(ids.new_id()) for _ in range(100)]
    assert all(before <= moment <= time.time_ns() // 1_000_000 for moment in made)
