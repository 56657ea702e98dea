"""What the columns of a file are taken for."""

import pytest
from django.utils import translation

from customers.domain import import_fields
from cxm import tenancy


@pytest.mark.parametrize("kind", [import_fields.CUSTOMERS, import_fields.ORDERS])
@pytest.mark.parametrize("language", ["en", "ar"])
def test_columns_named_as_we_name_the_fields(tenant, kind, language):
    with translation.override(language):
        named = {str(label): target for target, label in import_fields.LABELS[kind].items()}

    with tenancy.scope(tenant):
        assert import_fields.propose(kind=kind, columns=list(named)) == named
