"""Signing in with a second factor: turned on, asked for, recovered from, turned off; pages in both languages."""

import pytest
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value, yield_hotp_counters_from_time

from cxm.accounts.models import Role
from tests.conftest import make_user


def code(secret: str) -> str:
    _before, now, _after = sorted(yield_hotp_counters_from_time())
    return format_hotp_value(hotp_value(secret, now))


@pytest.fixture
def signed_in(client, tenant, settings):
    settings.MFA_TOTP_TOLERANCE = 1  # half a minute may end between making a code and showing it
    user = make_user(tenant, Role.OWNER)
    client.post("/accounts/login/", {"login": user.email, "password": "a long password"})
    return user


def turn_on(client) -> list[str]:
    client.post("/accounts/reauthenticate/", {"password": "a long password"})
    asked = client.get("/accounts/2fa/totp/activate/")
    client.post("/accounts/2fa/totp/activate/", {"code": code(asked.context["form"].secret)})
    return client.get("/accounts/2fa/recovery-codes/").context["unused_codes"]


def test_second_factor_is_turned_on_and_asked_for(client, signed_in):
    codes = turn_on(client)
    client.post("/accounts/logout/")
    first = client.post("/accounts/login/", {"login": signed_in.email, "password": "a long password"})
    assert (len(codes), first.url) == (10, "/accounts/2fa/authenticate/")

    page = client.get(first.url)
    wrong = client.post(first.url, {"code": "000000"})
    right = client.post(first.url, {"code": codes[0]})
    assert "Second step" in page.content.decode()
    assert (wrong.status_code, right.url) == (200, "/")
    client.post("/accounts/reauthenticate/", {"password": "a long password"})
    assert len(client.get("/accounts/2fa/recovery-codes/").context["unused_codes"]) == 9


def test_codes_may_have_the_digits_of_an_arabic_keyboard(client, signed_in):
    arabic = str.maketrans("0123456789", "٠١٢٣٤٥٦٧٨٩")
    client.post("/accounts/reauthenticate/", {"password": "a long password"})
    secret = client.get("/accounts/2fa/totp/activate/").context["form"].secret
    assert client.post("/accounts/2fa/totp/activate/", {"code": code(secret).translate(arabic)}).status_code == 302
    codes = client.get("/accounts/2fa/recovery-codes/").context["unused_codes"]
    client.post("/accounts/logout/")
    first = client.post("/accounts/login/", {"login": signed_in.email, "password": "a long password"})
    assert client.post(first.url, {"code": codes[0].translate(arabic)}).url == "/"


@pytest.mark.parametrize("language", ["en", "ar"])
def test_pages_of_the_second_factor_open(client, signed_in, language):
    client.cookies["cxm_language"] = language
    client.post("/accounts/reauthenticate/", {"password": "a long password"})
    before = [
        client.get(f"/accounts/{path}").status_code for path in ("2fa/", "2fa/totp/activate/", "password/change/")
    ]
    turn_on(client)
    paths = ["2fa/", "2fa/recovery-codes/", "2fa/recovery-codes/generate/", "2fa/totp/deactivate/",
             "reauthenticate/", "2fa/reauthenticate/", "logout/"]  # fmt: skip
    after = [client.get(f"/accounts/{path}").status_code for path in paths]

    assert (before, after) == ([200] * 3, [200] * len(paths))


def test_second_factor_is_turned_off(client, signed_in):
    turn_on(client)
    client.post("/accounts/2fa/totp/deactivate/")
    client.post("/accounts/logout/")
    again = client.post("/accounts/login/", {"login": signed_in.email, "password": "a long password"})
    assert again.url == "/"


def test_password_is_changed(client, signed_in):
    values = {"oldpassword": "a long password", "password1": "another long one", "password2": "another long one"}
    client.post("/accounts/password/change/", values)
    signed_in.refresh_from_db()
    assert signed_in.check_password("another long one")
