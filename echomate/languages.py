"""Tags of languages (BCP 47), in whatever case and with whatever separator clients write them."""

import re

from django.utils.translation import get_supported_language_variant

LONGEST = 35
"""What RFC 5646, 4.4.1 advises at least."""
WRITTEN = r"\A[A-Za-z]{2,3}([-_][A-Za-z0-9]{1,8})*\Z"
"""What may be one, before it is looked at."""

_WELL_FORMED = re.compile(
    r"""
    [a-z]{2,3}(-[a-z]{3}){0,3}                    # language; none of more letters is registered
    (-[a-z]{4})? (-([a-z]{2}|[0-9]{3}))?          # script, region
    (-([a-z0-9]{5,8}|[0-9][a-z0-9]{3}))*          # variants
    (-[0-9a-wyz](-[a-z0-9]{2,8})+)*               # extensions
    (-x(-[a-z0-9]{1,8})+)?                        # private use
    """,
    re.ASCII | re.VERBOSE,
)


def tag(text: str) -> str | None:
    """A tag in its one form, as `pt-BR` or `zh-Hant-TW` (RFC 5646, 2.1.1); None where the text is none."""
    if len(text) > LONGEST or not text.isascii():  # before letters' case counts: K is also the Kelvin sign
        return None
    plain = text.strip().replace("_", "-").lower()
    if not _WELL_FORMED.fullmatch(plain):
        return None
    first, *rest = plain.split("-")
    written, cases = [first], True
    for part in rest:
        cases = cases and len(part) > 1
        written.append(
            part.upper() if cases and len(part) == 2 else part.title() if cases and len(part) == 4 else part
        )
    return "-".join(written)


def offered(text: str) -> str | None:
    """The language that this place speaks and that is nearest to a tag: `de` for `de-AT`; None where there is none."""
    found = tag(text)
    try:
        return get_supported_language_variant(found.lower()) if found else None
    except LookupError:
        return None
