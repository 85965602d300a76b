"""Passwords that everybody uses, by what breaches have shown: a list that ships with the product.

It is made of Django's (20,000, BSD licence) and of zxcvbn's (30,000, MIT licence), and holds those that the other rules
for passwords let pass: 7,305, where ASVS asks for 3,000 such. 71 KB; a process that has looked has a set of 0.9 MB, and
a look takes a microsecond. To make it anew: `python -m accounts.common_passwords > accounts/common_passwords.txt`.
"""

import sys
from functools import cache
from pathlib import Path

FILE = Path(__file__).with_suffix(".txt")
MIN_LENGTH = 8


@cache
def known() -> frozenset[str]:
    """All of them, in lower case. Read at first use."""
    return frozenset(FILE.read_text(encoding="utf-8").splitlines())


def is_common(password: str) -> bool:
    """Whether it is one of them, in whatever case."""
    return password.strip().lower() in known()


def could_be_chosen(password: str) -> bool:
    """Whether the other rules for passwords let it pass, but for likeness to a name."""
    is_long = len(password) >= MIN_LENGTH
    return is_long and any(map(str.isalpha, password)) and any(map(str.isdigit, password))


def gathered() -> list[str]:
    """The list, made of its sources."""
    from django.contrib.auth.password_validation import CommonPasswordValidator
    from zxcvbn.frequency_lists import FREQUENCY_LISTS  # type: ignore[import-untyped]  # it has no annotations

    all_ = CommonPasswordValidator().passwords | {one.lower() for one in FREQUENCY_LISTS["passwords"]}
    return sorted(filter(could_be_chosen, all_))


if __name__ == "__main__":
    sys.stdout.writelines(f"{password}\n" for password in gathered())
