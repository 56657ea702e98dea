import ssl
from datetime import timedelta
from email.header import Header
from email.message import EmailMessage
from urllib.parse import quote

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from campaigns.domain import rendering
from campaigns.models import Message, Sender
from customers.models import Event
from cxm import tenancy
from cxm.audit.actors import SYSTEM, Actor
from cxm.lib import signing
from cxm.local import inbox
from cxm.tenancy import links
from feedback.domain import cases, desk, inbound, mail_reading, mailboxes, reply_addresses
from feedback.models import Case, CaseMessage, InboundMail, Mailbox
from tests import imap_server
from tests.factories import CustomerFactory
from tests.feedback.case_rows import MONDAY

AGENT = Actor("user", None, "agent@shop.test")
HOUR = timedelta(hours=1)


@pytest.fixture(autouse=True)
def address(settings):
    settings.INBOUND_ADDRESS, settings.INBOUND_URL = "reply@in.shop.example", "local:"


@pytest.fixture
def opened(tenant):
    """A case that waits for its customer, outside every scope, as a worker meets it."""
    with tenancy.scope(tenant):
        desk.begin(by=SYSTEM)
        sara = CustomerFactory(name="Sara Haddad", email="sara@example.com")
        case = cases.open(
            type=desk.type_by(ref="question"), customer=sara, subject="Where is it?", body="I wait.", channel="email",
            by=SYSTEM, now=MONDAY,
        )  # fmt: skip
        cases.answer(case=case, body="Which order?\n\nPlease say.", by=AGENT, now=MONDAY + HOUR, then="waiting")
    return case


def mail(to, *, body="Order 7.\n\nOn Monday the shop wrote:\n> Which order?", **headers):
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = "Sara <sara@example.com>", to, "Re: anything"
    message["Message-ID"] = headers.pop("id", "<a1@example.com>")
    for name, value in headers.items():
        message[name.replace("_", "-")] = value
    message.set_content(body)
    return message.as_bytes()


def taken(raw, now=MONDAY + 2 * HOUR):
    return inbound.take(raw=raw, now=now)


def reply_to(case):
    return reply_addresses.make(tenant_id=case.tenant_id, case_id=case.pk)


def state_of(case):
    with tenancy.scope(case.tenant_id):
        return Case.objects.get(pk=case.pk).state


def test_an_answer_goes_out_with_an_address_that_names_the_case(opened):
    with tenancy.scope(opened.tenant_id):
        sent = Message.objects.get(unit__kind="case")
        assert sent.customer.email == "sara@example.com"
        assert sent.data["headers"] == {"reply_to": reply_to(opened)}
        assert sent.data["data"]["paragraphs"] == [["Which order?"], ["Please say."]]
        assert CaseMessage.objects.get(direction="out").ledger_id == sent.pk


def test_lines_of_an_answer_stay_lines_in_both_parts_of_the_mail(opened):
    with tenancy.scope(opened.tenant):
        cases.answer(case=opened, body="Dear Sara,\n\nsorry.\nYours", by=AGENT, now=MONDAY + 2 * HOUR)
        sent = Message.objects.filter(unit__kind="case").last()
        made = [
            rendering.compiled(version=sent.unit.template.versions.get(language=language), marketing=False)
            for language in ("en", "ar")
        ]
        shown, arabic = (
            each.preview({"data": sent.data["data"], "brand": {"name": "Shop"}}, now=MONDAY) for each in made
        )
    page = links.absolute("/portal/shop/")
    assert shown.text == f"Dear Sara,\n\nsorry.\nYours\n\nShop · case 1 · All you asked us, on your page ({page})\n"
    assert shown.html.count("<body") == 1
    assert '<p dir="auto">Dear Sara,</p>' in shown.html
    assert "<p><bdi>Dear Sara,</bdi></p>" in arabic.html  # dir="auto" around bdi is left to right whatever it says


def test_the_customers_answer_comes_back_into_the_case(opened):
    said = taken(mail(reply_to(opened).upper()))
    assert (said.body, said.author, said.author_label) == ("Order 7.", "customer", "Sara <sara@example.com>")
    assert said.quoted.startswith("On Monday the shop wrote:")
    assert state_of(opened) == "open"
    assert taken(mail(reply_to(opened))) is None


def test_a_long_arabic_name_comes_in_pieces_and_is_read_whole(opened):
    name = "عبد الرحمن بن عبد العزيز بن محمد آل الشيخ المنصوري"
    raw = mail(reply_to(opened)).replace(b"From: Sara <", f"From: {Header(name, 'utf-8').encode()} <".encode())
    assert raw.count(b"?=\n =?") == 1
    assert taken(raw).author_label == f"{name} <sara@example.com>"


@pytest.mark.parametrize(
    "announced",
    [
        "On Fri, Nov 27, 2026 at 9:12 PM A shop with a long name <hello@shop.example>\nwrote:",
        "في الجمعة، 27 نوفمبر 2026 في 9:12 م تمت كتابة ما يلي بواسطة بيت نور <\nhello@shop.example>:",
        "في ٢٧ نوفمبر ٢٠٢٦، الساعة ٩:١٢ م، كتب بيت نور <hello@shop.example>:",
    ],
)
def test_what_a_mail_repeats_is_told_from_what_is_new(announced):
    assert mail_reading.split(f"كم السعر؟\n\n{announced}\n\n> قلنا") == ("كم السعر؟", f"{announced}\n\n> قلنا")


def test_our_next_answer_names_the_mail_it_answers(opened):
    taken(mail(reply_to(opened)))
    with tenancy.scope(opened.tenant_id):
        cases.answer(case=opened, body="Thanks.", by=AGENT, now=MONDAY + 3 * HOUR)
        assert Message.objects.order_by("-id").first().data["headers"]["references"] == "<a1@example.com>"


def test_the_mail_that_is_answered_is_proof_as_well(opened):
    with tenancy.scope(opened.tenant_id):
        ledger = CaseMessage.objects.get(direction="out").ledger_id
    token = signing.sign("message", opened.tenant_id, ledger)
    said = taken(mail("hello@shop.example", In_Reply_To=f"<{token}@shop.example>"))
    assert said.case_id == opened.pk


def test_a_subject_proves_nothing_whoever_wrote_it(opened):
    with tenancy.scope(opened.tenant_id):
        Sender.objects.create(name="Shop", email="hello@shop.example")
    raw = mail("hello@shop.example").replace(b"Re: anything", b"Re: Where is it? [1]")
    kept = taken(raw)
    assert (kept.reason, kept.sender, kept.state) == ("no_proof", "sara@example.com", "waiting")
    assert state_of(opened) == "waiting"
    assert taken(raw) is None


@pytest.mark.parametrize(
    "change",
    [
        lambda local: local[:-1] + ("b" if local[-1] == "a" else "a"),
        lambda local: local[:-3],
        lambda local: local + "7",
    ],
)
def test_a_tampered_address_leads_nowhere(opened, change):
    local, _at, host = reply_to(opened).partition("@")
    assert taken(mail(f"{change(local)}@{host}")) is None
    assert state_of(opened) == "waiting"


def test_a_token_of_one_tenant_finds_no_case_of_another(opened, other_tenant):
    forged = reply_addresses.make(tenant_id=other_tenant.pk, case_id=opened.pk)
    kept = taken(mail(forged))
    assert (kept.tenant_id, kept.reason) == (other_tenant.pk, "case_gone")
    assert state_of(opened) == "waiting"


@pytest.mark.parametrize(
    "header",
    [{"Auto_Submitted": "auto-replied"}, {"Precedence": "bulk"}, {"X_Autoreply": "yes"}, {"Return_Path": "<>"}],
)
def test_a_machines_reply_is_kept_but_wakes_nothing(opened, header):
    said = taken(mail(reply_to(opened), **header))
    assert said.author == "auto"
    assert state_of(opened) == "waiting"
    with tenancy.scope(opened.tenant_id):
        assert not Event.objects.filter(name="Case Replied").exists()
        assert Message.objects.count() == 1  # nothing was sent back


def test_our_own_mail_that_comes_round_is_left_alone(opened):
    token = signing.sign("message", opened.tenant_id, 5)
    assert taken(mail(reply_to(opened), id=f"<{token}@shop.example>")) is None


def test_mail_to_a_case_closed_long_ago_is_looked_at_first(opened):
    with tenancy.scope(opened.tenant_id):
        cases.close(case=opened, by=AGENT, now=MONDAY + HOUR)
    assert taken(mail(reply_to(opened), id="<b@x>")).case_id == opened.pk
    with tenancy.scope(opened.tenant_id):
        cases.close(case=opened, by=AGENT, now=MONDAY + 3 * HOUR)
    kept = taken(mail(reply_to(opened), id="<c@x>"), now=MONDAY + timedelta(days=31))
    assert kept.reason == "closed_long_ago"


def test_what_was_kept_apart_is_decided_once(opened):
    with tenancy.scope(opened.tenant_id):
        Sender.objects.create(name="Shop", email="hello@shop.example")
    kept = taken(mail("hello@shop.example"))
    with tenancy.scope(opened.tenant):
        assert [found.name for found in inbound.likely_customers([kept])["sara@example.com"]] == ["Sara Haddad"]
        said = inbound.attach(mail=kept, case=opened, by=AGENT, now=MONDAY + 3 * HOUR)
        assert said.case_id == opened.pk
        with pytest.raises(inbound.AlreadyDecided):
            inbound.discard(mail=kept, by=AGENT)
        other = InboundMail.objects.create(mail_id="<z@x>", sender="x@y.example", recipient="r", reason="no_proof",
                                           received_at=MONDAY, subject="New thing", body="Words")  # fmt: skip
        case = inbound.open_case(
            mail=other, customer=opened.customer, type=desk.type_by(ref="request"), by=AGENT, now=MONDAY
        )
        assert (case.subject, case.number) == ("New thing", 2)


@pytest.mark.parametrize(
    "raw",
    [b"", b"\xff\xfe\x00", b"From: x\n\n", b"From: a@b.c\nTo: \xff@x\nContent-Type: text/plain; charset=none\n\n\xe9",
     b"From: =?utf-8?b?/////w==?= <a@b.c>\nContent-Type: multipart/mixed\n\nx", b"Subject: " + b"x" * 100_000],
)  # fmt: skip
def test_broken_mail_is_read_without_a_fault(raw):
    assert isinstance(mail_reading.read(raw).body, str)


def test_html_is_read_as_words():
    message = EmailMessage()
    message["From"] = "a@b.example"
    message.set_content("<style>p{}</style><p>Hello&nbsp;<b>you</b></p><script>x()</script><p>Bye</p>", subtype="html")
    assert mail_reading.read(message.as_bytes()).body == "Hello\xa0you\nBye"


def test_the_local_inbox_is_read_from_where_the_last_reading_ended(opened, settings, tmp_path):
    settings.CXM_HOME = tmp_path
    folder = tmp_path / "inbox"
    folder.mkdir()
    for number in range(3):
        raw = mail(reply_to(opened), id=f"<{number}@x>", body=f"Words {number}")
        inbox.store(folder, sender="sara@example.com", recipients=[reply_to(opened)], content=raw)
    inbox.store(folder, sender="x@y", recipients=["nobody@else.example"], content=b"\xff broken")
    assert mailboxes.read(now=MONDAY) == 4
    assert mailboxes.read(now=MONDAY) == 0
    with tenancy.scope(opened.tenant_id):
        assert CaseMessage.objects.filter(direction="in", mail_id__isnull=False).count() == 3
    assert Mailbox.objects.get().problem == ""


def test_no_mailbox_no_reading(settings):
    settings.INBOUND_URL = ""
    assert mailboxes.read(now=MONDAY) == 0


def test_a_mailbox_that_cannot_be_reached_says_so(db, settings):
    settings.INBOUND_URL = "imap://user:secret@127.0.0.1:9/INBOX"
    assert mailboxes.read(now=MONDAY) == 0
    found = Mailbox.objects.get()
    assert found.problem
    assert "secret" not in found.name


@pytest.fixture
def imap(settings):
    """A mailbox on a mail server, named in the settings."""
    box = imap_server.Box()
    with imap_server.Server(box) as server:
        settings.INBOUND_URL = address_of(box, server)
        yield box


def address_of(box, server):
    return f"imap://{quote(box.user)}:{quote(box.password, safe='')}@127.0.0.1:{server.server_address[1]}/INBOX"


def heard_of(case) -> list[str]:
    with tenancy.scope(case.tenant_id):
        return list(CaseMessage.objects.filter(mail_id__isnull=False).order_by("id").values_list("body", flat=True))


def put(box, case, *uids):
    box.mails |= {uid: mail(reply_to(case), id=f"<{uid}@x>", body=f"Words {uid}") for uid in uids}


def test_a_mailbox_is_read_over_imap_and_left_as_it_is(opened, imap):
    put(imap, opened, 3, 7)
    before = dict(imap.mails)

    assert mailboxes.read(now=MONDAY) == 2
    assert heard_of(opened) == ["Words 3", "Words 7"]
    assert state_of(opened) == Case.State.OPEN
    assert imap.mails == before
    assert {word.split()[0] for word in imap.heard} <= {"CAPABILITY", "LOGIN", "EXAMINE", "UID", "LOGOUT"}


def test_each_reading_goes_on_where_the_last_one_ended(opened, imap):
    put(imap, opened, 3, 7)
    mailboxes.read(now=MONDAY)

    assert mailboxes.read(now=MONDAY) == 0
    put(imap, opened, 8)
    assert mailboxes.read(now=MONDAY) == 1
    assert heard_of(opened) == ["Words 3", "Words 7", "Words 8"]


def test_a_mailbox_made_anew_is_read_from_its_beginning_and_nothing_is_heard_twice(opened, imap):
    put(imap, opened, 3, 7)
    mailboxes.read(now=MONDAY)
    imap.validity, imap.mails = 2, {1: imap.mails[7]}
    put(imap, opened, 2)

    assert mailboxes.read(now=MONDAY) == 2
    assert heard_of(opened) == ["Words 3", "Words 7", "Words 2"]


def test_what_was_read_before_the_connection_was_lost_is_kept(opened, imap):
    put(imap, opened, 1, 2, 3)
    imap.breaks_at = 2

    assert mailboxes.read(now=MONDAY) == 1
    assert Mailbox.objects.get().problem
    imap.breaks_at = 0
    assert mailboxes.read(now=MONDAY) == 2
    assert heard_of(opened) == ["Words 1", "Words 2", "Words 3"]
    assert Mailbox.objects.get().problem == ""


def test_a_wrong_password_is_told_without_telling_it(opened, imap):
    imap.password = "changed"

    assert mailboxes.read(now=MONDAY) == 0
    found = Mailbox.objects.get()
    assert "AUTHENTICATIONFAILED" in found.problem
    assert "cret" not in found.name + found.problem


def test_user_and_password_may_be_written_in_any_letters(opened, settings):
    box = imap_server.Box(user="دعم", password="كلمة é")
    put(box, opened, 1)
    with imap_server.Server(box) as server:
        settings.INBOUND_URL = address_of(box, server)
        assert mailboxes.read(now=MONDAY) == 1


def test_a_server_that_cannot_prove_who_it_is_never_hears_the_password(opened, settings, tmp_path):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(_signed_by_itself(tmp_path / "server.pem"))
    box = imap_server.Box()
    with imap_server.Server(box, context) as server:
        settings.INBOUND_URL = f"imaps://user:secret@127.0.0.1:{server.server_address[1]}/INBOX"
        assert mailboxes.read(now=MONDAY) == 0

    assert "CERTIFICATE_VERIFY_FAILED" in Mailbox.objects.get().problem
    assert box.heard == []


def _signed_by_itself(file):
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "127.0.0.1")])
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(MONDAY)
        .not_valid_after(MONDAY + timedelta(days=3650))
        .sign(key, hashes.SHA256())
    )
    form = serialization.Encoding.PEM
    file.write_bytes(
        key.private_bytes(form, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        + certificate.public_bytes(form)
    )
    return file
