"""Addresses within ``/app/SLUG/``, as the admin of a tenant sees them: the middleware has taken the prefix off."""

from django.urls import path

from cxm.accounts.administration import site

urlpatterns = [path("admin/", site.urls)]

handler400 = "cxm.errors.bad_request"
handler403 = "cxm.errors.permission_denied"
handler404 = "cxm.errors.page_not_found"
handler500 = "cxm.errors.server_error"
