"""What browsers are told about answers that they show as pages."""

import hashlib
import re
from base64 import b64encode

from django.template.loader import get_template

NOTHING = "default-src 'none'; frame-ancestors 'none'"
"""The policy of all that is no page: JSON, files."""


def policy(sources: str) -> str:
    """A Content-Security-Policy by which a page loads from `sources` alone, and stands in no frame."""
    return f"default-src 'none'; {sources}; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"


def style_hash(template: str) -> str:
    """The source of the one `<style>` of a template, which holds nothing that differs from page to page."""
    source: str = get_template(template).template.source  # type: ignore[attr-defined]  # the stubs know no engine's own
    styles = re.findall(r"<style>(.*?)</style>", source, re.DOTALL)
    return f"'sha256-{b64encode(hashlib.sha256(''.join(styles).encode()).digest()).decode()}'"
