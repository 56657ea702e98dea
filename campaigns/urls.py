"""Addresses of campaigns: within a tenant (/app/SLUG/campaigns/…), and those that recipients of messages meet."""

from django.urls import path

from campaigns.views import campaigns, people, previews, public, settings, templates

app_name = "campaigns"

urlpatterns = [
    path("", campaigns.index, name="list"),
    path("new/", campaigns.new, name="new"),
    path("preflight/", campaigns.preflight, name="preflight"),
    path("<int:pk>/", campaigns.detail, name="detail"),
    path("<int:pk>/edit/", campaigns.edit, name="edit"),
    path("<int:pk>/live/", campaigns.live, name="live"),
    path("<int:pk>/launch/", campaigns.launch, name="launch"),
    path("<int:pk>/pause/", campaigns.pause, name="pause"),
    path("<int:pk>/resume/", campaigns.resume, name="resume"),
    path("<int:pk>/cancel/", campaigns.cancel, name="cancel"),
    path("<int:pk>/duplicate/", campaigns.duplicate, name="duplicate"),
    path("<int:pk>/delete/", campaigns.delete, name="delete"),
    path("<int:pk>/people/", people.index, name="people"),
    path("<int:pk>/people/export/", people.export, name="export"),
    path("customers/<int:pk>/messages/", people.panel, name="panel_messages"),
    path("templates/", templates.index, name="templates"),
    path("templates/new/", templates.new, name="template_new"),
    path("templates/start/", templates.start, name="template_start"),
    path("templates/write/", templates.write, name="template_write"),
    path("templates/preview/", previews.typed, name="preview"),
    path("templates/preview/<str:key>/", previews.frame, name="preview_frame"),
    path("templates/people/", previews.people, name="preview_people"),
    path("templates/starters/<str:kind>/<str:language>/", previews.starter, name="starter"),
    path("templates/<int:pk>/", templates.edit, name="template"),
    path("templates/<int:pk>/save/", templates.save, name="template_save"),
    path("templates/<int:pk>/preview/", previews.saved, name="template_preview"),
    path("templates/<int:pk>/versions/", templates.versions, name="template_versions"),
    path("templates/<int:pk>/versions/<int:version>/restore/", templates.restore, name="template_restore"),
    path("templates/<int:pk>/test/", templates.test, name="template_test"),
    path("templates/<int:pk>/duplicate/", templates.duplicate, name="template_duplicate"),
    path("templates/<int:pk>/archive/", templates.archive, name="template_archive"),
    path("settings/brand/", settings.brand, name="brand"),
    path("settings/senders/", settings.sender_list, name="senders"),
    path("settings/senders/<int:pk>/", settings.sender, name="sender"),
    path("settings/senders/<int:pk>/default/", settings.default_sender, name="default_sender"),
    path("settings/senders/<int:pk>/delete/", settings.delete_sender, name="delete_sender"),
]

public_patterns = [
    path("t/o/<str:token>", public.open_pixel, name="open_pixel"),
    path("t/c/<str:token>", public.click, name="click"),
    path("u/<str:token>", public.unsubscribe, name="unsubscribe"),
    path("p/<str:token>", public.preference_centre, name="preferences"),
    path("m/<str:token>", public.in_browser, name="message_in_browser"),
]
