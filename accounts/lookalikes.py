"""Names that look like other names: skeletons, as in UTS 39, which are equal where the names look alike.

The data on letters of all scripts are those of the package confusable-homoglyphs (Unicode 15.1).
"""

import re
import unicodedata
from collections.abc import Mapping
from functools import cache
from importlib.resources import files

import orjson
import regex

from accounts import names
from echomate.config import config

TELLING = 4
"""From so many letters on a word can be told by its look; a shorter one looks like too many honest names."""
BRAND = "echomate"

_DIGITS = str.maketrans("012345789", "olzeastbg")
_IGNORED = regex.compile(r"[\p{Default_Ignorable_Code_Point}\p{White_Space}\p{P}\p{S}]+")
_OFFICIAL = """
    admin administration administrator administrators admins helpdesk moderation moderator moderators
    official security staff support sysadmin system webmaster
"""


def of_username(name: str) -> str:
    """`o` for 0, `l` for 1 and i, `m` for rn, `w` for vv, letters for the digits like them, no underscores."""
    text = name.lower().replace("_", "").translate(_DIGITS)
    return text.replace("rn", "m").replace("vv", "w").replace("i", "l")


def of_full_name(text: str) -> str:
    """Whatever the script, the case, the spaces and the signs. 15 µs; the first one reads the data, 20 ms."""
    return _letters(_letters(text).casefold())


def plain(full_name: str) -> str:
    """A full name without what its bearer may write otherwise: case and spaces."""
    return " ".join(unicodedata.normalize("NFC", full_name.casefold()).split())


def is_reserved(username: str) -> bool:
    """Whether it is a reserved name, looks like one, or holds the name of the product."""
    skeleton = of_username(username)
    return username in names.RESERVED or skeleton in _reserved() or any(map(skeleton.__contains__, _brands()))


def speaks_for_us(full_name: str) -> bool:
    """Whether it reads as if it were of those who run this place."""
    skeleton = of_full_name(full_name)
    return skeleton in _official() or any(map(skeleton.__contains__, map(of_full_name, _brands())))


@cache
def _reserved() -> frozenset[str]:
    return frozenset(of_username(word) for word in names.RESERVED if len(word) >= TELLING)


@cache
def _official() -> frozenset[str]:
    return frozenset(map(of_full_name, _OFFICIAL.split()))


def _brands() -> set[str]:
    """The product's name and that of this community, where it is no everyday word's length."""
    own = re.sub("[^a-z0-9]", "", config.instance_name.lower())
    return {of_username(brand) for brand in (BRAND, own) if len(brand) > TELLING}


def _letters(text: str) -> str:
    """The skeleton of UTS 39, of letters, marks and digits alone."""
    known = _prototypes()
    replaced = "".join(known.get(character, character) for character in unicodedata.normalize("NFD", text))
    return _IGNORED.sub("", unicodedata.normalize("NFD", replaced))


@cache
def _prototypes() -> Mapping[str, str]:
    """What each character looks like. The data name both ways: one that has a single look-alike is replaced by it.

    Of two that have only each other the letter stays, for signs are left out.
    """
    data = orjson.loads((files("confusable_homoglyphs") / "confusables.json").read_bytes())
    alike = {character: found[0]["c"] for character, found in data.items() if len(found) == 1}
    return {
        one: other.strip("\u200e")
        for one, other in alike.items()
        if len(one) == 1 and (alike.get(other) != one or _rank(other) < _rank(one))
    }


def _rank(text: str) -> tuple[bool, str]:
    return not text.isalnum(), text
