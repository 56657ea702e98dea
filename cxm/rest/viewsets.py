"""What every noun of the API starts from."""

from rest_framework.viewsets import GenericViewSet

from cxm.rest.pagination import KeysetPagination


class TenantViewSet(GenericViewSet):
    """One noun of the tenant the key belongs to.

    A subclass mixes in what it can (``mixins.ListModelMixin`` …) and names:

    - ``scopes``: ``{"read": "customers.view", "write": "customers.change", "launch": "campaigns.send"}``; none: closed;
    - ``queryset``: rows of other tenants are not in it, the server sees to that, so their ids answer 404;
    - ``ordering``: ``"-created_at"``, see KeysetPagination.

    Writes make one domain call with ``by=request.actor``; what they refuse is translated by the exception handler.
    Limits, Idempotency-Key and the size of bodies were dealt with before the view (cxm.rest.middleware).
    """

    scopes: dict[str, str] = {}
    pagination_class = KeysetPagination
    # Ids that fit a bigint; anything else is an address that does not exist.
    lookup_value_regex = r"[0-9]{1,18}"
