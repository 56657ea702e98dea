"""The columns by which people are found: computed here and nowhere else."""

from customers.domain import contacts
from customers.models import Customer
from cxm.lib import text


def name_key(name: str) -> str:
    """Return the folded name, as long as its column."""
    return text.fold(name)[:220]


def search_text(*, name: str, email: str, phone: str, external_id: str | None, company: str) -> str:
    """Return the words under which a person is found, folded, one space between."""
    words = [text.fold(name), contacts.email_key(email), phone, text.fold(external_id or ""), text.fold(company)]
    return " ".join(word for word in words if word)


def whole(external_id: str) -> str:
    """Return an id as it was before a spreadsheet or a data frame made a number with a fraction of it.

    ``17850.0`` is ``17850``; ids that are not whole numbers, or begin with a zero, stay as they are.
    """
    number = external_id[:-2]
    is_whole = external_id[-2:] == ".0" and number.isascii() and number.isdigit() and number[0] != "0"
    return number if is_whole else external_id


def refresh(customer: Customer) -> None:
    """Set ``name_key``, ``email_key`` and ``search`` of an unsaved change; the caller saves."""
    customer.name_key = name_key(customer.name)
    customer.email_key = contacts.email_key(customer.email)
    customer.search = search_text(
        name=customer.name,
        email=customer.email,
        phone=customer.phone,
        external_id=customer.external_id,
        company=customer.company.name if customer.company else "",
    )
