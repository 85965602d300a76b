"""What HTML holds, as a parser of our own counts it."""

from collections import Counter
from html.parser import HTMLParser
from urllib.parse import urlsplit

ATTRIBUTES = {
    "p": set[str](),
    "br": set[str](),
    "a": {"href", "rel", "class"},
}
"""Every element of a text, and the attributes that it may have."""
REL = "nofollow noopener ugc"


class Parts(HTMLParser):
    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.elements: Counter[str] = Counter()
        self.attributes: list[tuple[str, str, str]] = []
        self.text = ""
        self.others: list[str] = []
        """Comments, declarations, instructions."""
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements[tag] += 1
        self.attributes += [(tag, name, value or "") for name, value in attrs]
        if tag == "br" or (tag == "p" and self.elements["p"] > 1):
            self.text += "\n"

    def handle_data(self, data: str) -> None:
        self.text += data

    def handle_comment(self, data: str) -> None:
        self.others.append(data)

    def handle_decl(self, decl: str) -> None:
        self.others.append(decl)

    def handle_pi(self, data: str) -> None:
        self.others.append(data)

    def unknown_decl(self, data: str) -> None:
        self.others.append(data)

    def links(self) -> list[str]:
        return [value for _, name, value in self.attributes if name == "href"]


def assert_safe(html: str) -> Parts:
    """No element or attribute beyond the list, and no link but to the web."""
    parts = Parts(html)
    assert set(parts.elements) <= set(ATTRIBUTES), html
    assert not parts.others, html
    for element, name, value in parts.attributes:
        assert name in ATTRIBUTES[element], html
        match name:
            case "rel":
                assert value == REL
            case "class":
                assert value in {"mention", "hashtag"}
            case "href":
                assert urlsplit(value).scheme in {"http", "https"} or value.startswith("/api/v1/"), html
    return parts
