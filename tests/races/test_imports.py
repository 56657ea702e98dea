"""Imports whose workers are killed, and imports at the same time: every row once."""

import os
import random
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from django.conf import settings
from django.db import connection
from django.utils import timezone

from customers.models import Customer, CustomerTag, Import, Order, OrderLine
from cxm import tenancy
from cxm.jobs import domain as jobs
from cxm.jobs.models import Job
from cxm.tenancy.models import Tenant
from tests.customers.importing import finished, queue

ROWS = 4_000
KILLS = int(os.environ.get("CXM_KILLS", "2"))
WORKER = """
import django
django.setup()
import sys
from django.utils import timezone
from customers.domain import import_staging, import_work
from cxm.jobs import domain as jobs
import_staging.CHUNK = import_work.CUSTOMERS_A_CHUNK = 200
import_work.ORDERS_A_CHUNK = 50
import_staging.chunks.__kwdefaults__["size"] = 200
print("ready", flush=True)
jobs.run(tenant_id=int(sys.argv[1]), job_id=int(sys.argv[2]), now=timezone.now)
"""


@pytest.fixture
def shop(transactional_db, settings, tmp_path) -> Tenant:
    settings.MEDIA_ROOT = tmp_path / "media"
    return Tenant.objects.create(slug="shop", name="Shop", currency="GBP", country="GB")


def worker(job: Job) -> subprocess.Popen:
    """A process of its own that takes the job."""
    server = urlsplit(os.environ["DATABASE_URL"])
    environment = os.environ | {
        "DATABASE_URL": server._replace(path=f"/{connection.settings_dict['NAME']}").geturl(),
        "DJANGO_SETTINGS_MODULE": "cxm.settings",
        "PYTHONPATH": str(settings.BASE_DIR),
        "CXM_HOME": str(Path(settings.MEDIA_ROOT).parent),  # MEDIA_ROOT is the folder media in it
        "CXM_LAPTOP": "1",
    }
    words = [sys.executable, "-c", WORKER, str(job.tenant_id), str(job.pk)]
    child = subprocess.Popen(words, env=environment, stdout=subprocess.PIPE, cwd=settings.BASE_DIR)
    assert child.stdout.readline() == b"ready\n"
    return child


def work_through(found: Import, *, kills: int) -> None:
    """Let worker after worker begin and be killed at a random moment, then let one finish."""
    job = Job.objects.get(pk=found.job_id)
    for _kill in range(kills):
        child = worker(job)
        time.sleep(random.uniform(0.05, 0.6))
        child.send_signal(signal.SIGKILL)
        child.wait()
        # What the beat sees a minute later: the lease of the dead worker has run out.
        Job.objects.filter(pk=job.pk, state="running").update(lease_until=timezone.now(), attempts=1)
    assert worker(job).wait(120) == 0


@pytest.mark.slow
def test_killed_workers_lose_and_repeat_nothing(shop):
    people = (
        "external_id,email,tags\n" + "".join(f"{n},p{n}@x.test,t{n % 5}\n" for n in range(ROWS)) + "0,twice@x.test,\n"
    )
    found = queue(shop, people)
    work_through(found, kills=KILLS)
    found = finished(shop, found)
    assert (found.total, found.created, found.updated, found.rejected) == (ROWS + 1, ROWS, 0, 1)
    with tenancy.scope(shop):
        assert (Customer.objects.count(), CustomerTag.objects.count()) == (ROWS, ROWS)

    lines = "order_id,customer,placed_at,quantity,unit_price\n"
    lines += "".join(f"o{n % 2000},{n % 2000 % 700},2026-01-01,1,2.50\n" for n in range(ROWS))
    found = queue(shop, lines, kind="orders")
    work_through(found, kills=KILLS)
    found = finished(shop, found)
    assert (found.total, found.created, found.updated, found.rejected) == (ROWS, 2000, 0, 0)
    with tenancy.scope(shop):
        assert (Order.objects.count(), OrderLine.objects.count(), Customer.objects.count()) == (2000, ROWS, ROWS)


def test_two_files_at_once_make_each_person_once(shop):
    """Two imports of the same new people, who are known by their email alone, and two workers on each."""
    content = "email,name\n" + "".join(f"p{n}@x.test,P{n}\n" for n in range(500))
    both = [queue(shop, content), queue(shop, content)]
    ran: list[bool] = []

    def run(job_id: int) -> None:
        ran.append(jobs.run(tenant_id=shop.pk, job_id=job_id, now=timezone.now))
        connection.close()

    threads = [threading.Thread(target=run, args=[found.job_id]) for found in both * 2]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert sorted(ran) == [False, False, True, True]
    one, two = (finished(shop, found) for found in both)
    assert one.created + two.created == 500
    assert one.updated + two.updated == 500
    with tenancy.scope(shop):
        assert Customer.objects.count() == 500


def test_a_worker_that_was_overtaken_stops_without_a_word(shop):
    found = queue(shop, "email\na@x.test\n")
    job = Job.objects.get(pk=found.job_id)
    job.state, job.attempts = "running", 1
    job.save()
    Job.objects.filter(pk=job.pk).update(attempts=2)
    with pytest.raises(jobs.Overtaken):
        jobs.progress(job, done=1, now=timezone.now())
