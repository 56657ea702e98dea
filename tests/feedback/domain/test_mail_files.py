from email.message import EmailMessage

import pytest

from feedback.domain import mail_files, mail_reading
from feedback.domain.mail_files import Attachment

PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 16
MEGABYTE = 1024 * 1024


def letter(body="The lamp is broken.") -> EmailMessage:
    message = EmailMessage()
    message["From"], message["To"], message["Message-ID"] = "sara@example.com", "shop@example.com", "<a1@example.com>"
    message.set_content(body)
    return message


def attach(message, name, content=b"content", kind="application/pdf", **said):
    main, _slash, sub = kind.partition("/")
    message.add_attachment(content, maintype=main, subtype=sub, filename=name, **said)


def read(message):
    mail = mail_reading.read(message if isinstance(message, bytes) else message.as_bytes())
    return mail.body, mail.attachments


def parted(*parts: bytes) -> bytes:
    """A mail of these parts, as a program writes it that knows no rules."""
    head = b"From: sara@example.com\nContent-Type: multipart/mixed; boundary=b\n\n"
    return head + b"".join(b"--b\n" + part + b"\n" for part in parts) + b"--b--\n"


def test_files_are_kept_and_no_longer_named():
    message = letter()
    attach(message, "lamp.png", PNG, "image/png")
    attach(message, "فاتورة.pdf", b"%PDF")
    assert read(message) == (
        "The lamp is broken.",
        (Attachment("lamp.png", "image/png", PNG), Attachment("فاتورة.pdf", "application/pdf", b"%PDF")),
    )


def test_what_is_too_large_is_only_named():
    message = letter("Look:\n\nOn Monday the shop wrote:\n> Which lamp?")
    attach(message, "film.mov", b"x" * (10 * MEGABYTE + 1), "video/quicktime")
    attach(message, "most.mov", b"x" * 10 * MEGABYTE, "video/quicktime")
    body, files = read(message)
    assert body == "Look:\n\n[film.mov]"
    assert [(file.name, file.content and len(file.content)) for file in files] == [
        ("film.mov", None), ("most.mov", 10 * MEGABYTE),
    ]  # fmt: skip


def test_what_is_too_much_together_is_only_named_and_smaller_ones_still_fit():
    message = letter()
    for at, size in enumerate((10, 10, 6, 5, 1)):
        attach(message, f"{at}.pdf", b"x" * size * MEGABYTE)
    body, files = read(message)
    assert body == "The lamp is broken.\n\n[2.pdf, 4.pdf]"
    assert [file.name for file in files if file.content] == ["0.pdf", "1.pdf", "3.pdf"]


def test_twenty_files_are_kept_and_twenty_more_named():
    message = letter()
    for at in range(50):
        attach(message, f"{at}.pdf")
    body, files = read(message)
    assert [file.name for file in files if file.content] == [f"{at}.pdf" for at in range(20)]
    assert body == f"The lamp is broken.\n\n[{', '.join(f'{at}.pdf' for at in range(20, 40))}]"


def test_pictures_within_the_words_are_kept():
    message = letter()
    message.add_alternative("<p>The lamp is broken.</p><img src='cid:x'>", subtype="html")
    message.get_payload()[1].add_related(PNG, "image", "png", cid="<x>")
    assert read(message) == ("The lamp is broken.", (Attachment("image.png", "image/png", PNG),))


def test_what_is_shown_within_the_mail_is_a_file_where_it_has_a_name():
    assert read(parted(
        b"Content-Type: text/plain; name=body.txt\n\nSee both.",
        b"Content-Type: application/pdf\nContent-Disposition: inline; filename=bill.pdf\n\n%PDF",
        b"Content-Type: text/csv\nContent-Disposition: inline; filename=list.csv\n\na,b",
        b"Content-Type: text/plain\n\n-- \nSent from my telephone",
        b"Content-Type: application/pgp-signature\n\nx",
        b"Content-Type: message/delivery-status\n\nAction: failed",
    )) == (
        "See both.",
        (Attachment("bill.pdf", "application/pdf", b"%PDF"), Attachment("list.csv", "text/csv", b"a,b"),
         Attachment("file", "application/pgp-signature", b"x")),
    )  # fmt: skip


def test_a_mail_that_is_only_a_picture_is_its_file():
    raw = b"From: sara@example.com\nContent-Type: image/jpeg\nContent-Transfer-Encoding: base64\n\n/9j/4A==\n"
    assert read(raw) == ("", (Attachment("image.jpeg", "image/jpeg", b"\xff\xd8\xff\xe0"),))


def test_a_forwarded_mail_is_one_file_and_its_words_are_not_the_customers():
    inner = letter("Words of another.")
    attach(inner, "inside.pdf")
    message = letter("")
    message.add_attachment(inner)
    body, (file,) = read(message)
    assert (body, file.name, file.content_type) == ("", "message.eml", "message/rfc822")
    assert mail_reading.read(file.content).body == "Words of another."


def test_a_forwarded_mail_encoded_once_more_is_only_named():
    raw = parted(
        b"Content-Type: text/plain\n\nSee.",
        b"Content-Type: message/rfc822\nContent-Transfer-Encoding: base64\n"
        b"Content-Disposition: attachment; filename=old\n\nRnJvbTogYUBiLmM=",
    )
    assert read(raw) == ("See.\n\n[old.eml]", (Attachment("old.eml", "message/rfc822", None),))


@pytest.mark.parametrize(
    ("said", "name"),
    [
        (b'"../../etc/passwd"', "passwd"),
        (b'"C:\\\\temp\\\\lamp.png"', "lamp.png"),
        (b'".."', "file"),
        (b'""', "file"),
        (b"utf-8''a%0D%0ASet-Cookie%3A%20x.pdf", "a Set-Cookie: x.pdf"),
        (b"utf-8''bill%E2%80%AEgnp.exe", "billgnp.exe"),
        (b"utf-8''a%00b.pdf", "ab.pdf"),
        (b"utf-16''%00%D8.pdf", "file"),
        (b"x" * 300 + b".jpeg", "x" * 95 + ".jpeg"),
        (b"x" * 300, "x" * 100),
        (b"none''a%FF.pdf", "a�.pdf"),
    ],
)
def test_names_are_one_safe_line(said, name):
    form = b"filename*=" if b"''" in said else b"filename="
    raw = parted(b"Content-Type: application/pdf\nContent-Disposition: attachment; " + form + said + b"\n\n%PDF")
    assert [file.name for file in read(raw)[1]] == [name]


@pytest.mark.parametrize(
    ("encoded", "content"),
    [
        (b"aGVsbG8=", b"hello"),
        (b"aGVsbG8", b"hello"),
        (b"aGV#sbG8=", b"hello"),
        (b"%%%%", None),
        (b"x", None),
        (b"", None),
    ],
)
def test_broken_base64_is_kept_as_far_as_it_can_be_read(encoded, content):
    raw = parted(
        b"Content-Type: text/plain\n\nSee.",
        b"Content-Type: application/pdf\nContent-Transfer-Encoding: base64\n"
        b"Content-Disposition: attachment; filename=a.pdf\n\n" + encoded,
    )
    assert read(raw) == ("See." if content else "See.\n\n[a.pdf]", (Attachment("a.pdf", "application/pdf", content),))


def test_ten_thousand_parts_are_read():
    part = b"Content-Type: application/pdf\nContent-Disposition: attachment; filename=a.pdf\n\n%PDF"
    assert len(read(parted(*[part] * 10_000))[1]) == mail_files.TOLD


@pytest.mark.parametrize(
    "raw",
    [
        b"".join(b"Content-Type: multipart/mixed; boundary=%d\n\n--%d\n" % (at, at) for at in range(2000)),
        b"".join(b"Content-Type: message/rfc822\n\n" for _ in range(2000)),
        b"From: " + b"(" * 5000 + b"\nContent-Type: " + b"(" * 5000 + b"\n\nx",
        b"Content-Type: text/plain; charset=idna\n\n\xff\xfe",
        b"Content-Type: text/plain; charset=utf-7\n\n+2AA-",
        b"Content-Type: text/plain; charset=undefined\n\nx",
        parted(b"Content-Disposition: attachment; filename*=x''%\nContent-Type: /;;=\n\nx"),
        parted(b"Content-Disposition: " + b"(" * 5000 + b"; filename=a\n\nx", b"Content-Type: image/\xff\n\nx"),
    ],
)
def test_hostile_mail_is_read_without_a_fault(raw):
    mail = mail_reading.read(b"Subject: x\n" + raw)
    for words in (mail.body, *(file.name for file in mail.attachments), *(f.content_type for f in mail.attachments)):
        words.encode()
        assert "\0" not in words
