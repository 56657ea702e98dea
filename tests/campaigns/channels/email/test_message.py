import datetime
import email.header
import email.policy
import html
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from campaigns.channels.email import compiler, headers, limits, links, message
from cxm.lib import addresses
from cxm.lib.errors import Refusal
from tests.campaigns.channels.email.signing import sign

NOW = datetime.datetime(2026, 3, 1, 9, 30, tzinfo=datetime.timezone(datetime.timedelta(hours=3)))
OUT = '<p><a href="{{ unsubscribe_url }}">out</a> {{ brand.address }}</p>'
ODD = st.text(
    st.one_of(st.characters(), st.sampled_from('\r\n\x00\u2028\u2029\x85\x0b\x0c\x1c<>"\\,;:@=?.\u202e\u2066')),
    max_size=60,
)


def letter(body: str = "<p>Hello</p>", **changes) -> message.Letter:
    template = {"subject": "Hello", "preheader": "", "language": "en", "marketing": True, "tracking": None}
    template |= {key: changes.pop(key) for key in list(changes) if key in template}
    compiled = compiler.compile_template(body=body + (OUT if template["marketing"] else ""), format="html", **template)
    sender = {"tenant_id": 7, "base_url": "http://m.test:8000", "from_address": "news@shop.test", "from_name": "Shop"}
    return message.Letter(compiled=compiled, sender=message.Sender(**{**sender, **changes}), sign=sign)


def recipient(**changes) -> message.Recipient:
    return message.Recipient(**{"message_id": 42, "address": "ann@example.com", "now": NOW, **changes})


def parsed(raw: bytes) -> email.message.EmailMessage:
    return email.message_from_bytes(raw, policy=email.policy.default)


def well_formed(raw: bytes) -> list[bytes]:
    """The names of the headers, after checking every line."""
    lines = raw.split(b"\r\n")
    assert all(len(line) <= 998 for line in lines)
    assert raw.isascii() and b"\n" not in raw.replace(b"\r\n", b"") and b"\r" not in raw.replace(b"\r\n", b"")
    assert b"\r\n." not in raw
    head = raw.split(b"\r\n\r\n", 1)[0].split(b"\r\n")
    assert all(len(line) <= 78 or b" " not in line.strip() for line in head)
    assert all(line[:1] == b" " or re.match(rb"[A-Z][A-Za-z-]*: ", line) for line in head)
    return [line.split(b":")[0] for line in head if line[:1] != b" "]


HEADERS = [
    b"From", b"MIME-Version", b"Content-Language", b"Content-Type", b"To", b"Subject", b"Date", b"Message-ID",
    b"List-Unsubscribe", b"List-Unsubscribe-Post",
]  # fmt: skip


def test_a_marketing_message():
    made = letter(reply_to="help@shop.test", feedback_id="c1:t7:news:cxmmail")
    raw = made.render(recipient(name="Ann"))
    told = parsed(raw)

    assert sorted(well_formed(raw)) == sorted([*HEADERS, b"Reply-To", b"Feedback-ID"])
    assert told["From"] == "Shop <news@shop.test>"
    assert told["To"] == "Ann <ann@example.com>"
    assert told["Subject"] == "Hello"
    assert told["Date"] == "Sun, 01 Mar 2026 06:30:00 +0000"
    assert told["Message-ID"] == "<message-7-42@shop.test>"
    assert told["List-Unsubscribe"] == "<http://m.test:8000/u/unsubscribe-7-42>"
    assert told["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert told["Reply-To"] == "help@shop.test"
    assert told["Feedback-ID"] == "c1:t7:news:cxmmail"
    assert told["Content-Language"] == "en"
    assert [part.get_content_type() for part in told.iter_parts()] == ["text/plain", "text/html"]
    assert [part.get_content_charset() for part in told.iter_parts()] == ["utf-8", "utf-8"]
    assert made.envelope(recipient()) == message.Envelope("news@shop.test", "ann@example.com")


def test_a_transactional_message_has_no_way_out():
    raw = letter(marketing=False).render(recipient())

    assert sorted(well_formed(raw)) == sorted(HEADERS[:-2])


def test_what_is_sent_is_what_is_previewed():
    made = letter(
        "<table>{% for p in data.list %}<tr><td><a href='https://a.test/{{ p }}'>é {{ p }}</a></td></tr>{% endfor %}"
        "</table>"
        "<p>{% if customer.name %}Dear {{ customer.name }}{% endif %}</p>.",
        subject="Für {{ customer.name }}",
    )
    context = {"customer": {"name": "Zoë <&>"}, "data": {"list": ["x.", "=20", "é" * 50]}}

    told = parsed(made.render(recipient(context=context)))
    addresses = {"unsubscribe_url": "http://m.test:8000/u/unsubscribe-7-42"}
    shown = made.compiled.preview({**context, **addresses}, now=NOW)

    assert told["Subject"] == shown.subject == "Für Zoë <&>"
    assert told.get_body(("html",)).get_content().replace("\r\n", "\n") == shown.html
    assert told.get_body(("plain",)).get_content().replace("\r\n", "\n") == shown.text


def test_links_are_tracked_and_ours_are_not():
    body = (
        '<a href="https://a.test/?x=1&amp;y=2">1</a><a href="https://a.test/{{ customer.id }}?q=%20é">2</a>'
        '<a href="{{ view_url }}">3</a><a href="{{ data.evil }}">4</a>'
    )
    raw = letter(body, tracking=compiler.TrackingPlan()).render(
        recipient(context={"customer": {"id": 5}, "data": {"evil": "javascript:alert(1)"}})
    )
    page = parsed(raw).get_body(("html",)).get_content()
    hrefs = re.findall(r'href="([^"]*)"', page)

    carried = "https://a.test/5?q=%20é"
    assert hrefs[0] == "http://m.test:8000/t/c/click-7-42-0"
    signed, back = links.split(hrefs[1].rsplit("/", 1)[1])
    assert (signed, back) == (f"click-7-42-1-{links.digest(carried)}", carried)
    assert hrefs[2:4] == ["http://m.test:8000/m/view-7-42", ""]
    assert '<img src="http://m.test:8000/t/o/open-7-42"' in page
    assert "/t/o/" not in parsed(raw).get_body(("plain",)).get_content()
    assert hrefs[1] in parsed(raw).get_body(("plain",)).get_content()


def test_addresses_are_kept_byte_for_byte():
    odd = 'https://a.test/?a=1|2&b={x}&c=%zz&d="q"&e=é\'<>#'
    made = letter(
        f"<a href='{html.escape(odd)}'>1</a><a href='{{{{ data.url }}}}'>2</a>", tracking=compiler.TrackingPlan()
    )
    raw = made.render(recipient(context={"data": {"url": odd}}))

    hrefs = re.findall(r'href="([^"]*)"', parsed(raw).get_body(("html",)).get_content())

    assert made.compiled.links[0].url == odd
    assert links.split(hrefs[1].rsplit("/", 1)[1])[1] == odd
    untracked = letter("<a href='{{ data.url }}'>2</a>").compiled.preview({"data": {"url": odd}}, now=NOW)
    assert html.unescape(re.findall(r'href="([^"]*)"', untracked.html)[0]) == odd
    assert odd in untracked.text


def test_where_a_click_leads():
    url = "https://a.test/é?x=%20#f"

    assert links.target((7, 42, 0), "", registered=url) == url
    assert links.target((7, 42, 0), "", registered=None) is None
    assert links.target((7, 42, 0), "https://evil.test", registered=url) is None
    assert links.target((7, 42, 0, links.digest(url)), url, registered=None) == url
    assert links.target((7, 42, 0, links.digest(url)), "https://evil.test", registered=url) is None
    assert links.target((7, 42, 0, links.digest(url)), "", registered=url) is None
    assert links.split("token~!!!") == ("token", "")


def test_opens_are_not_measured_where_the_plan_says_so():
    raw = letter(tracking=compiler.TrackingPlan(opens=False)).render(recipient())

    assert b"/t/o/" not in raw


@pytest.mark.parametrize(
    "name", ['Al, "Bob" <x@y>', "a@b.c", "trailing \\", ";", ":", "محمد", "é" * 80, "=?utf-8?b?eA==?=", "  ", "x" * 90]
)
def test_names_survive(name):
    raw = letter(from_name=name).render(recipient(name=name))
    told = parsed(raw)

    well_formed(raw)
    for field, address in (("From", "news@shop.test"), ("To", "ann@example.com")):
        assert [one.addr_spec for one in told[field].addresses] == [address]
        # the standard library's own parser puts blanks between encoded words
        coded = email.message_from_bytes(raw)[field].rpartition(" <" if name.strip() else " ")[0].strip()
        shown = str(email.header.make_header(email.header.decode_header(coded)))
        assert shown.strip('"').replace("\\\\", "\\").replace('\\"', '"') == name.strip()


@settings(max_examples=150)
@given(ODD, ODD, ODD, st.sampled_from(["en", "ar"]))
def test_no_value_makes_a_header(name, first, second, language):
    made = letter(
        "<p>{{ customer.name }} {{ data.x }}</p>",
        subject="{{ customer.name }} and {{ data.x }}", language=language, from_name=name,
    )  # fmt: skip

    raw = made.render(recipient(name=name, context={"customer": {"name": first}, "data": {"x": second}}))

    assert sorted(well_formed(raw)) == sorted(HEADERS)
    assert len(list(parsed(raw).iter_parts())) == 2


@settings(max_examples=150)
@given(st.text(max_size=300))
def test_subjects_decode_to_what_was_meant(subject):
    coded = headers.unstructured(subject, used=9)

    meant = " ".join(headers.text.clean_line(subject).encode("utf-8", "replace").decode().split(" "))
    for word in re.findall(rb"=\?utf-8\?b\?[^?]*\?=", coded):
        assert len(word) <= 75
        str(email.header.make_header(email.header.decode_header(word.decode())))
    if coded.startswith(b"=?"):
        assert str(email.header.make_header(email.header.decode_header(coded.decode()))) == meant
    else:
        assert " ".join(coded.decode().split()) == " ".join(meant.split())


@pytest.mark.parametrize(
    "address", ["", "x", "مرحبا@example.com", "a b@example.com", "a@b.c\r\nBcc: x@y.z", "a@[127.0.0.1]"]
)
def test_addresses_that_cannot_be_written_to_are_refused(address):
    with pytest.raises(addresses.InvalidAddress):
        letter().render(recipient(address=address))


def test_domains_of_any_script_go_as_a_labels():
    raw = letter().render(recipient(address="a@faß.de"))

    assert b"To: a@xn--fa-hia.de\r\n" in raw


@pytest.mark.parametrize(
    "base_url", ["https://münchen.test", "https://m.test/a b", "ftp://m.test", "https://m.test/\r\nX: y"]
)
def test_marketing_needs_a_plain_unsubscribe_address(base_url):
    with pytest.raises(Refusal):
        letter(base_url=base_url)


@pytest.mark.parametrize("feedback", ["a:b:c", "a:b:c:d", "a:b:c:x y zz", "a:b:c:toolongtoolongtool"])
def test_a_feedback_id_has_its_form(feedback):
    with pytest.raises(Refusal):
        letter(feedback_id=feedback)


def test_limits_hold_while_sending():
    made = letter("{% for a in data.list %}{% for b in data.list %}x{% endfor %}{% endfor %}")

    with pytest.raises(limits.RenderRefused):
        made.render(recipient(context={"data": {"list": list(range(500))}}))


def test_arabic_is_right_to_left_throughout():
    raw = letter("<p>مرحبا {{ customer.name }}</p>", language="ar", subject="عرض لـ {{ customer.name }}").render(
        recipient(context={"customer": {"name": "Ali (VIP)"}})
    )
    told = parsed(raw)

    assert told["Subject"] == "عرض لـ \u2068Ali (VIP)\u2069"
    assert '<html lang="ar" dir="rtl">' in told.get_body(("html",)).get_content()
    assert told["Content-Language"] == "ar"
