"""From orders to scores: through a job, in portions, safe to run twice."""

from datetime import date, timedelta

import pytest
from django.utils import timezone

from analytics.domain import forecasts, outlooks, predictions, rfm, scoring
from analytics.domain.outlooks import Chosen
from analytics.models import Forecast, Outlook
from customers.domain import memberships
from customers.models import Customer, Order, SegmentDirty, SegmentMember, Traits
from cxm import tenancy
from cxm.audit.actors import SYSTEM
from cxm.jobs.models import Job
from tests.analytics import purchases
from tests.customers.importing import work
from tests.factories import CustomerFactory, OrderFactory


@pytest.fixture
def computed(tenant):
    """A shop with 260 buyers and one who only looked, scored by a worker."""
    with tenancy.scope(tenant):
        purchases.fill()
        CustomerFactory(external_id="looker")
        forecasts.request()
    work()
    with tenancy.scope(tenant):
        assert list(Job.objects.values_list("state", "error")) == [("done", "")]
        yield tenant


def _scores() -> dict:
    graded = Traits.objects.filter(scores__has_key="rfm_r")
    return dict(graded.values_list("customer__external_id", "scores"))


def test_everybody_who_bought_is_scored(computed):
    scores, card = _scores(), Forecast.objects.get()

    assert len(scores) == 260
    assert all(set(found) == set(scoring.NAMES) for found in scores.values())
    assert all(round(found["p_alive"] + found["churn_risk"], 2) == 1 for found in scores.values())
    assert (card.customers, card.warnings, set(card.fits)) == (260, [], {"BG/NBD", "MBG/NBD", "Gamma-Gamma"})
    assert sum(row["counted"] for row in card.check_table) == 260
    assert sum(cell["people"] for cell in card.rfm["cells"]) == 260
    assert Outlook.objects.count() == 260
    once = Traits.objects.filter(orders_count=1, scores__has_key="churn_risk").values_list(
        "scores__churn_risk", flat=True
    )
    assert min(once) > 0


def test_computed_again_nothing_moves(computed):
    SegmentDirty.objects.all().delete()
    before = _scores()
    forecasts.request()
    work()
    assert _scores() == before
    assert SegmentDirty.objects.count() == 0
    assert Forecast.objects.count() == 1


def test_who_has_no_orders_any_more_has_no_score(computed):
    person = Customer.objects.get(external_id="b7")
    Order.objects.filter(customer=person).delete()
    forecasts.request()
    work()
    assert person.traits.scores == {}
    assert not Outlook.objects.filter(customer=person).exists()


def test_too_few_people_get_grades_and_no_prediction(tenant):
    with tenancy.scope(tenant):
        for days in (1, 40, 90):
            OrderFactory(placed_at=timezone.now() - timedelta(days=days))
        forecasts.request()
        assert forecasts.request().pk == Job.objects.get().pk  # one that waits is enough
    work()
    with tenancy.scope(tenant):
        card = Forecast.objects.get()
        assert (card.customers, card.fits, card.warnings, card.value) == (3, {}, ["too_few"], None)
        assert {frozenset(scores) for scores in Traits.objects.values_list("scores", flat=True)} == {
            frozenset({"rfm_r", "rfm_f", "rfm_m"})
        }
        assert not Outlook.objects.exists()


def test_the_segment_holds_exactly_those_on_the_list(computed):
    for chosen in (Chosen("risk"), Chosen("gone"), Chosen("all", best=True)):
        segment = outlooks.win_back(chosen=chosen, tenant=computed, by=SYSTEM)
        memberships.refresh_now(segment=segment, tenant=computed, now=timezone.now())
        listed = set(outlooks.at_risk(chosen).values_list("customer_id", flat=True))
        assert set(SegmentMember.objects.filter(segment=segment).values_list("customer_id", flat=True)) == listed
        assert len(listed) > 3
        assert outlooks.win_back(chosen=chosen, tenant=computed, by=SYSTEM) == segment


def test_a_cell_of_the_grid_is_a_segment(computed):
    rows = rfm.grid(Forecast.objects.get())
    cell = max((cell for row in rows for cell in row), key=lambda cell: cell.people)
    segment = rfm.segment(recency=cell.recency, frequency=cell.frequency, tenant=computed, by=SYSTEM)
    memberships.refresh_now(segment=segment, tenant=computed, now=timezone.now())
    assert SegmentMember.objects.filter(segment=segment).count() == cell.people
    with pytest.raises(rfm.NoSuchCell):
        rfm.segment(recency=6, frequency=1, tenant=computed, by=SYSTEM)


def test_nobody_at_risk_is_refused(scoped):
    with pytest.raises(outlooks.NobodyAtRisk):
        outlooks.win_back(chosen=Chosen(), tenant=scoped, by=SYSTEM)


def test_days_are_the_tenants_and_those_with_returns_alone_are_no_purchase(scoped):
    scoped.timezone = "Asia/Riyadh"
    at = purchases.END.replace(hour=20, minute=30)  # 23:30 there
    person = CustomerFactory()
    for step, (delta, kind, revenue) in enumerate([
        (timedelta(0), "order", 10), (timedelta(hours=1), "order", 20), (timedelta(hours=2), "order", 5),
        (timedelta(days=9), "return", -5), (timedelta(days=20), "order", 9),
    ]):  # fmt: skip
        OrderFactory(order_id=f"x{step}", customer=person, placed_at=at + delta, kind=kind, revenue=revenue)

    found = predictions.buyers(tenant=scoped, until=date(2026, 11, 20))

    known = found.histories
    # 1 November in Riyadh, then two orders of 2 November; what came later is not known yet.
    assert (known.repeats.tolist(), known.recency.tolist(), known.age.tolist()) == ([1], [1], [19])
    assert (found.mean.tolist(), found.orders.tolist(), found.net.tolist()) == ([25.0], [3.0], [30.0])


def test_reasons_are_said_in_words(scoped):
    now = purchases.END
    person = CustomerFactory()
    Traits.objects.create(
        customer=person, orders_count=4, returns_count=2, first_order_at=now - timedelta(days=210),
        last_order_at=now - timedelta(days=120), last_open_at=now - timedelta(days=90), scores={"nps": 3, "csat": 5},
    )  # fmt: skip
    assert outlooks.reasons(person, now=now) == [
        "Usually orders every 30 days; the last order was 4 months ago.",
        "Last opened an email 3 months ago.",
        "Many returns: 2, with 4 orders.",
        "Would not recommend you: 3 out of 10.",
    ]
    once = CustomerFactory()
    Traits.objects.create(customer=once, orders_count=1, last_order_at=now - timedelta(days=50))
    assert outlooks.reasons(once, now=now) == ["Bought once, 2 months ago, and not again."]
