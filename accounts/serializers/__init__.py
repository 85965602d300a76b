"""What accounts take and give, for validation and for the schema."""

from accounts.serializers.profile import TYPES, ProfileSerializer
from accounts.serializers.users import (
    ROLES,
    CountsSerializer,
    OwnUserSerializer,
    RelationSerializer,
    ShortUserSerializer,
    UserSerializer,
)

__all__ = [
    "ROLES",
    "TYPES",
    "CountsSerializer",
    "OwnUserSerializer",
    "ProfileSerializer",
    "RelationSerializer",
    "ShortUserSerializer",
    "UserSerializer",
]
