"""What the apps above may hear."""

from django.dispatch import Signal

# events: list[Event], stored in the same transaction. Receivers only insert rows of their own, set-based.
events_recorded = Signal()

# segment: Segment, entered: list[int], left: list[int] (ids of customers), inside the transaction with the rows, in
# portions of some thousands. Only of segments that somebody watches (memberships.watch): a first filling may move a
# million.
members_changed = Signal()

# moments: set[datetime], when facts that were stored already were told to have been, before and now (an order was
# corrected), inside the transaction with the rows: sums of those days no longer hold.
facts_corrected = Signal()

# orders: list[int], ids of rows that were there already and were told again, inside the transaction that stores them,
# after the people they touch are locked.
orders_corrected = Signal()

# order_ids: list[str], of orders that only a page had told and the shop's own systems tell now, inside the transaction.
orders_confirmed = Signal()

# Rows of the past were taken away or moved (an import undone, a person erased): sums of past days no longer hold.
history_rewritten = Signal()
