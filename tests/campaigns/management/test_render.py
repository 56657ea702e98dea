"""The render command: JSON alone on standard output."""

import json
from email import message_from_string, policy

import pytest
from django.core.management import CommandError, call_command

from cxm import tenancy
from tests.campaigns.factories import SenderFactory, VersionFactory
from tests.factories import CustomerFactory


def test_the_message_as_it_would_be_sent(tenant, capsys):
    with tenancy.scope(tenant):
        SenderFactory(name="Shop", email="hello@shop.example", is_default=True)
        template = VersionFactory(template__name="Spring").template
        person = CustomerFactory(name="Layla Haddad", first_name="Layla", external_id="x-7", email="layla@example.com")
    for named in ((str(template.pk), str(person.pk)), ("Spring", "x-7"), ("Spring", "x-7", "--tenant", "shop")):
        call_command("render", *named)
        said = capsys.readouterr()
        found = json.loads(said.out)
        assert said.err == ""
        assert (found["subject"], found["to"], found["language"]) == ("Hello Layla", "layla@example.com", "en")
        assert "https://shop.example/sale" in found["text"]
        sent = message_from_string(found["source"], policy=policy.default)
        assert (sent["Subject"], sent["From"]) == ("Hello Layla", "Shop <hello@shop.example>")
        assert sent["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"


def test_nothing_is_rendered_across_tenants(tenant, other_tenant, capsys):
    with tenancy.scope(tenant):
        template = VersionFactory().template
    with tenancy.scope(other_tenant):
        person = CustomerFactory()
        for owner in (tenant, other_tenant):
            with tenancy.scope(owner):
                VersionFactory(template__name="Both")
    for named in ((str(template.pk), str(person.pk)), ("no such", "1"), ("999999999", "1"), ("Both", "1")):
        with pytest.raises(CommandError):
            call_command("render", *named)
    assert capsys.readouterr().out == ""
