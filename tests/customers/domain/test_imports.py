"""Customers brought in from files."""

import contextlib
import csv
import io
from datetime import timedelta
from decimal import Decimal

import pytest
from django.core.files.base import ContentFile
from django.db.models import F

from customers.domain import consents, erasure, identities, import_work, imports, orders, suppressions
from customers.models import (
    Attribute,
    Company,
    Consent,
    ConsentEntry,
    Customer,
    CustomerTag,
    Import,
    ImportChange,
    ImportReject,
    StagedCustomer,
    Tag,
    Topic,
)
from cxm import tenancy
from cxm.audit.actors import SYSTEM
from cxm.audit.models import Entry
from cxm.jobs import domain as jobs
from cxm.jobs.models import Job
from tests.customers.importing import bring, counts, now, queue, work
from tests.factories import CustomerFactory


def test_people_become_customers(tenant, media):
    found = bring(
        tenant,
        "Customer ID,First name,Last name,E-mail,Mobile,Country,City,Birthday,Company,Tags,Customer since\n"
        "1,Zoë,O'Neil,Zoe@Example.COM,020 7946 0958,United Kingdom,London,1990-05-06,Acme Ltd,vip; press,2020-01-02\n"
        "2,محمد,الأحمد,m@example.com,+966501234567,السعودية,الرياض,,,,\n",
    )
    assert counts(found) == (2, 2, 0, 0)
    with tenancy.scope(tenant):
        one, two = Customer.objects.order_by("external_id")
        assert (one.name, one.email, one.email_key, one.phone) == (
            "Zoë O'Neil",
            "Zoe@example.com",
            "zoe@example.com",
            "+442079460958",
        )
        assert (one.country, one.city, str(one.birthday), one.company.name) == (
            "GB",
            "London",
            "1990-05-06",
            "Acme Ltd",
        )
        assert one.created_at.isoformat() == "2020-01-02T00:00:00+00:00"
        assert one.search == "zoe o'neil zoe@example.com +442079460958 1 acme ltd"
        assert sorted(CustomerTag.objects.filter(customer=one).values_list("tag__name", flat=True)) == ["press", "vip"]
        assert (two.name, two.country, two.name_key) == ("محمد الأحمد", "SA", "محمد الاحمد")
        assert not found.file
        assert Entry.objects.filter(action="import.applied").count() == 1


def people(tenant) -> dict[str, Customer]:
    with tenancy.scope(tenant):
        return {found.external_id or found.email_key or found.phone: found for found in Customer.objects.all()}


def reasons(found: Import) -> dict[str, int]:
    return {reason: facts["rows"] for reason, facts in found.summary["reasons"].items()}


def rejects(tenant, found: Import) -> list[list[str]]:
    with tenancy.scope(tenant):
        content = b"".join(imports.rejects_csv(found=found, tenant=tenant)).decode("utf-8-sig")
    return list(csv.reader(io.StringIO(content)))


def test_known_people_are_changed_where_the_file_says_something(tenant, media):
    bring(tenant, "external_id,name,email,city\n1,Ada,ada@example.com,London\n2,Bob,bob@example.com,Leeds\n")
    found = bring(tenant, "external_id,name,email,city\n1,Ada Lovelace,,\n2,,,Leeds\n3,Cy,cy@example.com,York\n")
    assert counts(found) == (3, 1, 2, 0)
    assert found.summary["unchanged"] == 1
    ada, bob = people(tenant)["1"], people(tenant)["2"]
    assert (ada.name, ada.first_name, ada.last_name, ada.email, ada.city) == (
        "Ada Lovelace",
        "Ada",
        "Lovelace",
        "ada@example.com",
        "London",
    )
    assert ada.search == "ada lovelace ada@example.com 1"
    assert (bob.name, bob.city) == ("Bob", "Leeds")


def test_the_same_file_twice_changes_nothing(tenant, media):
    content = "external_id,name,email,tags,company\n1,Ada,ada@example.com,vip,Acme\n,Bob,bob@example.com,,\n"
    bring(tenant, content)
    before = people(tenant)
    found = bring(tenant, content)
    assert (counts(found), found.summary["unchanged"]) == ((2, 0, 2, 0), 2)
    assert {key: one.updated_at for key, one in people(tenant).items()} == {
        key: one.updated_at for key, one in before.items()
    }
    with tenancy.scope(tenant):
        assert (Customer.objects.count(), Tag.objects.count(), Company.objects.count()) == (2, 1, 1)


def test_people_are_known_by_number_then_email_then_phone(tenant, media):
    with tenancy.scope(tenant):
        CustomerFactory(external_id="1", email="a@example.com")
        CustomerFactory(external_id=None, email="b@example.com", name="Old B")
        CustomerFactory(external_id=None, email="", phone="+442079460958", name="Old P")
    found = bring(
        tenant,
        "external_id,email,phone,name\n1,new@example.com,,Number\n9,b@example.com,,Claims\n,,020 7946 0958,Phone\n",
    )
    assert counts(found) == (3, 0, 3, 0)
    assert {key: one.name for key, one in people(tenant).items()} == {
        "1": "Number",
        "9": "Claims",
        "+442079460958": "Phone",
    }


def test_two_people_may_share_a_mailbox(tenant, media):
    found = bring(tenant, "external_id,email\n1,home@example.com\n2,home@example.com\n")
    assert counts(found) == (2, 2, 0, 0)
    found = bring(tenant, "email,city\nhome@example.com,York\n")
    assert (counts(found), reasons(found)) == ((1, 0, 0, 1), {"ambiguous": 1})


@pytest.mark.parametrize(
    ("rows", "rejected"),
    [
        (["1,a@x.test,", "1,b@x.test,"], [3]),
        ([",a@x.test,", ",A@X.test,"], [3]),
        (["1,a@x.test,", ",a@x.test,"], [3]),
        ([",a@x.test,", "1,a@x.test,"], [3]),
        ([",,+442079460958", ",,020 7946 0958"], [3]),
        (["known,,", ",known@x.test,"], [3]),
        ([",known@x.test,", "known,,"], [3]),
        (["1,a@x.test,", "2,a@x.test,", ",a@x.test,"], [4]),
    ],
)
def test_somebody_twice_in_a_file_counts_once(tenant, media, rows, rejected):
    with tenancy.scope(tenant):
        CustomerFactory(external_id="known", email="known@x.test")
    found = bring(tenant, "\n".join(["external_id,email,phone", *rows]))
    with tenancy.scope(tenant):
        refused = ImportReject.objects.filter(import_id=found.pk)
        assert list(refused.values_list("number", "reason")) == [(number, "duplicate") for number in rejected]
        assert StagedCustomer.objects.count() == 0
    assert rejects(tenant, found)[1][:3] == rows[rejected[0] - 2].split(",")


def test_one_bad_row_never_stops_the_rest(tenant, media):
    content = (
        "external_id,email,country,birthday,city\n"
        "1,good@example.com,GB,1990-01-01,London\n"
        "2,not an address,GB,,\n"
        "3,c@example.com,Atlantis,,\n"
        "4,d@example.com,,31 February,\n"
        "5,e@example.com\n"
        ",,GB,,\n"
        "7,g@example.com,,,=HYPERLINK(1)\n"
        "8,h@example.com,,," + "x" * 101 + "\n"
    )
    found = bring(tenant, content)
    assert counts(found) == (8, 2, 0, 6)
    assert reasons(found) == {"email": 1, "country": 1, "date": 1, "width": 1, "no_identifier": 1, "too_long": 1}
    rows = rejects(tenant, found)
    assert rows[0] == ["external_id", "email", "country", "birthday", "city", "line", "reason"]
    assert [row[-2] for row in rows[1:]] == ["3", "4", "5", "6", "7", "9"]
    assert rows[2] == ["3", "c@example.com", "Atlantis", "", "", "4", "country: This country is not known."]
    assert rows[4][:3] == ["5", "e@example.com", ""]
    assert found.summary["reasons"]["email"]["examples"] == [{"line": 3, "column": "email", "value": "not an address"}]
    assert people(tenant)["7"].city == "=HYPERLINK(1)"


def test_rejects_are_harmless_in_a_spreadsheet(tenant, media):
    found = bring(tenant, "external_id,email,name\n1,=cmd|x,@SUM(A1)\n2,b@example.com,B\n")
    assert rejects(tenant, found)[1][:3] == ["1", "'=cmd|x", "'@SUM(A1)"]


def test_dry_run_counts_and_changes_nothing(tenant, media):
    bring(tenant, "external_id,name\n1,Ada\n2,Bob\n")
    content = "external_id,name,tags\n1,Ada L.,vip\n2,Bob,\n3,Cy,\n3,Cy,\n"
    dry = bring(tenant, content, dry_run=True)
    assert (counts(dry), dry.summary["unchanged"], reasons(dry)) == ((4, 1, 2, 1), 1, {"duplicate": 1})
    assert {key: one.name for key, one in people(tenant).items()} == {"1": "Ada", "2": "Bob"}
    with tenancy.scope(tenant):
        assert (Tag.objects.count(), StagedCustomer.objects.count()) == (0, 0)
        imports.start(found=dry, mapping=dry.mapping, dry_run=False, by=SYSTEM)
    work()
    with tenancy.scope(tenant):
        dry.refresh_from_db()
    assert (counts(dry), dry.state, dry.dry_run) == ((4, 1, 2, 1), "done", False)
    assert {key: one.name for key, one in people(tenant).items()} == {"1": "Ada L.", "2": "Bob", "3": "Cy"}


def test_attributes_are_typed_and_defined_on_the_way(tenant, media):
    with tenancy.scope(tenant):
        Attribute.objects.create(key="plan", label="Plan", kind="choice", choices=["Gold", "Silver"])
        Attribute.objects.create(key="visits", label="Visits", kind="number")
    mapping = {
        "id": "external_id",
        "p": "attributes.plan",
        "n": "attributes.visits",
        "z": "attributes.zip",
        "d": "attributes.joined",
    }
    found = bring(
        tenant, 'id,p,n,z,d\n1,gold,"1,234",01234,2020-05-06\n2,Bronze,5,1,\n3,,x,2,\n4,silver,7,,\n', mapping=mapping
    )
    assert (counts(found), reasons(found)) == ((4, 2, 0, 2), {"attribute": 2})
    assert people(tenant)["1"].attributes == {"plan": "Gold", "visits": 1234, "zip": "01234", "joined": "2020-05-06"}
    assert people(tenant)["4"].attributes == {"plan": "Silver", "visits": 7}
    found = bring(tenant, "id,n\n1,9\n", mapping={"id": "external_id", "n": "attributes.visits"})
    assert people(tenant)["1"].attributes == {"plan": "Gold", "visits": 9, "zip": "01234", "joined": "2020-05-06"}


def test_dates_are_read_in_the_order_of_their_column(tenant, media):
    mapping = {"id": "external_id", "b": "birthday", "s": "created_at"}
    found = bring(tenant, "id,b,s\n1,03/04/1990,01/02/2020\n2,25/04/1991,02/13/2020\n", mapping=mapping)
    assert counts(found) == (2, 2, 0, 0)
    assert found.summary["date_orders"] == {"b": "dmy", "s": "mdy"}
    one = people(tenant)["1"]
    assert (one.birthday.isoformat(), one.created_at.date().isoformat()) == ("1990-04-03", "2020-01-02")


def test_consent_is_never_turned_back_on(tenant, media):
    with tenancy.scope(tenant):
        Topic.objects.create(slug="offers", name="Offers")
        people = [CustomerFactory(external_id=f"{n}", email=f"{n}@x.test") for n in range(4)]
        consents.withdraw(customer=people[0], channel="email", source="page", by=SYSTEM, now=now())
        consents.withdraw(customer=people[3], channel="email", topic="offers", source="page", by=SYSTEM, now=now())
        suppressions.add(channel="email", address="2@x.test", reason="bounced", by=SYSTEM)
    mapping = {"id": "external_id", "ok": "consent.email", "offers": "consent.email.offers"}
    content = "id,ok,offers\n0,yes,نعم\n1,yes,\n2,true,\n3,1,subscribed\n9,no,\n"
    found = bring(tenant, content, mapping=mapping)
    assert counts(found) == (5, 1, 4, 0)
    assert {name: found.summary[name] for name in ("consents_granted", "consents_withdrawn", "consents_kept_off")} == {
        "consents_granted": 2,
        "consents_withdrawn": 1,
        "consents_kept_off": 4,
    }
    with tenancy.scope(tenant):
        state = {
            (consent.customer.external_id, consent.topic): consent.granted
            for consent in Consent.objects.select_related("customer")
        }
        assert state == {("0", ""): False, ("1", ""): True, ("3", "offers"): False, ("3", ""): True, ("9", ""): False}
        assert ConsentEntry.objects.filter(source="import").count() == 3
    again = bring(tenant, content, mapping=mapping)
    assert "consents_granted" not in again.summary
    with tenancy.scope(tenant):
        assert ConsentEntry.objects.filter(source="import").count() == 3


def test_people_who_were_erased_do_not_come_back(tenant, media):
    with tenancy.scope(tenant):
        suppressions.add(channel="email", address="gone@x.test", reason="erased", by=SYSTEM)
    found = bring(tenant, "email\nGone@x.test\nhere@x.test\n")
    assert (counts(found), reasons(found)) == ((2, 1, 0, 1), {"erased": 1})
    with tenancy.scope(tenant):
        assert (ImportReject.objects.get().cells, Import.objects.get().sample) == (None, [])


def test_a_row_with_an_id_that_an_alias_took_away_means_the_same_person(tenant, media):
    with tenancy.scope(tenant):
        CustomerFactory(external_id="old")
        identities.alias(previous_id="old", user_id="new", by=SYSTEM, now=now(), source="test")
    found = bring(tenant, "external_id,city\nold,Riyadh\nnew,Jeddah\nother,Abha\n")
    assert (counts(found), reasons(found)) == ((3, 1, 1, 1), {"duplicate": 1})
    with tenancy.scope(tenant):
        assert set(Customer.objects.values_list("external_id", "city")) == {("new", "Riyadh"), ("other", "Abha")}


def test_what_an_import_changed_of_somebody_merged_or_bought_goes_with_them(tenant, media):
    bring(tenant, "external_id,name\n1,Sara\n2,Zoe\n")
    bring(tenant, "external_id,name\n1,Sarah\n2,Zoë\n")
    for price in (2, 3):
        bring(tenant, f"Order,Date,Customer,Quantity,Price\n7,2026-01-02,1,1,{price}\n", kind="orders")
    with tenancy.scope(tenant):
        assert sorted(ImportChange.objects.values_list("row_kind", flat=True)) == ["customer", "customer", "order"]
        one, two = Customer.objects.order_by("external_id")
        identities.merge(winner_id=one.pk, loser_id=two.pk, by=SYSTEM, now=now())
        assert [change.row_id for change in ImportChange.objects.filter(row_kind="customer")] == [one.pk]
        erasure.erase(customer=Customer.objects.get(), by=SYSTEM)
        assert not ImportChange.objects.exists()


def test_what_an_import_changed_of_somebody_goes_with_them(tenant, media):
    bring(tenant, "external_id,name\n1,Sara\n2,Zoe\n")
    bring(tenant, "external_id,name\n1,Sarah\n2,Zoë\n")
    with tenancy.scope(tenant):
        assert ImportChange.objects.filter(row_kind="customer").count() == 2
        erasure.erase(customer=Customer.objects.get(external_id="1"), by=SYSTEM)
        assert [change.before["name"] for change in ImportChange.objects.filter(row_kind="customer")] == ["Zoe"]


@pytest.mark.parametrize(
    ("encoding", "delimiter"), [("utf-8", ","), ("utf-8-sig", ";"), ("utf-16", "\t"), ("cp1256", ";"), ("cp1256", ",")]
)
def test_arabic_files_in_any_encoding(tenant, media, encoding, delimiter):
    lines = [["رقم العميل", "الاسم", "البريد الإلكتروني", "الدولة", "المدينة"]]
    names = ["محمد الأحمد", "فاطمة الزهراء", "عبد الله القحطاني", "نورة السعيد"]
    lines += [[str(n), name, f"{n}@example.com", "السعودية", "الرياض"] for n, name in enumerate(names)]
    found = bring(tenant, "\r\n".join(delimiter.join(line) for line in lines).encode(encoding))
    assert counts(found) == (4, 4, 0, 0)
    assert [(one.name, one.country, one.city) for one in people(tenant).values()] == [
        (name, "SA", "الرياض") for name in names
    ]


def test_the_mapping_is_remembered_for_files_of_that_shape(tenant, media):
    bring(tenant, "A,B\n1,London\n", mapping={"A": "external_id", "B": "city"})
    found = bring(tenant, "a,b\n2,York\n")
    assert found.mapping == {"a": "external_id", "b": "city"}
    assert people(tenant)["2"].city == "York"


@pytest.mark.parametrize(
    ("mapping", "fields"),
    [
        ({"nope": "email"}, {"nope"}),
        ({"a": "email", "b": "email"}, {"b"}),
        ({"a": "shoe_size"}, {"a"}),
        ({"a": "city"}, {"mapping"}),
        ({"a": "email", "b": "consent.email.nothing"}, {"b"}),
        ({"a": "email", "b": "attributes.Bad Key"}, {"b"}),
        ({"a": "email", "b": "attributes.email"}, {"b"}),
    ],
)
def test_mappings_that_cannot_be_are_refused_and_nothing_is_kept(tenant, media, mapping, fields):
    with pytest.raises(imports.MappingRefused) as refusal:
        queue(tenant, "a,b\n1,2\n", mapping=mapping)
    assert set(refusal.value.fields) == fields
    with tenancy.scope(tenant):
        assert Import.objects.count() == 0
    assert [path for path in media.rglob("*") if path.is_file()] == []


def test_work_goes_on_after_the_last_chunk(tenant, media, monkeypatch):
    """A worker that dies leaves whole chunks; the next one does the rest, and every row once."""
    monkeypatch.setattr(import_work, "CUSTOMERS_A_CHUNK", 3)
    monkeypatch.setattr("customers.domain.import_staging.CHUNK", 4)
    content = "external_id,tags\n" + "".join(f"{n},t{n % 3}\n" for n in range(20)) + "5,\n"
    found = queue(tenant, content)
    steps = {"dies": 0}

    def deaths(original):
        def step(*args, **kwargs):
            steps["dies"] += 1
            if steps["dies"] % 2:
                raise SystemExit  # not an Exception: nothing is caught, recorded or given back
            return original(*args, **kwargs)

        return step

    monkeypatch.setattr(import_work, "_chunk_end", deaths(import_work._chunk_end))
    monkeypatch.setattr("customers.domain.import_staging.store", deaths(import_work.import_staging.store))
    for _attempt in range(60):
        job = import_work.Job.objects.get(pk=found.job_id)
        with tenancy.scope(tenant):
            found.refresh_from_db()
        if found.state == "done":
            break
        job.state, job.attempts = "running", job.attempts + 1
        job.save()
        with contextlib.suppress(SystemExit):
            import_work.run(job)
    assert counts(found) == (21, 20, 0, 1)
    with tenancy.scope(tenant):
        assert (Customer.objects.count(), CustomerTag.objects.count()) == (20, 20)


def test_undo_takes_back_what_nobody_touched(tenant, media):
    bring(tenant, "external_id,name,city,email\nold,Old Name,Leeds,old@x.test\nkept,Kept,Leeds,kept@x.test\n")
    mapping = {"id": "external_id", "name": "name", "city": "city", "tag": "tags", "ok": "consent.email"}
    content = "id,name,city,tag,ok\nold,New Name,York,vip,yes\nkept,Changed,York,,\n"
    content += "new,New,,,yes\nbusy,Busy,,,no\nbuys,Buys,,,\n"
    found = bring(tenant, content, mapping=mapping)
    assert counts(found) == (5, 3, 2, 0)
    with tenancy.scope(tenant):
        people_then = {one.external_id: one for one in Customer.objects.all()}
        Customer.objects.filter(external_id="kept").update(city="By hand", updated_at=now())
        Customer.objects.filter(external_id="busy").update(name="By hand", updated_at=now())
        orders.record(
            [orders.NewOrder("o1", people_then["buys"].pk, now(), revenue=Decimal(5))], source="api", now=now()
        )
        imports.undo(found=found, by=SYSTEM)
    work()
    with tenancy.scope(tenant):
        found.refresh_from_db()
        left = {one.external_id: (one.name, one.city) for one in Customer.objects.all()}
        assert left == {
            "old": ("Old Name", "Leeds"),
            "kept": ("Changed", "By hand"),
            "busy": ("By hand", ""),
            "buys": ("Buys", ""),
        }
        assert Customer.objects.get(external_id="old").search == "old name old@x.test old"
        assert CustomerTag.objects.count() == 0
        assert not Consent.objects.filter(customer__external_id="old").exists()
        assert Consent.objects.get(customer__external_id="busy").granted is False
        assert (
            found.state,
            found.summary["undone_customers"],
            found.summary["undone_changes"],
            found.summary["kept"],
        ) == (
            "undone",
            1,
            1,
            3,
        )
        assert Entry.objects.filter(action="import.undone").count() == 1
        with pytest.raises(imports.NotNow):
            imports.undo(found=found, by=SYSTEM)


@pytest.mark.parametrize("state", ["running", "undoing"])
def test_an_import_over_which_every_worker_died_is_not_busy_for_ever(tenant, media, state):
    found = bring(tenant, "external_id,name\n1,One\n")
    with tenancy.scope(tenant):
        Import.objects.filter(pk=found.pk).update(state=state, finished_at=None)
        Job.objects.filter(pk=found.job_id).update(
            state="running", attempts=jobs.MAX_ATTEMPTS, lease_until=now() - timedelta(seconds=1),
            done_when_claimed=F("done"),
        )  # fmt: skip
    assert not jobs.run(tenant_id=tenant.pk, job_id=found.job_id, now=now)
    with tenancy.scope(tenant):
        found.refresh_from_db()
        job = Job.objects.get(pk=found.job_id)
        assert (found.state, found.error, found.finished_at) == ("failed", job.error, job.finished_at)
        assert (job.state, job.error) == ("failed", "Something went wrong on our side. It was logged.")
        imports.undo(found=found, by=SYSTEM)
    work()
    with tenancy.scope(tenant):
        assert (Import.objects.get().state, Customer.objects.count()) == ("undone", 0)


def test_two_clicks_are_one(tenant, media):
    found = queue(tenant, "email\na@x.test\n")
    with tenancy.scope(tenant):
        stale = Import.objects.get(pk=found.pk)
        stale.state = "mapping"
        with pytest.raises(imports.NotNow):
            imports.start(found=stale, mapping={"email": "email"}, dry_run=False, by=SYSTEM)


def test_uploads_that_nobody_brought_in_are_forgotten(tenant, media):
    with tenancy.scope(tenant):
        old, _new = (
            imports.upload(file=ContentFile(b"email\na@x.test\n"), filename="f.csv", by=SYSTEM) for _file in range(2)
        )
        Import.objects.filter(pk=old.pk).update(created_at=now() - imports.KEPT - timedelta(days=1))
    assert imports.forget_uploads(now=now()) == 1
    with tenancy.scope(tenant):
        assert [bool(found.file) for found in Import.objects.order_by("pk")] == [False, True]
    assert len([path for path in media.rglob("*") if path.is_file()]) == 1
