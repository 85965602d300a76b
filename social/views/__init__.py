"""Users as their viewer sees them, and the graph between them."""

from social.views.lists import (
    BlocksView,
    FollowersView,
    FollowingView,
    FriendsView,
    MutesView,
)
from social.views.people import ProfileView, RelationsView, SearchView, UserView
from social.views.requests import AcceptView, FollowerView, FollowRequestsView, FollowRequestView
from social.views.toggles import BlockView, FollowView, MuteView

__all__ = [
    "AcceptView",
    "BlockView",
    "BlocksView",
    "FollowRequestView",
    "FollowRequestsView",
    "FollowView",
    "FollowerView",
    "FollowersView",
    "FollowingView",
    "FriendsView",
    "MuteView",
    "MutesView",
    "ProfileView",
    "RelationsView",
    "SearchView",
    "UserView",
]
