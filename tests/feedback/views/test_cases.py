import pytest
from bs4 import BeautifulSoup
from django.urls import reverse
from django.utils import timezone

from customers.models import Customer
from cxm import tenancy
from cxm.accounts.models import User
from cxm.audit.actors import SYSTEM
from feedback.domain import cases, desk, inbound
from feedback.models import CannedAnswer, Case, CaseMessage, InboundMail
from tests.conftest import make_user
from tests.factories import CustomerFactory
from tests.feedback.case_rows import MONDAY


@pytest.fixture
def shop(tenant):
    with tenancy.scope(tenant):
        desk.begin(by=SYSTEM)
        sara = CustomerFactory(name="Sara Haddad", email="sara@example.com")
        for at in range(3):
            cases.open(
                type=desk.type_by(ref="complaint"), customer=sara, subject=f"Broken lamp {at}", body="It is broken.",
                channel="web", by=SYSTEM, now=timezone.now(),
            )  # fmt: skip
    return tenant


@pytest.fixture
def case(shop):
    with tenancy.scope(shop):
        return Case.objects.get(number=1)


def url(name, *args):
    return reverse(f"feedback:{name}", args=["shop", *args])


def reread(case):
    with tenancy.scope(case.tenant_id):
        return Case.objects.get(pk=case.pk)


def test_colleagues_are_named_by_their_names_in_the_thread(page, owner, shop, case):
    User.objects.filter(pk=owner.pk).update(name="Nour Haddad")
    page.post(url("note_case", case.pk), {"body": "Call the carrier."})
    head = BeautifulSoup(page.get(url("case", case.pk)).content, "html.parser").select(".said-by")
    assert [found.text for found in head] == ["Sara Haddad", "Nour Haddad"]


def test_list_shows_what_is_due_and_filters_by_its_address(page, shop):
    html = page.get(url("cases")).content.decode()
    assert html.count("data-row") == 3
    assert "Sara Haddad" in html
    found = page.get(url("cases"), {"q": "LAMP 0", "view": "all", "priority": "normal"}).content.decode()
    assert found.count("data-row") == 1
    assert "Clear all" in found
    assert page.get(url("cases"), {"q": "nothing of the kind"}).content.decode().count("data-row") == 0
    assert page.get(url("cases"), {"view": "done"}).status_code == 200
    assert page.get(url("cases"), {"view": "x", "owner": "x", "sort": "x", "queue": "9" * 30}).status_code == 200


def test_list_without_cases_teaches(page, tenant):
    assert "followed until it is solved" in page.get(url("cases")).content.decode()


@pytest.mark.parametrize("count", [1, 3])
def test_list_asks_as_often_for_three_as_for_one(page, shop, count, django_assert_num_queries):
    with tenancy.scope(shop):
        Case.objects.filter(number__gt=count).delete()
    page.get(url("cases"))
    with django_assert_num_queries(12):
        page.get(url("cases"))


def test_case_page_shows_thread_clock_and_person(page, case):
    html = page.get(url("case", case.pk)).content.decode()
    for words in (
        "It is broken.",
        "Why this deadline?",
        "First answer",
        "Sara Haddad",
        "Other cases",
        "sara@example.com",
    ):
        assert words in html


def test_answer_wait_hear_solve_close(page, case):
    page.post(url("answer_case", case.pk), {"body": "Sorry!", "then": "waiting"})
    assert reread(case).state == "waiting"
    page.post(url("move_case", case.pk, "resume"))
    page.post(url("note_case", case.pk), {"body": "Be kind."})
    page.post(url("move_case", case.pk, "solve"))
    assert reread(case).state == "solved"
    response = page.post(url("close_case", case.pk), {"root_cause": "", "action": ""})
    assert response.status_code == 422
    closing = BeautifulSoup(response.content, "html.parser").select_one("#closing")
    assert closing.text.count("A complaint needs this to be closed.") == 2
    assert "optional" not in closing.text
    assert closing.select_one("#close_root_cause")
    page.post(url("close_case", case.pk), {"root_cause": "Packing", "action": "Better boxes"})
    assert reread(case).state == "closed"
    page.post(url("move_case", case.pk, "reopen"))
    assert reread(case).state == "open"


def test_words_that_were_refused_come_back(page, case):
    page.post(url("move_case", case.pk, "solve"))
    response = page.post(url("answer_case", case.pk), {"body": "My long answer"})
    assert response.status_code == 422
    assert "My long answer</textarea>" in response.content.decode()
    assert page.post(url("note_case", case.pk), {"body": " "}).status_code == 422


def test_an_answer_leads_to_itself(page, case):
    response = page.post(url("answer_case", case.pk), {"body": "Hello"})
    with tenancy.scope(case.tenant_id):
        said = CaseMessage.objects.get(direction="out")
    assert response.url.endswith(f"#said-{said.pk}")


def test_details_and_taking(page, case, owner):
    with tenancy.scope(case.tenant_id):
        question = desk.type_by(ref="question")
    page.post(url("change_case", case.pk), {"type": question.pk, "priority": "urgent", "queue": case.queue_id})
    found = reread(case)
    assert (found.type_id, found.priority, found.owner_id) == (question.pk, "urgent", None)
    page.post(url("take_case", case.pk))
    assert reread(case).owner_id == owner.pk
    assert page.post(url("change_case", case.pk), {"type": "x", "priority": "urgent"}).status_code == 422


def test_saving_one_detail_leaves_what_a_colleague_changed_meanwhile(page, case, owner):
    shown = BeautifulSoup(page.get(url("case", case.pk)).text, "html.parser")
    form = shown.find("form", action=url("change_case", case.pk))
    sent = {field["name"]: field.get("value", "") for field in form.find_all("input") if field.get("name")}
    for choice in form.find_all("select"):
        chosen = choice.find("option", selected=True)
        sent[choice["name"]] = chosen["value"] if chosen else ""
    with tenancy.scope(case.tenant_id):
        cases.assign(case=case, owner=owner, by=SYSTEM, now=MONDAY)
        cases.change(case=case, by=SYSTEM, now=MONDAY, priority="urgent")
        question = desk.type_by(ref="question")
    assert page.post(url("change_case", case.pk), sent | {"type": question.pk}).status_code == 302
    found = reread(case)
    assert (found.type_id, found.priority, found.owner_id) == (question.pk, "urgent", owner.pk)


def test_new_case_begins_with_whose_it_is(page, shop):
    assert "whose is it" in page.get(url("new_case")).content.decode()
    assert "Sara Haddad" in page.get(url("new_case"), {"q": "sara"}).content.decode()
    with tenancy.scope(shop):
        sara, kind = Case.objects.first().customer_id, desk.type_by(ref="question").pk
    address = f"{url('new_case')}?customer={sara}"
    assert page.post(address, {"type": kind, "channel": "phone", "priority": "low", "subject": ""}).status_code == 422
    said = {"type": kind, "channel": "phone", "priority": "low", "subject": "Opening times", "body": ""}
    assert page.post(address, said).status_code == 302
    with tenancy.scope(shop):
        assert Case.objects.get(subject="Opening times").priority == "low"
        assert CaseMessage.objects.filter(case__subject="Opening times").count() == 0


def test_canned_answer_is_filled_for_the_case(page, case):
    with tenancy.scope(case.tenant_id):
        ready = CannedAnswer.objects.create(
            name="Hello", body="Dear {{ customer.first_name }}, {{case.number}} {{ x }}"
        )
    response = page.post(url("canned_case", case.pk, ready.pk))
    assert response.content.decode() == "Dear Sara, 1 {{ x }}"
    assert response["Content-Type"].startswith("text/plain")


def test_panel_on_the_persons_page(page, case):
    html = page.get(url("panel_cases", case.customer_id)).content.decode()
    assert html.count("Broken lamp") == 3


def test_mail_without_a_case_is_decided_by_a_person(page, case):
    assert "Every mail is where it belongs" in page.get(url("quarantine")).content.decode()
    with tenancy.scope(case.tenant_id):
        mails = [
            InboundMail.objects.create(
                mail_id=f"<{at}@x>", sender="sara@example.com", recipient="r", reason="no_proof", subject="<b>Hi</b>",
                body="Words", received_at=timezone.now(),
            )
            for at in range(3)
        ]  # fmt: skip
    html = page.get(url("quarantine")).content.decode()
    assert "&lt;b&gt;Hi" in html
    assert "Sara Haddad" in html
    assert page.post(url("attach_mail", mails[0].pk), {"number": "77"}).status_code == 404
    assert page.post(url("attach_mail", mails[0].pk), {"number": "#1"}).url == url("case", case.pk)
    page.post(url("open_mail", mails[1].pk), {"customer": case.customer_id, "type": "question"})
    page.post(url("discard_mail", mails[2].pk))
    with tenancy.scope(case.tenant_id):
        assert InboundMail.objects.filter(state="waiting").count() == 0


def _kept(sender: str, name: str = "") -> InboundMail:
    return InboundMail.objects.create(
        mail_id=f"<{sender}@x>", sender=sender, sender_name=name, recipient="r", reason="no_proof", subject="Broken",
        body="Words", received_at=timezone.now(),
    )  # fmt: skip


def test_whoever_writes_and_is_not_known_is_added_with_a_case(page, case):
    with tenancy.scope(case.tenant_id):
        mail, again = _kept("Reem@example.com", "ريم القحطاني"), _kept("reem@Example.com")
    html = page.get(url("quarantine")).content.decode()
    assert html.count("Nobody you know has this address.") == html.count("Add the person and open a case") == 2
    opened = page.post(url("open_mail", mail.pk), {"customer": "", "type": "question"})
    with tenancy.scope(case.tenant_id):
        found = Case.objects.select_related("customer").get(number=4)
        assert (found.customer.name, found.customer.email, found.customer.source, found.subject) == (
            "ريم القحطاني", "Reem@example.com", "mail", "Broken",
        )  # fmt: skip
    assert opened.url == url("case", found.pk)
    back = {"HTTP_REFERER": f"http://testserver{url('quarantine')}", "follow": True}
    answer = page.post(url("open_mail", again.pk), {"customer": "", "type": "question"}, **back)
    assert "Somebody has this address by now." in answer.content.decode()
    with tenancy.scope(case.tenant_id):
        assert Customer.objects.filter(email_key="reem@example.com").count() == 1
        broken = _kept("no address")
    answer = page.post(url("open_mail", broken.pk), {"customer": "", "type": "question"}, **back)
    assert answer.status_code == 200 and "alert" in answer.content.decode()
    with tenancy.scope(case.tenant_id):
        assert InboundMail.objects.filter(state="waiting").count() == 2


def test_of_several_with_one_address_the_one_who_wrote_is_chosen(page, case):
    with tenancy.scope(case.tenant_id):
        mail = _kept("sara@example.com")
        sister = CustomerFactory(name="Sister", email="sara@example.com")
        for _each in range(inbound.MOST_HOLDERS):
            CustomerFactory(email="sara@example.com")
    html = page.get(url("quarantine")).content.decode()
    assert f'<option value="{sister.pk}">Sister</option>' in html
    assert len(BeautifulSoup(html, "html.parser").select("[name=customer] option")) == inbound.MOST_HOLDERS
    page.post(url("open_mail", mail.pk), {"customer": sister.pk, "type": "question"})
    with tenancy.scope(case.tenant_id):
        assert Case.objects.get(number=4).customer == sister


def test_who_only_looks_changes_nothing(client, tenant, case):
    client.force_login(make_user(tenant, "analyst"))
    html = client.get(url("case", case.pk)).content.decode()
    assert "data-composer" not in html
    assert client.post(url("answer_case", case.pk), {"body": "x"}).status_code == 403
