import os
from pathlib import Path

import pytest

from cxm.lib import money, tables, time

HERE = Path(__file__).resolve().parents[4]
DATA = Path(os.environ.get("CXM_REALDATA") or HERE.parent / "shared" / "data")
RETAIL = DATA / "online_retail" / "online_retail.csv.gz"

pytestmark = [
    pytest.mark.realdata,
    pytest.mark.skipif(not RETAIL.exists(), reason="the folder of real data is not there (CXM_REALDATA)"),
]


def test_half_a_million_lines_of_a_shop():
    layout = tables.sniff(RETAIL)
    dates, count = [], 0
    for row in tables.rows(RETAIL, layout):
        count += row.problem is None
        if count % 5000 == 0:
            dates.append(row.cells[4])
            assert money.parse(row.cells[5]) is not None

    order = time.infer_date_order(dates)

    assert count == 541_909
    assert layout.columns == (
        "InvoiceNo", "StockCode", "Description", "Quantity", "InvoiceDate", "UnitPrice", "CustomerID", "Country",
    )  # fmt: skip
    assert order == "ymd"
    assert all(time.parse_moment(date, zone=time.zone("Europe/London"), order=order) for date in dates)
