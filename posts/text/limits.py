"""How many people a text may name, and how many hashtags it may have. A validator of serializers."""

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from echomate import instance
from posts.text.scanning import Kind, pieces

MENTIONS_AT_MOST = 20
TAGS_AT_MOST = 30
instance.declare_limits(post_mentions=MENTIONS_AT_MOST, post_hashtags=TAGS_AT_MOST)


def check_names(content: str) -> None:
    """Names count once, whether or not they are somebody's; so do hashtags."""
    people, tags = set[str](), set[str]()
    for piece in pieces(content):
        if piece.kind is Kind.MENTION:
            people.add(piece.name.lower())
        elif piece.kind is Kind.HASHTAG:
            tags.add(piece.name)
        if len(people) > MENTIONS_AT_MOST:
            raise ValidationError(_("It may name at most %(most)s people.") % {"most": MENTIONS_AT_MOST})
        if len(tags) > TAGS_AT_MOST:
            raise ValidationError(_("It may have at most %(most)s hashtags.") % {"most": TAGS_AT_MOST})
