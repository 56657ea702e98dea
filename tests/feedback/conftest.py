"""A desk as everybody begins with it: nine to five, Monday to Friday, UTC; and somebody who writes."""

import pytest

from cxm.audit.actors import SYSTEM
from feedback.domain import cases, desk
from tests.factories import CustomerFactory
from tests.feedback.case_rows import MONDAY


@pytest.fixture
def begun(scoped):
    desk.begin(by=SYSTEM)
    return scoped


@pytest.fixture
def customer(begun):
    return CustomerFactory(name="Sara Haddad", email="sara@example.com")


@pytest.fixture
def make_case(begun, customer):
    """Open a case on Monday at nine; what is said overrides."""

    def make(type="question", now=MONDAY, **said):
        values = {"customer": customer, "subject": "Where is it?", "body": "I wait.", "channel": "email", "by": SYSTEM}
        return cases.open(type=desk.type_by(ref=type), now=now, **values | said)

    return make
