"""Tables of customers, by noun."""

from customers.models.attribute import Attribute
from customers.models.call import Call, CallAgent, CallDraft, CallQueue, PhoneNumber, QueueAgent
from customers.models.company import Company
from customers.models.consent import Consent, ConsentEntry, Suppression, Topic
from customers.models.customer import Customer, CustomerTag, Identity, Tag, Traits
from customers.models.event import Event
from customers.models.found import Found
from customers.models.imports import (
    ColumnMapping,
    Import,
    ImportChange,
    ImportReject,
    StagedCustomer,
    StagedLine,
    StagedOrder,
)
from customers.models.interaction import Interaction
from customers.models.order import Order, OrderLine
from customers.models.segment import Segment, SegmentDirty, SegmentMember

__all__ = [
    "Attribute",
    "Call",
    "CallAgent",
    "CallDraft",
    "CallQueue",
    "ColumnMapping",
    "Company",
    "Consent",
    "ConsentEntry",
    "Customer",
    "CustomerTag",
    "Event",
    "Found",
    "Identity",
    "Import",
    "ImportChange",
    "ImportReject",
    "Interaction",
    "Order",
    "OrderLine",
    "PhoneNumber",
    "QueueAgent",
    "Segment",
    "SegmentDirty",
    "SegmentMember",
    "StagedCustomer",
    "StagedLine",
    "StagedOrder",
    "Suppression",
    "Tag",
    "Topic",
    "Traits",
]
