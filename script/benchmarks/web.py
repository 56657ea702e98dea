"""Pages that people wait for, beside the least a server of this kind can do."""

import contextlib
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from importlib import import_module

from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.db import connection

from analytics.domain import rollups
from benchmarks import _data, _load, frame
from campaigns.models import Campaign, SendUnit, Template
from cxm import tenancy
from cxm.accounts.models import Membership, Role, User
from cxm.local import processes, supervisor
from cxm.tenancy.models import Tenant

TITLE = "list, search, profile, report, dashboard at 1 M customers / 10 M events, 2 web workers, 8 clients"
FLOOR = "a view with three indexed queries on the same server"
UNIT = "pages"
SIZE = 1_000_000  # customers; ten events each
TARGET = frame.at_least(0.15, goal=0.50)
MOST = {"p95_ms": 400}

CALLS = 400
WORDS = ["amal", "zoe smi", "omar k", "lena w", "haddad", "yusuf", "c4711", "sara b"]


def run(bench: frame.Bench) -> frame.Result:
    tenant = _data.ensure(customers=bench.size, events=bench.size * 10)
    with tenancy.scope(tenant):  # as the beat would have done by now
        rollups.mark_all()
        rollups.refresh(tenant=tenant, now=datetime.now(UTC))
    ids = _data.some_ids(tenant, 500)
    campaign = _campaign(tenant)
    cookie = {"Cookie": f"{settings.SESSION_COOKIE_NAME}={_session(tenant)}"}
    floor_calls = [_load.Call(f"/floor/{tenant.pk}/{ids[number % len(ids)]}/") for number in range(CALLS * 4)]
    with bench.web(workers=2) as address, _floor_server(bench) as floor_address:
        pages = _there(_pages(tenant, campaign, ids, cookie), address, bench)
        kinds = list(pages.values())
        chosen = [(kinds[number % len(kinds)], number // len(kinds)) for number in range(CALLS)]
        calls = [kind[turn % len(kind)] for kind, turn in chosen]

        def ask() -> frame.Lap:
            load = _load.run(address, calls)
            bench.facts["p95_ms"] = round(load.percentile(0.95), 1)
            return frame.Lap(load.seconds, CALLS)

        def ask_floor() -> frame.Lap:
            return frame.Lap(_load.run(floor_address, floor_calls).seconds, CALLS * 4)

        result = bench.measure(floor=ask_floor, figure=ask)
        for name, kind in pages.items():  # one at a time, to see which page it is
            one = _load.run(address, kind[:40], clients=1)
            bench.facts[f"{name}_ms"] = round(one.percentile(0.5), 1)
        return result


def _pages(tenant: Tenant, campaign: Campaign, ids: list[int], cookie: dict[str, str]) -> dict[str, list[_load.Call]]:
    """Return what a browser asks for, by kind of page: each kind is asked for as often as any other.

    As the pages themselves do it, filters and search boxes ask for the part that changes (HX-Request); the first look
    at a list, a profile, a report and the dashboard are whole pages.
    """
    base = f"/app/{tenant.slug}"
    people = f"{base}/customers"
    part = cookie | {"HX-Request": "true"}
    words = [word.replace(" ", "+") for word in WORDS]
    filters = ["?sort=name", "?sort=revenue", "?lifecycle=active", "?country=SA&sort=last_order", "?email=yes"]
    changed = [_load.Call(f"{people}/{found}", headers=part) for found in filters]
    whole = [_load.Call(f"{people}/", headers=cookie)] * len(filters)
    return {
        "list": [call for pair in zip(whole, changed, strict=True) for call in pair],
        "search": [_load.Call(f"{people}/?q={word}", headers=part) for word in words]
        + [_load.Call(f"{people}/search/?q={word}", headers=part) for word in words],
        "profile": [_load.Call(f"{people}/{pk}/", headers=cookie) for pk in ids],
        "timeline": [_load.Call(f"{people}/{pk}/timeline/", headers=part) for pk in ids],
        "report": [_load.Call(f"{base}/campaigns/{campaign.pk}/", headers=cookie)],
        "dashboard": [_load.Call(f"{base}/analytics/", headers=cookie)],
    }


def _there(pages: dict[str, list[_load.Call]], address: str, bench: frame.Bench) -> dict[str, list[_load.Call]]:
    """Return the kinds of pages that this version has; says which it has not."""
    found = {}
    for name, calls in pages.items():
        try:
            _load.run(address, calls[:1], clients=1)
            found[name] = calls
        except RuntimeError as error:
            if ": 404 " not in str(error):
                raise
            bench.facts[f"{name}_missing"] = calls[0].path
    return found


def _campaign(tenant: Tenant) -> Campaign:
    """Return a campaign that was sent to a fiftieth of all people, with its ledger."""
    with tenancy.scope(tenant):
        unit = SendUnit.objects.create(kind="campaign", ref="bench")
        template = Template.objects.create(name="Bench")
        campaign = Campaign.objects.create(
            name="Bench", template=template, unit=unit, state=Campaign.State.DONE, launched_at=datetime.now(UTC)
        )
        with connection.cursor() as cursor:
            cursor.execute(
                """INSERT INTO campaigns_message (tenant_id, unit_id, customer_id, channel, address, language, state,
                                                  reason, reply, attempts, created_at, sent_at)
                   SELECT c.tenant_id, %s, c.id, 'email', c.email, 'en', 'accepted', '', '250 ok', 1, now(), now()
                   FROM customers_customer c WHERE c.tenant_id = %s AND c.id %% 50 = 0""",
                [unit.pk, tenant.pk],
            )
            Campaign.objects.filter(pk=campaign.pk).update(
                audience=cursor.rowcount, audience_ready_at=datetime.now(UTC)
            )
    return campaign


def _session(tenant: Tenant) -> str:
    """Sign somebody in and return the session's key."""
    user = User.objects.create_user("bench@bench.test", "a long password")
    Membership.objects.create(tenant=tenant, user=user, role=Role.OWNER)
    session = import_module(settings.SESSION_ENGINE).SessionStore()
    session[SESSION_KEY] = str(user.pk)
    session[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[0]
    session[HASH_SESSION_KEY] = user.get_session_auth_hash()
    session.set_expiry(timedelta(days=1))
    session.save()
    return session.session_key


@contextlib.contextmanager
def _floor_server(bench: frame.Bench) -> Iterator[str]:
    port = processes.free_port()
    words = [word.replace("cxm.wsgi", "benchmarks._floor") for word in supervisor.web_words(port=port, workers=2)]
    address = f"http://127.0.0.1:{port}"
    with bench.program(words) as child:
        frame._wait_answer(f"{address}/floor/", child)
        yield address
