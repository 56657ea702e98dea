"""The inventory of channels: what each is for, what goes over it, and a warning where one is alone or forgotten."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.core.cache import cache
from django.db import IntegrityError, connection, transaction
from django.utils.functional import Promise
from django.utils.translation import gettext as __
from django.utils.translation import gettext_lazy as _

from cxm import tenancy
from cxm.audit import domain as audit
from cxm.audit.actors import Actor
from cxm.lib import sql, text
from cxm.lib.errors import NotFound, Refusal
from journeys.models import Channel

DAYS = 30
MOST, LEAST = 0.7, 0.02  # shares of all contacts above and below which a channel is worth a word
ENOUGH = 50  # contacts below which shares say nothing
CACHE_SECONDS = 600  # the count reads every event of the period
# Known kinds: key → (name, icon). A tenant may add others.
KINDS: dict[str, tuple[Promise, str]] = {
    "web": (_("Website"), "world"), "app": (_("App"), "device-mobile"), "email": (_("Email"), "mail"),
    "sms": (_("SMS"), "message"), "push": (_("Push"), "bell"), "chat": (_("Chat"), "messages"),
    "social": (_("Social media"), "brand-instagram"), "phone": (_("Telephone"), "phone"),
    "store": (_("Shop"), "building-store"), "post": (_("Post"), "mailbox"),
}  # fmt: skip


class ChannelNotFound(NotFound):
    message = _("There is no such channel.")


class ChannelRefused(Refusal):
    code = "channel_invalid"
    message = _("This channel cannot be kept like this.")


@dataclass(frozen=True)
class Volume:
    """What went over a channel in the period: contacts, the people they were with, and the share of all contacts."""

    key: str
    contacts: int
    people: int
    share: float


@dataclass(frozen=True)
class Standing:
    """The inventory with its volumes, and what is worth a word.

    Args:
        rows: (channel, its volume), in the order of the inventory.
        unlisted: volumes of channels that are not in the inventory.
        unnamed: contacts of which no channel is known.
        total: contacts over channels that are known.
        alone: the volume of a channel that carries nearly everything.
        neglected: channels of the inventory over which next to nothing goes.
    """

    rows: list[tuple[Channel, Volume]]
    unlisted: list[Volume]
    unnamed: int
    total: int
    alone: tuple[str, Volume] | None
    neglected: list[tuple[Channel, Volume]]


def get(channel_id: int) -> Channel:
    """Return the channel, or refuse with 404."""
    found = Channel.objects.filter(pk=channel_id).first()
    if found is None:
        raise ChannelNotFound
    return found


def listed() -> list[Channel]:
    """Return the inventory."""
    return list(Channel.objects.all())


def name_of(key: str, known: dict[str, str]) -> str:
    """Return what people call a channel: as the inventory has it, else as it is usually called."""
    return known.get(key) or (str(KINDS[key][0]) if key in KINDS else key)


def create(*, name: str, key: str, by: Actor, goal: str = "", owner: str = "") -> Channel:
    """Add a channel to the inventory.

    Args:
        key: the word that its events on the timeline carry; made of the name when empty.

    Raises:
        ChannelRefused: with the fields that are wrong; also when the channel is there already.
    """
    cleaned = _clean(name=name, goal=goal, owner=owner)
    line = text.clean_line(key).lower() or text.slug(name, length=20) or "other"
    if len(line) > 20:
        raise ChannelRefused(fields={"key": __("This is too long: at most %(most)s characters.") % {"most": 20}})
    try:
        with transaction.atomic():
            made = Channel.objects.create(key=line, **cleaned)
    except IntegrityError as error:
        raise ChannelRefused(fields={"key": __("This channel is in the inventory already.")}) from error
    audit.record(by=by, action="channel.created", on=made)
    return made


def begin(*, by: Actor, now: datetime) -> list[Channel]:
    """Fill an empty inventory with the channels that the timeline knows, those used most first."""
    if Channel.objects.exists():
        return []
    used = [found.key for found in sorted(volumes(now=now), key=lambda found: -found.contacts) if found.key]
    keys = used or ["web", "email", "phone"]
    return [create(name=name_of(key, {})[:60], key=key, by=by) for key in keys[:20]]


def change(*, channel: Channel, by: Actor, **fields: str) -> Channel:
    """Change name, goal or owner. The key stays: maps and events name it.

    Raises:
        ChannelRefused: with the fields that are wrong.
    """
    for name, value in _clean(**fields).items():
        setattr(channel, name, value)
    channel.save()
    audit.record(by=by, action="channel.changed", on=channel, fields=sorted(fields))
    return channel


def delete(*, channel: Channel, by: Actor) -> None:
    """Take a channel out of the inventory; what maps and the timeline say of it stays."""
    audit.record(by=by, action="channel.deleted", on=channel)
    channel.delete()


def volumes(*, now: datetime) -> list[Volume]:
    """Return what went over each channel in the last 30 days, looked up at most every ten minutes."""
    tenant_id = tenancy.current_id()
    key = f"channel-volumes:{tenant_id}:{now.date()}"
    found = cache.get(key)
    if found is None:
        with connection.cursor() as cursor:
            cursor.execute(
                sql.load("journeys.domain", "queries/channels.sql")["volumes"],
                {"tenant": tenant_id, "since": now - timedelta(days=DAYS), "until": now},
            )
            found = cursor.fetchall()
        cache.set(key, found, CACHE_SECONDS)
    total = sum(contacts for channel, contacts, _people in found if channel)
    return [Volume(channel, contacts, people, contacts / total if channel and total else 0.0)
            for channel, contacts, people in found]  # fmt: skip


def standing(*, now: datetime) -> Standing:
    """Return the inventory beside what really went over each channel, with the warnings."""
    measured = {found.key: found for found in volumes(now=now)}
    unnamed = measured.pop("", Volume("", 0, 0, 0.0)).contacts
    total = sum(found.contacts for found in measured.values())
    inventory = listed()
    rows = [(channel, measured.get(channel.key, Volume(channel.key, 0, 0, 0.0))) for channel in inventory]
    listed_keys = {channel.key for channel in inventory}
    names = {channel.key: channel.name for channel in inventory}
    enough = total >= ENOUGH
    first = max(measured.values(), key=lambda found: found.contacts, default=None)
    return Standing(
        rows=rows,
        unlisted=sorted((found for found in measured.values() if found.key not in listed_keys),
                        key=lambda found: -found.contacts),
        unnamed=unnamed,
        total=total,
        alone=(name_of(first.key, names), first) if enough and first and first.share >= MOST else None,
        neglected=[(channel, found) for channel, found in rows if enough and found.share < LEAST],
    )  # fmt: skip


def _clean(**said: str) -> dict[str, str]:
    longest, wrong = {"name": 60, "goal": 300, "owner": 120}, {}
    cleaned = {name: text.clean_line(value) for name, value in said.items()}
    if not cleaned.get("name", "x"):
        wrong["name"] = __("Give it a name.")
    for name, value in cleaned.items():
        if len(value) > longest[name]:
            wrong[name] = __("This is too long: at most %(most)s characters.") % {"most": longest[name]}
    if wrong:
        raise ChannelRefused(fields=wrong)
    return cleaned
