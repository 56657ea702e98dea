"""Codes: how they are written and read, the pool of an offer filled by a list or by chance."""

import csv
import io
import re
import secrets
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from django.db import connection, transaction
from django.utils.translation import gettext_lazy as _

from campaigns.models import Code, Offer
from cxm.audit import domain as audit
from cxm.audit.actors import Actor
from cxm.lib.errors import Conflict, Refusal

# Neither 0 and O, nor 1, I and L: people read codes to one another.
ALPHABET = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"
LETTERS = 10  # of chance: 31 to the tenth, so that a million codes leave nothing to guess
MAX_CODE, MAX_PREFIX = 60, 12
MAX_AT_ONCE = 200_000
MAX_FILE = 8 * 1024 * 1024
PLACEHOLDER = "ABCDE-23456"  # what tests and previews show: no code of anybody
_LEFT_OUT = re.compile(r"[\s\-–—_.]+")
_HEADS = {"code", "codes", "coupon", "coupon code", "voucher", "الرمز", "رمز", "الكود", "كود", "رمز الخصم"}


class BadCodes(Refusal):
    """A list that holds no code, or too many."""

    code = "codes_invalid"
    message = _("These codes cannot be kept.")


class NoPool(Conflict):
    """The offer has one code for everybody."""

    code = "no_pool"
    message = _("This offer has one code for everybody: it needs no others.")


@dataclass
class Upload:
    """What became of a list of codes.

    Args:
        added: new in the pool.
        repeated: stood in the list before.
        known: the offer has them already.
        elsewhere: another offer has them.
        unusable: (line, what stood there), the first twenty.
    """

    added: int = 0
    repeated: int = 0
    known: int = 0
    elsewhere: int = 0
    unusable: list[tuple[int, str]] = field(default_factory=list)
    unusable_count: int = 0


@dataclass(frozen=True)
class Pool:
    """How many codes an offer has, and how many of them are still free."""

    total: int
    free: int


def fold(code: str) -> str:
    """Return a code as it is looked up: capitals, western digits, no gaps and hyphens."""
    flat = unicodedata.normalize("NFKC", code)
    plain = "".join(str(unicodedata.digit(letter)) if letter.isdigit() else letter for letter in flat)
    return _LEFT_OUT.sub("", plain).upper()


def pool(*, offer: Offer) -> Pool:
    """Return how full the pool of an offer is."""
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT count(*), count(*) FILTER (WHERE free) FROM campaigns_code
               WHERE tenant_id = %s AND offer_id = %s""",
            [offer.tenant_id, offer.pk],
        )
        return Pool(*cursor.fetchone())


@transaction.atomic
def generate(*, offer: Offer, count: int, by: Actor, prefix: str = "") -> int:
    """Put codes that nobody can guess into the pool of an offer; returns how many.

    Args:
        prefix: stands before each, as ``EID-``.

    Raises:
        NoPool: the offer has one code for all.
        BadCodes: too many at a time, or a prefix that cannot stand in a code.
    """
    _check_pooled(offer)
    if not 0 < count <= MAX_AT_ONCE:
        raise BadCodes(fields={"count": _("Between 1 and 200,000 at a time.")})
    if len(prefix) > MAX_PREFIX or (prefix and not usable(prefix)):
        raise BadCodes(fields={"prefix": _("At most 12 letters and digits.")})
    made = 0
    while made < count:  # a clash with a code that is there is improbable, not impossible
        made += _insert(offer, [prefix + _chance() for _n in range(count - made)])
    audit.record(by=by, action="offer.codes_generated", on=offer, count=count)
    return made


@transaction.atomic
def upload(*, offer: Offer, lines: Iterable[str], by: Actor) -> Upload:
    """Put the codes of a list into the pool of an offer: one a line, of a table the first column.

    Raises:
        NoPool: the offer has one code for all.
        BadCodes: no code in it, or more than can be taken at a time.
    """
    _check_pooled(offer)
    told, found = Upload(), {}
    for number, word in enumerate(lines, 1):
        if not word or (number == 1 and word.casefold() in _HEADS):
            continue
        if not usable(word):
            told.unusable_count += 1
            told.unusable += [(number, word[:40])] if len(told.unusable) < 20 else []
        elif fold(word) in found:
            told.repeated += 1
        else:
            found[fold(word)] = word
        if len(found) > MAX_AT_ONCE:
            raise BadCodes(fields={"codes": _("At most 200,000 codes at a time.")})
    if not found and not told.unusable_count:
        raise BadCodes(fields={"codes": _("There is no code in it. Write one on each line.")})
    told.known, told.elsewhere = _present(offer, list(found))
    told.added = _insert(offer, list(found.values()))
    audit.record(by=by, action="offer.codes_added", on=offer, count=told.added)
    return told


def fill(*, offer: Offer, by: Actor, codes: Sequence[str] = (), count: int | None = None, prefix: str = "") -> Upload:
    """Put codes of a list, or so many made by chance, into the pool of an offer; as ``upload`` and ``generate`` do."""
    if count is not None:
        return Upload(added=generate(offer=offer, count=count, prefix=prefix, by=by))
    return upload(offer=offer, lines=codes, by=by)


def read(data: bytes) -> list[str]:
    """Return the first cell of each line of a file or of pasted text.

    Raises:
        BadCodes: too large, or no text.
    """
    if len(data) > MAX_FILE:
        raise BadCodes(fields={"file": _("The file is larger than 8 MB.")})
    try:
        words = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        words = data.decode("cp1256", "replace")
    if "\0" in words:
        raise BadCodes(fields={"file": _("This is no text file. Save the sheet as CSV.")})
    first = words.split("\n", 1)[0]
    delimiter = max(",;\t", key=first.count)
    rows = csv.reader(io.StringIO(words.replace("\r\n", "\n").replace("\r", "\n")), delimiter=delimiter)
    try:
        return [row[0].strip() if row else "" for row in rows]
    except csv.Error as problem:
        raise BadCodes(fields={"file": _("This is no text file. Save the sheet as CSV.")}) from problem


def usable(code: str) -> bool:
    """Return whether something can be a code: one line of visible characters, with a letter or digit in it."""
    return len(code) <= MAX_CODE and code.isprintable() and 0 < len(fold(code)) <= MAX_CODE


def share(*, offer: Offer, code: str) -> None:
    """Make a code the one that an offer gives everybody.

    Raises:
        BadCodes: it cannot be one, or another offer has it.
    """
    if not usable(code):
        raise BadCodes(fields={"code": _("A code is one word of at most 60 characters.")})
    if Code.objects.filter(key=fold(code)).exclude(offer=offer).exists():
        raise BadCodes(fields={"code": _("Another offer has this code.")})
    offer.pool.exclude(key=fold(code)).delete()
    Code.objects.update_or_create(key=fold(code), defaults={"offer": offer, "code": code, "free": False})


def shared(*, offer: Offer) -> str:
    """Return the one code of an offer, or nothing."""
    if offer.codes != Offer.Codes.SINGLE or offer.pk is None:
        return ""
    return offer.pool.order_by("id").values_list("code", flat=True).first() or ""


def _chance() -> str:
    number, letters = secrets.randbelow(len(ALPHABET) ** LETTERS), ""
    for _n in range(LETTERS):
        number, rest = divmod(number, len(ALPHABET))
        letters += ALPHABET[rest]
    return f"{letters[: LETTERS // 2]}-{letters[LETTERS // 2 :]}"


def _insert(offer: Offer, words: list[str]) -> int:
    with connection.cursor() as cursor:
        cursor.execute(
            """INSERT INTO campaigns_code (tenant_id, offer_id, code, key, free)
               SELECT %s, %s, code, key, true FROM unnest(%s::text[], %s::text[]) AS told(code, key)
               ON CONFLICT DO NOTHING""",
            [offer.tenant_id, offer.pk, words, [fold(word) for word in words]],
        )
        return cursor.rowcount


def _present(offer: Offer, keys: list[str]) -> tuple[int, int]:
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT count(*) FILTER (WHERE offer_id = %s), count(*) FILTER (WHERE offer_id <> %s)
               FROM campaigns_code WHERE tenant_id = %s AND key = ANY(%s::text[])""",
            [offer.pk, offer.pk, offer.tenant_id, keys],
        )
        return cursor.fetchone()


def _check_pooled(offer: Offer) -> None:
    if offer.codes != Offer.Codes.UNIQUE:
        raise NoPool
