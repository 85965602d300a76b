"""All routes: the API under /api/v1, and what stands at the root."""

from django.urls import URLPattern, URLResolver, include, path, re_path

import accounts.urls
import feeds.urls
import media.urls
import posts.urls
import social.urls
from echomate import health, problems
from echomate.instance import InstanceView
from echomate.jobs.views import JobView
from echomate.schema import DocsView, SchemaView

API: list[URLPattern | URLResolver] = [
    *feeds.urls.urlpatterns,
    *posts.urls.urlpatterns,
    *accounts.urls.urlpatterns,
    *media.urls.urlpatterns,
    *social.urls.urlpatterns,
    path("jobs/<str:job>", JobView.as_view(), name="job"),
    path("instance", InstanceView.as_view(), name="instance"),
]
"""In one list, the busiest first, since routes are tried in turn; `/users/me` before `/users/{user}`."""

urlpatterns: list[URLPattern | URLResolver] = [
    path("api/v1/", include(API)),
    path("account/", include(accounts.urls.pages)),
    path("", health.front_page, name="root"),
    path("health", health.AliveView.as_view(), name="health"),
    path("health/db", health.DatabaseView.as_view(), name="health-db"),
    path("health/cache", health.CacheView.as_view(), name="health-cache"),
    path("health/storage", health.StorageView.as_view(), name="health-storage"),
    path("health/events", health.EventsView.as_view(), name="health-events"),
    *accounts.urls.at_the_root,
    path("metrics", health.metrics, name="metrics"),
    path("api/schema", SchemaView.as_view(), name="schema"),
    path("api/docs", DocsView.as_view(url_name="schema"), name="docs"),
    re_path(r"", problems.page_not_found, name="unknown"),
]

handler400 = "echomate.problems.bad_request"
handler403 = "echomate.problems.permission_denied"
handler404 = "echomate.problems.page_not_found"
handler500 = "echomate.problems.server_error"
