"""The floor of `web`: Django on the same server, one view with three queries that indexes answer, and nothing else."""

import os

import django
from django.conf import settings
from django.core.wsgi import get_wsgi_application
from django.http import HttpRequest, JsonResponse

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "cxm.settings")
django.setup()
settings.ROOT_URLCONF, settings.MIDDLEWARE = __name__, []

from django.urls import path  # noqa: E402 -- models need Django set up

from customers.models import Customer, Event, Order  # noqa: E402


def three_queries(request: HttpRequest, tenant_id: int, pk: int) -> JsonResponse:
    """Read a person, their last events and their orders, as the owner, who has no policies to obey."""
    person = Customer.objects.get(tenant_id=tenant_id, pk=pk)
    timeline = Event.objects.filter(tenant_id=tenant_id, customer_id=pk).order_by("-occurred_at", "-id")[:20]
    orders = Order.objects.filter(tenant_id=tenant_id, customer_id=pk).order_by("placed_at")[:20]
    return JsonResponse(
        {
            "name": person.name,
            "events": [event.name for event in timeline],
            "orders": [order.order_id for order in orders],
        }
    )


def ready(request: HttpRequest) -> JsonResponse:
    """Answer once the server runs."""
    return JsonResponse({})


urlpatterns = [path("floor/", ready), path("floor/<int:tenant_id>/<int:pk>/", three_queries)]
application = get_wsgi_application()
