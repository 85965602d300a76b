"""What accounts take and give, for validation and for the schema."""

from accounts.serializers.users import (
    ROLES,
    TYPES,
    CountsSerializer,
    RelationSerializer,
    ShortUserSerializer,
    UserSerializer,
)

__all__ = [
    "ROLES",
    "TYPES",
    "CountsSerializer",
    "RelationSerializer",
    "ShortUserSerializer",
    "UserSerializer",
]
