"""The local inbox in the browser."""

from email.message import EmailMessage

import pytest

from cxm.local import inbox


@pytest.fixture
def message_id(settings, tmp_path) -> str:
    settings.CXM_HOME = tmp_path
    (tmp_path / "inbox").mkdir()
    message = EmailMessage()
    message["Subject"], message["From"], message["To"] = "عرض <b>", "Shop <shop@example.com>", "nour@example.com"
    message.set_content("Plain words")
    message.add_alternative(
        '<p>Hello <a href="https://example.com/c">click</a><script>alert(1)</script></p>', subtype="html"
    )
    return inbox.store(
        tmp_path / "inbox", sender="s@example.com", recipients=["nour@example.com"], content=bytes(message)
    )


def test_messages_are_listed_and_shown(page, message_id):
    listed = page.get("/inbox/").content.decode()
    shown = page.get(f"/inbox/{message_id}/")

    assert ("عرض &lt;b&gt;" in listed, "nour@example.com" in listed) == (True, True)
    assert shown.context["links"] == [{"href": "https://example.com/c", "text": "click"}]
    assert "Plain words" in shown.content.decode()


def test_the_body_is_caged(page, message_id):
    answer = page.get(f"/inbox/{message_id}/body/")
    assert answer.headers["Content-Security-Policy"].startswith("sandbox allow-popups")
    assert "script-src" not in answer.headers["Content-Security-Policy"]


def test_only_laptops_have_an_inbox(page, message_id, settings, client):
    settings.LAPTOP = False
    assert [page.get(path).status_code for path in ("/inbox/", f"/inbox/{message_id}/")] == [404, 404]


def test_the_inbox_needs_a_sign_in(client, db):
    assert client.get("/inbox/").status_code == 302
    assert client.get("/inbox/../../etc/passwd/").status_code in {302, 404}
