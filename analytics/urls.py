"""Addresses of analytics within a tenant: /app/SLUG/analytics/…"""

from django.urls import path

from analytics.views import dashboards

app_name = "analytics"

urlpatterns = [
    path("", dashboards.dashboard, name="dashboard"),
    path("home/", dashboards.home, name="home"),
    path("kpis/", dashboards.catalogue, name="kpis"),
    path("kpis/<slug:key>/", dashboards.kpi, name="kpi"),
]
