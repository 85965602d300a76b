"""What stands in a text that people write: links, people mentioned, hashtags; its HTML and its language."""

from posts.text.hashtags import tag_name
from posts.text.language import guess_language
from posts.text.limits import check_names
from posts.text.writing import Written, without_mentions, written

__all__ = ["Written", "check_names", "guess_language", "tag_name", "without_mentions", "written"]
