"""Addresses of analytics within a tenant: /app/SLUG/analytics/…"""

from django.urls import path

from analytics.views import dashboards, outlooks

app_name = "analytics"

urlpatterns = [
    path("", dashboards.dashboard, name="dashboard"),
    path("home/", dashboards.home, name="home"),
    path("kpis/", dashboards.catalogue, name="kpis"),
    path("kpis/<slug:key>/", dashboards.kpi, name="kpi"),
    path("outlook/", outlooks.index, name="outlook"),
    path("outlook/export/", outlooks.export, name="export_outlook"),
    path("outlook/win-back/", outlooks.win_back, name="win_back"),
    path("outlook/compute/", outlooks.compute, name="compute"),
    path("outlook/rfm/", outlooks.grid, name="rfm"),
    path("outlook/rfm/<int:recency>/<int:frequency>/", outlooks.cell, name="rfm_cell"),
    path("outlook/model/", outlooks.model, name="model"),
    path("outlook/assumptions/", outlooks.assume, name="assume"),
]
