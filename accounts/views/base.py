"""What the views of one's own account have in common."""

from drf_spectacular.utils import OpenApiResponse

from accounts.authentication import TokenViewer
from echomate.views import ApiView

NEVER_STORED = {"Cache-Control": "no-store"}
STEP_UP = OpenApiResponse(description="`step-up-required`: this session has to be stepped up first.")


class OwnView(ApiView):
    """Asks for a session: `viewer` is always somebody."""

    viewer: TokenViewer
