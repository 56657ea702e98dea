"""Every address of the product, in the order of contracts: public, programs, people."""

from django.urls import include, path
from django_prometheus.exports import ExportToDjangoView

from analytics import urls as analytics
from campaigns.urls import public_patterns
from cxm import api, health
from cxm.accounts import platform
from cxm.accounts import urls as accounts
from cxm.local import pages as local
from feedback import urls as feedback
from journeys import urls as journeys

# The pages of one tenant. Each app adds its own: path("customers/", include("customers.urls")).
app_patterns = [
    *accounts.tenant_patterns,
    path("customers/", include("customers.urls")),
    path("campaigns/", include("campaigns.urls")),
    path("feedback/", include("feedback.urls")),
    path("journeys/", include("journeys.urls")),
    path("analytics/", include("analytics.urls")),
]

urlpatterns = [
    path("health/live", health.live),
    path("health/ready", health.ready),
    path("metrics", ExportToDjangoView),
    *accounts.urlpatterns,
    *public_patterns,
    *feedback.public_patterns,
    *journeys.public_patterns,
    *analytics.public_patterns,
    path("accounts/", include("allauth.urls")),
    *local.urlpatterns,
    path("admin/", platform.site.urls),
    *api.urlpatterns,
    path("v1/", include("customers.inbound.urls")),
    path("app/<slug:tenant>/", include(app_patterns)),
]

handler400 = "cxm.errors.bad_request"
handler403 = "cxm.errors.permission_denied"
handler404 = "cxm.errors.page_not_found"
handler429 = "cxm.errors.too_many_requests"
handler500 = "cxm.errors.server_error"
