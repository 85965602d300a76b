"""Routes of the social app, below /api/v1."""

from django.urls import path

from social import views

urlpatterns = [
    path("users", views.SearchView.as_view(), name="users"),
    path("users/<str:user>", views.UserView.as_view(), name="user"),
    path("users/<str:user>/profile", views.ProfileView.as_view(), name="profile"),
    path("users/<str:user>/follow", views.FollowView.as_view(), name="follow"),
    path("users/<str:user>/block", views.BlockView.as_view(), name="block"),
    path("users/<str:user>/mute", views.MuteView.as_view(), name="mute"),
    path("users/<str:user>/followers", views.FollowersView.as_view(), name="followers"),
    path("users/<str:user>/following", views.FollowingView.as_view(), name="following"),
    path("followers/<str:user>", views.FollowerView.as_view(), name="follower"),
    path("follow-requests", views.FollowRequestsView.as_view(), name="follow-requests"),
    path("follow-requests/<str:user>", views.FollowRequestView.as_view(), name="follow-request"),
    path("follow-requests/<str:user>/accept", views.AcceptView.as_view(), name="accept"),
    path("friends", views.FriendsView.as_view(), name="friends"),
    path("blocks", views.BlocksView.as_view(), name="blocks"),
    path("mutes", views.MutesView.as_view(), name="mutes"),
    path("relations", views.RelationsView.as_view(), name="relations"),
]
