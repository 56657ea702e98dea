"""The letter of an invitation, also while the mail server is away."""

from datetime import UTC, datetime, timedelta

import pytest
from django.core import mail

from cxm import tenancy
from cxm.accounts.domain import letters, members
from cxm.accounts.models import Invitation, Role
from cxm.audit.actors import SYSTEM
from tests.campaigns.conftest import mailbox  # noqa: F401, a real mail server in a thread

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
SMTP = "django.core.mail.backends.smtp.EmailBackend"


@pytest.fixture
def invitation(tenant) -> Invitation:
    with tenancy.scope(tenant):
        return members.invite(email="new@shop.test", role=Role.AGENT, by=SYSTEM, by_role=Role.OWNER, now=NOW)[0]


@pytest.fixture
def away(settings):
    """A mail server that does not answer."""
    settings.EMAIL_BACKEND, settings.EMAIL_HOST, settings.EMAIL_PORT = SMTP, "127.0.0.1", 1


def _deliver(invitation: Invitation, now: datetime = NOW) -> bool:
    return letters.deliver(tenant_id=invitation.tenant_id, invitation_id=invitation.pk, now=now)


def _now(invitation: Invitation) -> tuple:
    return Invitation.objects.values_list("letter", "letter_attempts", "letter_after").get(pk=invitation.pk)


def test_a_letter_leads_to_the_invitation_and_goes_out_once(invitation):
    assert letters.waiting(now=NOW) == [(invitation.tenant_id, invitation.pk)]
    assert [_deliver(invitation), _deliver(invitation)] == [True, False]

    assert [message.to for message in mail.outbox] == [["new@shop.test"]]
    token = mail.outbox[0].body.split("/invitations/")[1].split("/")[0]
    assert members.find_invitation(token=token, now=NOW).pk == invitation.pk
    assert (_now(invitation)[0], letters.waiting(now=NOW + timedelta(days=1))) == ("sent", [])


def test_a_mail_server_that_is_away_is_tried_again_later_each_time(invitation, away, settings):
    now = NOW
    for attempt, wait in enumerate(letters.RETRY_AFTER, start=1):
        assert _deliver(invitation, now) is False
        assert _now(invitation) == ("queued", attempt, now + wait)
        assert letters.waiting(now=now + wait - timedelta(seconds=1)) == []
        now += wait
    assert letters.waiting(now=now) == [(invitation.tenant_id, invitation.pk)]

    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    assert _deliver(invitation, now)
    assert (_now(invitation)[0], Invitation.objects.get().letter_error) == ("sent", "")


def test_after_the_last_attempt_it_has_failed_until_somebody_sends_it_again(page, tenant, invitation, away, settings):
    now = NOW
    for wait in [timedelta(0), *letters.RETRY_AFTER]:
        now += wait
        _deliver(invitation, now)
    assert _now(invitation)[0] == "failed"
    Invitation.objects.update(expires_at=datetime.now(UTC) + timedelta(days=1))
    shown = page.get("/app/shop/settings/members/").text

    assert "Could not be delivered" in shown and "Connection refused" in shown
    assert page.post(f"/app/shop/settings/members/invitations/{invitation.pk}/send/").status_code == 302
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    assert _deliver(invitation, datetime.now(UTC))


@pytest.mark.parametrize(
    ("answer", "state"), [("550 5.1.1 no such mailbox", "failed"), ("451 4.3.0 not now", "queued")]
)
def test_an_address_refused_for_good_is_not_tried_again(invitation, mailbox, settings, answer, state):  # noqa: F811
    settings.EMAIL_BACKEND = SMTP
    mailbox.answers["new@shop.test"] = answer

    assert _deliver(invitation) is False
    assert (_now(invitation)[0], Invitation.objects.get().letter_error) == (state, answer)


@pytest.mark.parametrize("after", ["accepted", "expired"])
def test_nobody_gets_a_letter_that_leads_nowhere(invitation, after):
    change = {"accepted": {"accepted_at": NOW}, "expired": {"expires_at": NOW - timedelta(days=1)}}[after]
    Invitation.objects.update(**change)

    assert (_deliver(invitation), mail.outbox, letters.waiting(now=NOW)) == (False, [], [])


def test_tokens_of_others_and_of_an_older_life_lead_nowhere(tenant, other_tenant, invitation):
    token = letters.token_of(invitation)
    assert list(letters.find(token)) == [invitation]
    Invitation.objects.update(expires_at=invitation.expires_at + timedelta(days=1))

    for other in (token, token[:-1] + "A", "", "x" * 600, "é"):
        assert list(letters.find(other)) == []
