"""Every address of the product, in the order of contracts: public, programs, people."""

from django.urls import include, path

from cxm import api, health
from cxm.accounts import views as accounts

app_patterns = [
    path("", accounts.tenant_home, name="tenant_home"),
]

urlpatterns = [
    path("", accounts.home, name="home"),
    path("health/live", health.live),
    path("health/ready", health.ready),
    path("accounts/", include("allauth.urls")),
    *api.urlpatterns,
    path("app/<slug:tenant>/", include(app_patterns)),
]
