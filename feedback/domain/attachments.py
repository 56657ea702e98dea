"""Files of customers' mails: kept with the message, handed on with the mail, shown only where they are pictures."""

from collections.abc import Sequence

from django.db.models import Prefetch
from django.utils.translation import gettext_lazy as _

from cxm.lib.errors import NotFound
from feedback.domain.mail_files import Attachment
from feedback.models import Case, CaseAttachment, CaseMessage, InboundMail

ANYTHING = "application/octet-stream"
_BEGINNINGS = {
    b"GIF87a": "image/gif",
    b"GIF89a": "image/gif",
    b"\xff\xd8\xff": "image/jpeg",
    b"\x89PNG\r\n\x1a\n": "image/png",
}


class UnknownFile(NotFound):
    message = _("There is no such file.")


def keep(*, files: Sequence[Attachment], message: CaseMessage | None = None, mail: InboundMail | None = None) -> None:
    """Keep the files that have content, with a message or with a mail that has no case yet."""
    kept = [file for file in files if file.content is not None]
    rows = [
        CaseAttachment(
            message=message, mail=mail, position=position, name=file.name, content_type=_true_type(file),
            size=len(file.content), content=file.content,
        )
        for position, file in enumerate(kept)
    ]  # fmt: skip
    # One statement each: bytes are twice as long in SQL, and a whole mail of them would be held several times over.
    CaseAttachment.objects.bulk_create(rows, batch_size=1)


def hand_on(*, mail: InboundMail, to: CaseMessage | None) -> None:
    """Let the files of a mail go to the message it became; where it became none, they are dropped."""
    theirs = CaseAttachment.objects.filter(mail=mail)
    if to is None:
        theirs.delete()
    else:
        theirs.update(message=to, mail=None)


def listed() -> Prefetch:
    """Return what brings the files, without their content, to messages or mails in one query."""
    return Prefetch("attachments", CaseAttachment.objects.order_by("position"))


def get(*, case: Case, file_id: int) -> CaseAttachment:
    """Return a file of a case with its content, or refuse with 404."""
    found = CaseAttachment.objects.defer(None).filter(pk=file_id, message__case=case).first()
    if found is None:
        raise UnknownFile
    return found


def shown_as(file: CaseAttachment) -> str:
    """Return the type under which a browser may show a file; empty for all but pictures that are what they say."""
    return file.content_type if file.is_picture and _picture(file.content) == file.content_type else ""


def _true_type(file: Attachment) -> str:
    """What a file says it is; pictures are believed only by their first bytes, also where they are called anything."""
    said = file.content_type
    if said != ANYTHING and not said.startswith("image/"):
        return said
    return _picture(file.content) or (ANYTHING if said in CaseAttachment.PICTURES else said)


def _picture(content: bytes | memoryview) -> str:
    head = bytes(content[:12])
    if head[:4] == b"RIFF" and head[8:] == b"WEBP":
        return "image/webp"
    return next((kind for beginning, kind in _BEGINNINGS.items() if head.startswith(beginning)), "")
