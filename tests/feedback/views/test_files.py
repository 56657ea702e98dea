import pytest
from bs4 import BeautifulSoup
from django.urls import reverse

from cxm import tenancy
from cxm.audit.actors import SYSTEM
from feedback.domain import attachments, cases, desk
from feedback.domain.mail_files import Attachment
from feedback.models import CaseAttachment, InboundMail
from tests.conftest import make_user
from tests.factories import CustomerFactory
from tests.feedback.case_rows import MONDAY

PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 16
FILES = (
    Attachment("lamp.png", "image/png", PNG),
    Attachment('فاتورة "1".pdf', "application/pdf", b"%PDF" * 400),
    Attachment("page.html", "text/html", b"<script>alert(1)</script>"),
    Attachment("fake.png", "image/png", b"<script>alert(1)</script>"),
)


def opened():
    desk.begin(by=SYSTEM)
    case = cases.open(
        type=desk.type_by(ref="question"), customer=CustomerFactory(), subject="My lamp", body="It is broken.",
        channel="email", by=SYSTEM, now=MONDAY,
    )  # fmt: skip
    attachments.keep(files=FILES, message=case.messages.get())
    return case


@pytest.fixture
def case(tenant):
    with tenancy.scope(tenant):
        return opened()


def files_of(case):
    with tenancy.scope(case.tenant_id):
        return list(CaseAttachment.objects.filter(message__case=case).order_by("position"))


def url(name, *args, slug="shop"):
    return reverse(f"feedback:{name}", args=[slug, *args])


def headers(response):
    names = (
        "Content-Type",
        "Content-Disposition",
        "X-Content-Type-Options",
        "Cache-Control",
        "Content-Security-Policy",
    )
    return [response[name] for name in names]


SAFE = ["nosniff", "private, no-store", "sandbox; default-src 'none'; style-src 'unsafe-inline'"]


def test_the_page_shows_pictures_and_names_the_rest(page, case):
    picture, bill, html, fake = files_of(case)
    shown = BeautifulSoup(page.get(url("case", case.pk)).text, "html.parser").find(class_="said-files")
    address = f"{url('case_file', case.pk, picture.pk)}?show=1"
    assert [(image["src"], image["alt"], image["loading"]) for image in shown.find_all("img")] == [
        (address, "lamp.png", "lazy")
    ]
    assert [link["href"] for link in shown.find_all("a")] == [
        address, *(url("case_file", case.pk, file.pk) for file in (bill, html, fake)),
    ]  # fmt: skip
    assert [link.text.split() for link in shown.find_all(class_="chip")] == [
        ["فاتورة", '"1".pdf', "1.6", "kB"], ["page.html", "0.1", "kB"], ["fake.png", "0.1", "kB"],
    ]  # fmt: skip


@pytest.mark.parametrize("count", [0, 1, 3])
def test_the_page_asks_once_for_all_files(page, case, count, django_assert_num_queries):
    with tenancy.scope(case.tenant_id):
        CaseAttachment.objects.filter(position__gte=count).delete()
    page.get(url("case", case.pk))
    with django_assert_num_queries(27):
        page.get(url("case", case.pk))


def test_a_file_is_saved_under_its_name(page, case):
    response = page.get(url("case_file", case.pk, files_of(case)[1].pk))
    assert (response.status_code, response.content) == (200, b"%PDF" * 400)
    assert headers(response) == [
        "application/octet-stream",
        "attachment; filename*=utf-8''%D9%81%D8%A7%D8%AA%D9%88%D8%B1%D8%A9%20%221%22.pdf",
        *SAFE,
    ]


def test_a_picture_is_shown_where_that_is_asked_for(page, case):
    address = url("case_file", case.pk, files_of(case)[0].pk)
    shown = page.get(address, {"show": "1"})
    assert (shown.content, headers(shown)) == (PNG, ["image/png", 'inline; filename="lamp.png"', *SAFE])
    assert headers(page.get(address))[:2] == ["application/octet-stream", 'attachment; filename="lamp.png"']


@pytest.mark.parametrize("at", [1, 2, 3])
def test_nothing_but_a_picture_is_ever_shown(page, case, at):
    file = files_of(case)[at]
    with tenancy.scope(case.tenant_id):  # whatever the row says
        CaseAttachment.objects.filter(pk=file.pk).update(content_type="image/png")
    response = page.get(url("case_file", case.pk, file.pk), {"show": "1"})
    assert response["Content-Type"] == "application/octet-stream"
    assert response["Content-Disposition"].startswith("attachment; ")


def test_files_of_another_case_or_tenant_are_not_there(page, case, other_tenant):
    with tenancy.scope(case.tenant_id):
        beside = opened()
    with tenancy.scope(other_tenant):
        theirs = opened()
    mine = files_of(case)[0].pk
    assert page.get(url("case_file", beside.pk, mine)).status_code == 404
    assert page.get(url("case_file", case.pk, files_of(theirs)[0].pk)).status_code == 404
    assert page.get(url("case_file", theirs.pk, files_of(theirs)[0].pk, slug="stranger")).status_code == 404
    assert page.get(url("case_file", case.pk, 10**30)).status_code == 404
    assert page.post(url("case_file", case.pk, mine)).status_code == 405


def test_files_are_for_members_who_see_cases(client, case, other_tenant):
    address = url("case_file", case.pk, files_of(case)[0].pk)
    assert client.get(address).status_code == 302
    client.force_login(make_user(other_tenant, "agent"))
    assert client.get(address).status_code == 404
    client.force_login(make_user(case.tenant, "agent"))
    assert client.get(address).status_code == 200


@pytest.mark.parametrize("count", [1, 3])
def test_mail_without_a_case_names_its_files(page, tenant, count, django_assert_num_queries):
    with tenancy.scope(tenant):
        for at in range(count):
            mail = InboundMail.objects.create(mail_id=f"<{at}@x>", sender="sara@example.com", recipient="r",
                                              reason="no_proof", received_at=MONDAY)  # fmt: skip
            attachments.keep(files=FILES[:2], mail=mail)
    page.get(url("quarantine"))
    with django_assert_num_queries(10):
        shown = BeautifulSoup(page.get(url("quarantine")).text, "html.parser")
    assert [name.text for name in shown.select(".said-files bdi")] == ["lamp.png", 'فاتورة "1".pdf'] * count
