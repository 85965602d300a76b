"""The demo where somebody has one of its names."""

from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from accounts.selectors import ids_of
from accounts.services import NewAccount, create_account
from feeds.demo.cast import LOGIN, cast


def test_nothing_is_written_where_a_name_is_somebody_elses() -> None:
    people = [one.username for one in cast(3, moment=1_790_000_000_000)]
    for name in (people[1], LOGIN):
        create_account(NewAccount(username=name, email=f"{name}@example.org"), password_hash="none")
        there = ids_of(people)
        with pytest.raises(CommandError, match=name):
            call_command("seed_demo", users=3, posts=5, stdout=StringIO())
        assert ids_of(people) == there
