"""The parameters that operations share."""

from drf_spectacular.utils import OpenApiParameter

from echomate.etags import HEADER_AT_MOST
from echomate.idempotency.repeating import HEADER, KEY_AT_MOST, PATTERN
from echomate.paging import CURSOR_AT_MOST, DEFAULT_LIMIT, MAX_LIMIT

NAME_AT_MOST = 200
"""Of what a path names. Names are shorter; a longer part of a path names nothing."""
_ID = {"$ref": "#/components/schemas/Id"}
_ENTITY_TAGS = {"type": "string", "maxLength": HEADER_AT_MOST}

USER = OpenApiParameter(
    "user",
    {"type": "string", "pattern": "^[A-Za-z0-9_]+$", "maxLength": NAME_AT_MOST},
    OpenApiParameter.PATH,
    description="An id or a username.",
)
USER_ID = OpenApiParameter("user", _ID, OpenApiParameter.PATH, description="The id of a user.")
POST = OpenApiParameter("post", _ID, OpenApiParameter.PATH, description="The id of a post.")
MEDIA = OpenApiParameter("media", _ID, OpenApiParameter.PATH, description="The id of a medium.")
TAG = OpenApiParameter(
    "tag",
    {"type": "string", "maxLength": NAME_AT_MOST},
    OpenApiParameter.PATH,
    description="A hashtag without its sign, in whatever case.",
)
JOB = OpenApiParameter("job", _ID, OpenApiParameter.PATH, description="The id of a job.")
PAGE = [
    OpenApiParameter(
        "limit",
        {"type": "integer", "minimum": 1, "maximum": MAX_LIMIT, "default": DEFAULT_LIMIT},
        description="How many items.",
    ),
    OpenApiParameter(
        "cursor",
        {"type": "string", "maxLength": CURSOR_AT_MOST},
        description="Opaque; from `next` or `previous` of the same list.",
    ),
]
IF_NONE_MATCH = OpenApiParameter(
    "If-None-Match",
    _ENTITY_TAGS,
    OpenApiParameter.HEADER,
    description="Entity tags of what the client has: 304 where it is still so.",
)
IF_MATCH = OpenApiParameter(
    "If-Match",
    _ENTITY_TAGS,
    OpenApiParameter.HEADER,
    description="The entity tag of what was read: 412 where it was edited since. Without it the last write wins.",
)

IDEMPOTENCY_KEY = OpenApiParameter(
    HEADER,
    {"type": "string", "pattern": f"^{PATTERN}$", "maxLength": KEY_AT_MOST},
    OpenApiParameter.HEADER,
    description="Names this creation: for 24 hours the same call with the same key gets the first one's answer.",
)


def ids(most: int) -> OpenApiParameter:
    return OpenApiParameter(
        "ids",
        {"type": "array", "items": _ID, "minItems": 1, "maxItems": most},
        required=True,
        explode=False,
        style="form",
        description=f"Up to {most} ids, separated by commas.",
    )
