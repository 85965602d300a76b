"""What stands in a text that people write: links, people mentioned, hashtags; its HTML and its language."""

from posts.text.hashtags import CODE_POINTS_AT_MOST as TAG_AT_MOST
from posts.text.hashtags import tag_name
from posts.text.language import guess_language
from posts.text.limits import MENTIONS_AT_MOST, TAGS_AT_MOST, check_names
from posts.text.writing import Written, html_at_most, without_mentions, written

__all__ = [
    "MENTIONS_AT_MOST",
    "TAGS_AT_MOST",
    "TAG_AT_MOST",
    "Written",
    "check_names",
    "guess_language",
    "html_at_most",
    "tag_name",
    "without_mentions",
    "written",
]
