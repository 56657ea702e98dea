"""Addresses of accounts: before a business is chosen, and within one."""

from django.urls import include, path

from cxm.accounts.views import (
    audit,
    drafts,
    home,
    invitations,
    jobs,
    keys,
    lists,
    members,
    preferences,
    settings,
    styleguide,
    todos,
)

jobs_patterns = (
    [
        path("", jobs.index, name="list"),
        path("running/", jobs.running, name="running"),
    ],
    "jobs",
)

todos_patterns = (
    [
        path("", todos.index, name="list"),
        path("news/", todos.news, name="news"),
        path("<int:pk>/done/", todos.finish, name="finish"),
        path("<int:pk>/reopen/", todos.reopen, name="reopen"),
        path("<int:pk>/assign/", todos.assign, name="assign"),
    ],
    "todos",
)

settings_patterns = (
    [
        path("", settings.index, name="index"),
        path("general/", settings.general, name="general"),
        path("profile/", settings.profile, name="profile"),
        path("profile/leave/", members.leave, name="leave"),
        path("members/", members.index, name="members"),
        path("members/invite/", members.invite, name="invite"),
        path("members/invitations/<int:pk>/withdraw/", members.withdraw, name="withdraw"),
        path("members/invitations/<int:pk>/send/", members.send_again, name="invitation_send"),
        path("members/<int:pk>/role/", members.change, name="member_role"),
        path("members/<int:pk>/remove/", members.remove, name="member_remove"),
        path("keys/", keys.index, name="keys"),
        path("keys/<int:pk>/revoke/", keys.revoke, name="key_revoke"),
        path("audit/", audit.index, name="audit"),
    ],
    "settings",
)

lists_patterns = (
    [
        path("<slug:key>/views/", lists.save, name="save"),
        path("<slug:key>/views/<int:pk>/remove/", lists.remove, name="remove"),
        path("<slug:key>/columns/", lists.columns, name="columns"),
    ],
    "lists",
)

drafts_patterns = (
    [
        path("<slug:kind>/<str:ref>/", drafts.keep, name="keep"),
        path("<slug:kind>/<str:ref>/others/", drafts.others, name="others"),
        path("<slug:kind>/<str:ref>/discard/", drafts.discard, name="discard"),
    ],
    "drafts",
)

# Before a business is chosen.
urlpatterns = [
    path("", home.home, name="home"),
    path("businesses/", home.choose, name="choose_tenant"),
    path("businesses/menu/", home.mine, name="my_tenants"),
    path("language/", preferences.set_language, name="set_language"),
    path("theme/", preferences.set_theme, name="set_theme"),
    path("accounts/email/", home.not_here),  # allauth's own page: here an address changes with an invitation only
    path("invitations/<str:token>/", invitations.show, name="invitation"),
]

# Within one: /app/SLUG/…
tenant_patterns = [
    path("", home.tenant_home, name="tenant_home"),
    path("soon/<slug:key>/", home.soon, name="soon"),
    path("todos/", include(todos_patterns)),
    path("jobs/", include(jobs_patterns)),
    path("lists/", include(lists_patterns)),
    path("drafts/", include(drafts_patterns)),
    path("styleguide/", styleguide.index, name="styleguide"),
    path("settings/", include(settings_patterns)),
]
