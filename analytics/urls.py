"""Addresses of analytics within a tenant: /app/SLUG/analytics/…"""

from django.urls import path

from analytics.views import dashboards, outlooks, shares, targets

app_name = "analytics"

urlpatterns = [
    path("", dashboards.dashboard, name="dashboard"),
    path("home/", dashboards.home, name="home"),
    path("kpis/", dashboards.catalogue, name="kpis"),
    path("asked/", dashboards.asked, name="asked"),
    path("kpis/export/", dashboards.export_kpis, name="export_kpis"),
    path("kpis/<slug:key>/export/", dashboards.export_kpi, name="export_kpi"),
    path("kpis/<slug:key>/", dashboards.kpi, name="kpi"),
    path("cohorts/", dashboards.retention, name="cohorts"),
    path("cohorts/export/", dashboards.export_cohorts, name="export_cohorts"),
    path("segments/", dashboards.segments, name="league"),
    path("targets/", targets.index, name="targets"),
    path("targets/new/", targets.create, name="new_target"),
    path("targets/<int:pk>/remove/", targets.remove, name="remove_target"),
    path("shares/", shares.index, name="shares"),
    path("shares/new/", shares.create, name="new_share"),
    path("shares/<int:pk>/revoke/", shares.revoke, name="revoke_share"),
    path("outlook/", outlooks.index, name="outlook"),
    path("outlook/export/", outlooks.export, name="export_outlook"),
    path("outlook/win-back/", outlooks.win_back, name="win_back"),
    path("outlook/compute/", outlooks.compute, name="compute"),
    path("outlook/rfm/", outlooks.grid, name="rfm"),
    path("outlook/rfm/<int:recency>/<int:frequency>/", outlooks.cell, name="rfm_cell"),
    path("outlook/model/", outlooks.model, name="model"),
    path("outlook/assumptions/", outlooks.assume, name="assume"),
]

public_patterns = [path("d/<str:token>", shares.public, name="shared_dashboard")]
