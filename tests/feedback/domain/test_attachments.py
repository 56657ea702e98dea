from email.message import EmailMessage

import pytest

from campaigns.models import Sender
from customers.domain import erasure
from cxm import tenancy
from cxm.audit.actors import SYSTEM
from feedback.domain import attachments, cases, desk, inbound, reply_addresses
from feedback.domain.mail_files import Attachment
from feedback.models import CaseAttachment, CaseMessage, InboundMail
from tests.factories import CustomerFactory
from tests.feedback.case_rows import MONDAY

PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 16


@pytest.fixture(autouse=True)
def address(settings):
    settings.INBOUND_ADDRESS = "reply@in.shop.example"


@pytest.fixture
def opened(tenant):
    """A case outside every scope, as a worker meets it; and an address of the shop that names no case."""
    with tenancy.scope(tenant):
        desk.begin(by=SYSTEM)
        Sender.objects.create(name="Shop", email="hello@shop.example")
        return cases.open(
            type=desk.type_by(ref="question"), customer=CustomerFactory(email="sara@example.com"), subject="My lamp",
            body="", channel="email", by=SYSTEM, now=MONDAY,
        )  # fmt: skip


def mail(to, *, body="It is broken.", id="<a1@example.com>"):
    message = EmailMessage()
    message["From"], message["To"], message["Message-ID"] = "Sara <sara@example.com>", to, id
    message.set_content(body)
    message.add_attachment(PNG, maintype="image", subtype="png", filename="lamp.png")
    message.add_attachment(b"%PDF", maintype="application", subtype="pdf", filename="bill.pdf")
    return message.as_bytes()


def taken(raw):
    return inbound.take(raw=raw, now=MONDAY)


def kept(**where):
    found = CaseAttachment.objects.defer(None).filter(**where).order_by("position")
    return [(file.position, file.name, file.content_type, file.size, bytes(file.content)) for file in found]


BOTH = [(0, "lamp.png", "image/png", 24, PNG), (1, "bill.pdf", "application/pdf", 4, b"%PDF")]


def test_files_are_taken_in_once_with_their_mail(opened):
    raw = mail(reply_addresses.make(tenant_id=opened.tenant_id, case_id=opened.pk))
    said = taken(raw)
    assert taken(raw) is None
    with tenancy.scope(opened.tenant_id):
        assert said.body == "It is broken."
        assert kept() == kept(message=said) == BOTH


def test_files_of_a_mail_without_a_case_go_to_the_case_it_is_put_to(opened):
    raw = mail("hello@shop.example")
    apart = taken(raw)
    assert taken(raw) is None
    with tenancy.scope(opened.tenant):
        assert kept() == kept(mail=apart) == BOTH
        said = inbound.attach(mail=apart, case=opened, by=SYSTEM, now=MONDAY)
        assert kept() == kept(message=said, mail=None) == BOTH


def test_files_of_a_mail_without_a_case_go_to_the_case_that_is_opened_from_it_without_words_too(opened):
    apart = taken(mail("hello@shop.example", body=""))
    with tenancy.scope(opened.tenant_id):
        case = inbound.open_case(
            mail=apart, customer=opened.customer, type=desk.type_by(ref="request"), by=SYSTEM, now=MONDAY
        )
        said = CaseMessage.objects.get(case=case)
        assert (said.body, said.mail_id) == ("…", "<a1@example.com>")
        assert kept() == kept(message=said, mail=None) == BOTH


def test_files_of_a_mail_that_another_way_brought_already_are_there_once(opened):
    apart = taken(mail("hello@shop.example"))
    taken(mail(reply_addresses.make(tenant_id=opened.tenant_id, case_id=opened.pk)))
    with tenancy.scope(opened.tenant_id):
        assert inbound.attach(mail=apart, case=opened, by=SYSTEM, now=MONDAY) is None
        assert kept() == BOTH


def test_files_of_a_discarded_mail_are_dropped(opened):
    apart = taken(mail("hello@shop.example"))
    with tenancy.scope(opened.tenant_id):
        inbound.discard(mail=apart, by=SYSTEM)
        assert (kept(), InboundMail.objects.get().state) == ([], "discarded")


def test_erasure_leaves_no_file_of_the_person(opened):
    taken(mail(reply_addresses.make(tenant_id=opened.tenant_id, case_id=opened.pk)))
    taken(mail("hello@shop.example", id="<a2@example.com>"))
    with tenancy.scope(opened.tenant_id):
        assert len(kept()) == 4
        erasure.erase(customer=opened.customer, by=SYSTEM)
        assert (kept(), CaseMessage.objects.get().body) == ([], "")


@pytest.mark.parametrize(
    ("said", "content", "stored", "shown"),
    [
        ("image/png", PNG, "image/png", "image/png"),
        ("image/jpg", b"\xff\xd8\xff\xe0", "image/jpeg", "image/jpeg"),
        ("application/octet-stream", b"GIF89a", "image/gif", "image/gif"),
        ("image/webp", b"RIFF\x10\0\0\0WEBPVP8 ", "image/webp", "image/webp"),
        ("image/png", b"<script>", "application/octet-stream", ""),
        ("image/webp", b"RIFF\x10\0\0\0WAVE", "application/octet-stream", ""),
        ("image/svg+xml", b"<svg/>", "image/svg+xml", ""),
        ("text/html", b"GIF89a<script>", "text/html", ""),
    ],
)
def test_a_picture_is_what_begins_as_one(make_case, said, content, stored, shown):
    case = make_case()
    attachments.keep(files=[Attachment("a", said, content)], message=case.messages.get())
    file = attachments.get(case=case, file_id=CaseAttachment.objects.get().pk)
    assert (file.content_type, attachments.shown_as(file)) == (stored, shown)


def test_lists_read_no_content(make_case, django_assert_num_queries):
    said = make_case().messages.get()
    attachments.keep(files=[Attachment(f"{at}", "text/plain", b"x") for at in range(3)], message=said)
    with django_assert_num_queries(2):
        found = CaseMessage.objects.prefetch_related(attachments.listed()).get()
        assert [file.name for file in found.attachments.all()] == ["0", "1", "2"]
    assert "content" in found.attachments.first().get_deferred_fields()
