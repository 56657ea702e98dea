"""Trying an automation out on the past or on a segment: who would get what, and when. Nothing is sent."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_GET

from customers.domain import segments
from customers.models import Customer
from cxm.accounts import permissions
from cxm.lib.errors import Refusal
from journeys.domain import automations, passages, simulator, triggers
from journeys.models import Automation
from journeys.steps.frame import Names
from journeys.views import canvas

SHOWN, DAYS = 100, 30


@require_GET
@permissions.needs("journeys.view")
def simulate(request: HttpRequest, pk: int) -> HttpResponse:
    """The form, and what would have happened."""
    automation = automations.get(automation_id=pk)
    names, asked = Names(request.tenant), request.GET
    replayable = automation.draft["trigger"].get("kind") not in {"manual", "api"}
    today = timezone.localdate()
    context = {
        "automation": automation, "segments": segments.live(), "replayable": replayable,
        "start": canvas.start(automation.draft, names),
        "since": asked.get("since") or (today - timedelta(days=DAYS)).isoformat(),
        "until": asked.get("until") or today.isoformat(), "segment": asked.get("segment", ""),
        "trigger": triggers.words(automation.draft["trigger"], names),
    }  # fmt: skip
    if "since" in asked or "segment" in asked:
        try:
            context |= _told(automation, _rehearsed(request, automation, context), names)
        except Refusal as refusal:
            if refusal.status == 404:
                raise
            context["refusal"] = refusal.message
            context["details"] = list(refusal.fields.values())[:5]
    return render(request, "journeys/automations/simulate.html", context)


def _rehearsed(request: HttpRequest, automation: Automation, asked: dict) -> simulator.Rehearsal:
    now = timezone.now()
    written = asked["segment"]
    if written.isascii() and written.isdigit() and len(written) < 19:
        segment = segments.get(int(written))
        return simulator.try_segment(automation=automation, tenant=request.tenant, segment=segment, now=now)
    zone = ZoneInfo(request.tenant.timezone)
    try:
        since = datetime.fromisoformat(asked["since"][:10]).replace(tzinfo=zone)
        until = datetime.fromisoformat(asked["until"][:10]).replace(tzinfo=zone) + timedelta(days=1)
    except (ValueError, OverflowError) as error:
        raise simulator.BadPeriod from error
    return simulator.replay(
        automation=automation, tenant=request.tenant, since=since, until=min(until, now), now=now
    )  # fmt: skip


def _told(automation: Automation, said: simulator.Rehearsal, names: Names) -> dict:
    people = Customer.objects.in_bulk({told.customer_id for told in said.told[:SHOWN]})
    numbers = said.figures
    return {
        "said": said,
        "figures": numbers,
        "nodes": canvas.nodes(automation.draft, names=names, problems={}, figures=numbers),
        "reasons": [(passages.reason(key), count) for key, count in numbers.left.most_common()],
        "refused": sum(said.refused.values()),
        "lines": [
            {"person": people[told.customer_id], "at": told.at, "words": simulator.sentence(told, names)}
            for told in said.told[:SHOWN]
            if told.customer_id in people
        ],
        "rest": max(0, len(said.told) - SHOWN),
    }
