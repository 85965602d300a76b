"""The parameters that operations share."""

from drf_spectacular.utils import OpenApiParameter

from echomate.idempotency.repeating import HEADER, PATTERN
from echomate.paging import DEFAULT_LIMIT, MAX_LIMIT

_ID = {"$ref": "#/components/schemas/Id"}

USER = OpenApiParameter(
    "user",
    {"type": "string", "pattern": "^[A-Za-z0-9_]+$"},
    OpenApiParameter.PATH,
    description="An id or a username.",
)
USER_ID = OpenApiParameter("user", _ID, OpenApiParameter.PATH, description="The id of a user.")
POST = OpenApiParameter("post", _ID, OpenApiParameter.PATH, description="The id of a post.")
MEDIA = OpenApiParameter("media", _ID, OpenApiParameter.PATH, description="The id of a medium.")
TAG = OpenApiParameter(
    "tag", str, OpenApiParameter.PATH, description="A hashtag without its sign, in whatever case."
)
JOB = OpenApiParameter("job", _ID, OpenApiParameter.PATH, description="The id of a job.")
PAGE = [
    OpenApiParameter(
        "limit",
        {"type": "integer", "minimum": 1, "maximum": MAX_LIMIT, "default": DEFAULT_LIMIT},
        description="How many items.",
    ),
    OpenApiParameter("cursor", str, description="Opaque; from `next` or `previous` of the same list."),
]
IF_NONE_MATCH = OpenApiParameter(
    "If-None-Match",
    str,
    OpenApiParameter.HEADER,
    description="Entity tags of what the client has: 304 where it is still so.",
)
IF_MATCH = OpenApiParameter(
    "If-Match",
    str,
    OpenApiParameter.HEADER,
    description="The entity tag of what was read: 412 where it was edited since. Without it the last write wins.",
)

IDEMPOTENCY_KEY = OpenApiParameter(
    HEADER,
    {"type": "string", "pattern": f"^{PATTERN}$"},
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
