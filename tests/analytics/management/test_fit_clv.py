"""The models of a tenant on the command line; on a real shop's orders, through the importer."""

import json
import os
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from analytics.domain import predictions
from cxm import tenancy
from tests.customers.importing import bring

DATA = Path(os.environ.get("CXM_REALDATA") or Path(__file__).resolve().parents[4] / "shared" / "data")
CDNOW = DATA / "cdnow" / "CDNOW_sample.txt"


def _fit(capsys, until="1997-09-30") -> dict:
    call_command("fit_clv", "--tenant", "shop", "--until", until)
    return json.loads(capsys.readouterr().out)


def test_too_few_people_are_not_fitted(tenant, capsys):
    assert _fit(capsys) == {"bgnbd": None, "gamma_gamma": None, "customers": 0}
    with pytest.raises(CommandError):
        call_command("fit_clv", "--tenant", "nobody", "--until", "2026-01-01")


@pytest.mark.realdata
@pytest.mark.slow
@pytest.mark.skipif(not CDNOW.exists(), reason="the folder of real data is not there (CXM_REALDATA)")
def test_a_shops_orders_through_the_importer(tenant, settings, tmp_path, capsys):
    settings.MEDIA_ROOT = tmp_path
    lines = [line.split() for line in CDNOW.read_text().splitlines()]
    content = "order_id,customer,placed_at,revenue\n" + "\n".join(
        f"{number},{who},{day[:4]}-{day[4:6]}-{day[6:]},{amount}"
        for number, (_id, who, day, _cds, amount) in enumerate(lines)
    )
    assert bring(tenant, content, kind="orders", name="cdnow.csv").rejected == 0

    found = _fit(capsys)

    assert found["customers"] == 2357
    bg, gg = found["bgnbd"], found["gamma_gamma"]
    assert list(bg) == ["r", "alpha", "a", "b", "log_likelihood"]
    assert (bg["r"], bg["alpha"]) == (pytest.approx(0.2425945, abs=0.001), pytest.approx(4.4136020, abs=0.005))
    assert (bg["a"], bg["b"]) == (pytest.approx(0.7929220, abs=0.005), pytest.approx(2.4259068, abs=0.02))
    assert bg["log_likelihood"] == pytest.approx(-9582.42921, abs=0.005)
    assert list(gg) == ["p", "q", "gamma", "log_likelihood"]
    assert (gg["p"], gg["q"], gg["gamma"]) == pytest.approx((6.24957, 3.74422, 15.44352), abs=0.001)
    assert gg["log_likelihood"] == pytest.approx(-4055.91769, abs=0.005)
    _values_are_the_published_ones(tenant)


def _values_are_the_published_ones(tenant) -> None:
    from datetime import date  # noqa: PLC0415

    with tenancy.scope(tenant):
        buyers = predictions.buyers(tenant=tenant, until=date(1997, 9, 30))
    known = buyers.histories
    assert int(known.repeats.sum()) == 2457
    fits = predictions.fit(buyers)
    assert (fits.warnings, round(fits.spending.correlation, 4), fits.spending.people) == ([], 0.1139, 946)
    assert fits.mbg.parameters == pytest.approx((0.5248, 6.183, 0.8914, 1.6140), abs=0.001)
    future = predictions.future(buyers, fits, discount=0.15)
    assert future.value.sum() == pytest.approx(70_966.29, abs=0.5)
    assert sorted(future.value)[-1] < 5_000
    table = predictions.check_table(buyers, fits.bg)
    assert [row["counted"] for row in table] == [1411, 439, 214, 100, 62, 38, 29, 64]
    assert sum(row["expected"] for row in table) == pytest.approx(2357, abs=0.5)
