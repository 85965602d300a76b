"""The parameters that operations on comments share."""

from drf_spectacular.utils import OpenApiParameter
from rest_framework.request import Request

from echomate.errors import Invalid
from posts.comments.sort import Sort

COMMENT = OpenApiParameter(
    "comment",
    {"$ref": "#/components/schemas/Id"},
    OpenApiParameter.PATH,
    description="The id of a comment.",
)
SORT = OpenApiParameter(
    "sort",
    {"type": "string", "enum": [sort.value for sort in Sort], "default": Sort.OLDEST.value},
    description="Which come first.",
)


def sort_of(request: Request) -> Sort:
    """`?sort=`. Raises `Invalid`."""
    given = request.query_params.get("sort", Sort.OLDEST.value)
    try:
        return Sort(given)
    except ValueError as error:
        raise Invalid(errors={"sort": [f"One of {', '.join(sort.value for sort in Sort)}."]}) from error
