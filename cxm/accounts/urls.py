"""Addresses of accounts: before a business is chosen, and within one."""

from django.urls import include, path

from cxm.accounts.views import home, jobs, preferences

jobs_patterns = (
    [
        path("", jobs.index, name="list"),
        path("running/", jobs.running, name="running"),
    ],
    "jobs",
)

# Before a business is chosen.
urlpatterns = [
    path("", home.home, name="home"),
    path("businesses/", home.choose, name="choose_tenant"),
    path("businesses/menu/", home.mine, name="my_tenants"),
    path("language/", preferences.set_language, name="set_language"),
    path("theme/", preferences.set_theme, name="set_theme"),
]

# Within one: /app/SLUG/…
tenant_patterns = [
    path("", home.tenant_home, name="tenant_home"),
    path("soon/<slug:key>/", home.soon, name="soon"),
    path("jobs/", include(jobs_patterns)),
]
