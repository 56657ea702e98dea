"""Every starter reads well with and without a name, in its own direction, and needs nothing added."""

import re
from datetime import UTC, datetime
from email import message_from_string, policy

import pytest

from campaigns.domain import specimens, starters, templates
from campaigns.models import Brand, Template, TemplateVersion
from cxm.audit.actors import SYSTEM
from tests.campaigns.factories import SenderFactory
from tests.factories import CustomerFactory

NOW = datetime(2026, 3, 1, tzinfo=UTC)
ALL = [(str(kind), language) for kind in starters.KINDS for language in starters.LANGUAGES]


def shown(kind: str, language: str, **fields):
    words = starters.read(kind, language)
    return templates.preview(
        kind=kind, language=language, subject=words.subject, preheader=words.preheader, body=words.body, now=NOW,
        customer=CustomerFactory(language=language, **fields),
    )  # fmt: skip


@pytest.mark.parametrize(("kind", "language"), ALL)
def test_reads_well_with_and_without_a_name(scoped, kind, language):
    Brand.objects.create(name="Dune", name_ar="كثيب", color="#123456", website="https://dune.example", address="Road 1")
    for name in ("Layla", ""):
        made, problems = shown(kind, language, name=name, first_name=name)
        assert problems == ()
        for part in (made.subject, made.preheader, made.text):
            assert not re.search(r"\{\{|\{%|\( |  ,| [,،.؟?!]|\bNone\b|\(\)", part), part
        assert ("/s/" if kind == "feedback" else "https://dune.example") in made.text
        assert "#123456" in made.html
        assert ("كثيب" if language == "ar" else "Dune") in made.text
        assert f'lang="{language}" dir="{"rtl" if language == "ar" else "ltr"}"' in made.html
        assert ("direction:ltr" in made.html) == (language == "en")
        if name:
            assert name in made.html


def test_arabic_is_arabic_and_english_is_english():
    for kind, language in ALL:
        words = starters.read(kind, language)
        said = re.sub(r"\{[{%].*?[}%]\}|<[^>]*>|SAVE15|HELLOAGAIN", "", words.subject + words.preheader + words.body)
        arabic, latin = (len(re.findall(pattern, said)) for pattern in ("[\u0600-\u06ff]", "[A-Za-z]"))
        assert (arabic > 100 and latin == 0) if language == "ar" else (latin > 100 and arabic == 0), (kind, language)


def test_started_with_one_call_in_both_languages(scoped):
    template = starters.start(kind="welcome", by=SYSTEM, language="ar")
    assert (template.name, template.kind) == ("ترحيب", "welcome")
    assert list(TemplateVersion.objects.order_by("language").values_list("language", "format", "number")) == [
        ("ar", "mjml", 1),
        ("en", "mjml", 1),
    ]


def test_installed_once(scoped):
    assert list(starters.install(by=SYSTEM, language="en")) == [str(kind) for kind in starters.KINDS]
    assert starters.install(by=SYSTEM) == {}
    assert Template.objects.count() == 8


def test_unknown_ones_do_not_exist(scoped):
    with pytest.raises(starters.UnknownStarter):
        starters.read("../../secrets", "en")


@pytest.mark.parametrize("kind", [str(kind) for kind in starters.KINDS])
def test_leaves_as_a_message_with_a_way_out(scoped, kind):
    SenderFactory(is_default=True)
    Brand.objects.create(name="Dune", website="https://dune.example", address="Road 1")
    template = starters.start(kind=kind, by=SYSTEM)
    person = CustomerFactory(name="ليلى (VIP)", first_name="ليلى", language="ar")
    made = specimens.make(template=template, customer=person, now=NOW)
    sent = message_from_string(made["source"], policy=policy.default)
    html = sent.get_body(("html",)).get_content()
    assert (sent["Subject"] is not None, made["language"]) == (True, "ar")
    assert ("List-Unsubscribe" in sent) == (kind != "confirmation") == ("/u/" in html)
    assert "/t/o/" in html and "/t/c/" in html
