"""Addresses of customers within a tenant: /app/SLUG/customers/…"""

from django.urls import path

from customers.views import builder, companies, consents, imports, people, profile, segments, settings

app_name = "customers"

urlpatterns = [
    path("", people.index, name="list"),
    path("search/", people.search, name="search"),
    path("export/", people.export, name="export"),
    path("bulk/", people.bulk, name="bulk"),
    path("new/", people.new, name="new"),
    path("<int:pk>/", profile.detail, name="detail"),
    path("<int:pk>/edit/", profile.edit, name="edit"),
    path("<int:pk>/erase/", profile.erase, name="erase"),
    path("<int:pk>/timeline/", profile.timeline, name="timeline"),
    path("<int:pk>/orders/", profile.orders, name="orders"),
    path("<int:pk>/panels/orders/", profile.orders_panel, name="panel_orders"),
    path("<int:pk>/panels/segments/", profile.segments_panel, name="panel_segments"),
    path("<int:pk>/consents/", consents.index, name="consents"),
    path("segments/", segments.index, name="segments"),
    path("segments/new/", builder.new, name="new_segment"),
    path("segments/build/", builder.build, name="build_segment"),
    path("segments/preview/", builder.preview, name="preview_segment"),
    path("segments/<int:pk>/", segments.detail, name="segment"),
    path("segments/<int:pk>/edit/", builder.edit, name="edit_segment"),
    path("segments/<int:pk>/state/", segments.state, name="segment_state"),
    path("segments/<int:pk>/explain/", segments.explain, name="explain_segment"),
    path("segments/<int:pk>/act/", segments.act, name="act_on_segment"),
    path("companies/", companies.index, name="companies"),
    path("companies/<int:pk>/", companies.detail, name="company"),
    path("attributes/", settings.attributes, name="attributes"),
    path("attributes/<int:pk>/", settings.attribute, name="attribute"),
    path("attributes/<int:pk>/delete/", settings.delete_attribute, name="delete_attribute"),
    path("topics/", settings.topics, name="topics"),
    path("topics/<int:pk>/", settings.topic, name="topic"),
    path("topics/<int:pk>/delete/", settings.delete_topic, name="delete_topic"),
    path("tags/", settings.tags, name="tags"),
    path("tags/<int:pk>/", settings.tag, name="tag"),
    path("tags/<int:pk>/delete/", settings.delete_tag, name="delete_tag"),
    path("suppressions/", settings.suppressions, name="suppressions"),
    path("suppressions/<int:pk>/remove/", settings.remove_suppression, name="remove_suppression"),
    path("imports/", imports.index, name="imports"),
    path("imports/<int:pk>/", imports.detail, name="import"),
    path("imports/<int:pk>/start/", imports.start, name="import_start"),
    path("imports/<int:pk>/kind/", imports.kind, name="import_kind"),
    path("imports/<int:pk>/rematch/", imports.rematch, name="import_rematch"),
    path("imports/<int:pk>/undo/", imports.undo, name="import_undo"),
    path("imports/<int:pk>/discard/", imports.discard, name="import_discard"),
    path("imports/<int:pk>/rejects.csv", imports.rejects, name="import_rejects"),
]
