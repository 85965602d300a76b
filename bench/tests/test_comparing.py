"""What would make a ratio wrong in silence."""

import os
import subprocess
import sys

import pytest

from bench.accounting import cpu_seconds
from bench.actions import Action
from bench.comparing import factor, take_turns
from bench.loading import Load

BUSY = "import time\nwhile time.process_time() < 0.2: pass"

pytestmark = pytest.mark.pure


def load(milliseconds: float) -> Load:
    return Load(1, 1, {}, {"web": milliseconds, "generator": 1000})


def test_each_request_of_a_write_is_sent_in_a_single_round() -> None:
    action = Action("like", [bytes([n]) for n in range(10)], once=True)
    assert [action.part(n, of=3) for n in range(3)] == [
        [b"\0", b"\1", b"\2"],
        [b"\3", b"\4", b"\5"],
        [b"\6", b"\7", b"\10"],
    ]


def test_each_round_of_a_read_sends_all() -> None:
    action = Action("home", [b"1", b"2"])
    assert action.part(2, of=3) == [b"1", b"2"]


def test_sides_take_turns_in_an_order_that_alternates() -> None:
    order: list[str] = []

    def side(name: str, milliseconds: float) -> Load:
        order.append(name)
        return load(milliseconds)

    taken = take_turns(
        [lambda n: side("a", n), lambda n: side("b", 10 + n), lambda n: side("c", 20 + n)], rounds=3
    )
    assert order == ["c", "b", "a", "a", "b", "c", "c", "b", "a"]
    assert [[one.cpu["web"] for one in loads] for loads in taken] == [[0, 1, 2], [10, 11, 12], [20, 21, 22]]


def test_a_factor_is_the_median_of_the_rounds_own_ratios() -> None:
    assert factor([load(1), load(30), load(8)], [load(2), load(10), load(4)]) == 2


def test_a_process_is_charged_for_its_children_that_have_ended() -> None:
    before = cpu_seconds(os.getpid())
    subprocess.run([sys.executable, "-c", BUSY], check=True)
    assert cpu_seconds(os.getpid()) - before > 0.15
