import pytest
from hypothesis import given
from hypothesis import strategies as st

from cxm.lib import secrets


@given(st.text(max_size=50))
def test_what_is_encrypted_is_decrypted(plain):
    stored = secrets.encrypt(plain)

    assert secrets.decrypt(stored) == plain
    assert stored.isascii()
    assert stored != secrets.encrypt(plain)


def test_secrets_survive_a_change_of_the_key(settings):
    stored, old = secrets.encrypt("smtp password"), settings.SECRET_KEY

    settings.SECRET_KEY = "another secret key of the installation"
    settings.SECRET_KEY_FALLBACKS = []
    with pytest.raises(secrets.Undecryptable):
        secrets.decrypt(stored)

    settings.SECRET_KEY_FALLBACKS = [old]
    assert secrets.decrypt(stored) == "smtp password"
    renewed = secrets.reencrypt(stored)
    settings.SECRET_KEY_FALLBACKS = []
    assert secrets.decrypt(renewed) == "smtp password"


@pytest.mark.parametrize("stored", ["", "rubbish", "é", "gAAAAA=="])
def test_what_was_changed_is_refused(stored):
    with pytest.raises(secrets.Undecryptable):
        secrets.decrypt(stored)


def test_tokens():
    token = secrets.new_token("cxm_")

    assert token.startswith("cxm_") and len(token) == 47
    assert token != secrets.new_token("cxm_")
    assert secrets.hash_token("abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    assert secrets.same("سر", "سر") is True
    assert secrets.same("سر", "x") is False
