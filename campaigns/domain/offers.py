"""Offers: drafted, active, ended; given, redeemed, and the one that fits a person best."""

from datetime import datetime
from decimal import Decimal, InvalidOperation

from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils.translation import gettext as __
from django.utils.translation import gettext_lazy as _

from campaigns.domain import codes, issues
from campaigns.domain.fitting import fitting
from campaigns.domain.issues import NoCode, NotOffered, is_on, issue, issue_many
from campaigns.domain.redemptions import NotRedeemable, UnknownCode, redeem
from campaigns.models import Campaign, Code, Offer, SendUnit
from customers.models import Segment
from cxm.audit import domain as audit
from cxm.audit.actors import Actor
from cxm.lib import text
from cxm.lib.errors import Conflict, NotFound, Refusal

State, Kind, Codes = Offer.State, Offer.Kind, Offer.Codes
MAX_NAME = 120
MOST = Decimal("1e9")
FIELDS = ("name", "title", "title_ar", "kind", "value", "codes", "segment", "starts_at", "ends_at", "valid_days",
          "minimum", "limit", "limit_each", "cost")  # fmt: skip
# What a code that was given already promises: it stays as it was once the offer is active.
PROMISED = frozenset({"kind", "value", "codes", "minimum"})


class UnknownOffer(NotFound):
    message = _("There is no such offer.")


class BadOffer(Refusal):
    """A field of an offer that cannot be kept."""

    code = "offer_invalid"
    message = _("The offer cannot be saved like this.")


class WrongState(Conflict):
    """The offer is past the point where this could be done."""

    code = "wrong_state"


def get(*, offer_id: int) -> Offer:
    """Return an offer of the tenant in scope.

    Raises:
        UnknownOffer: there is none, or it is somebody else's.
    """
    found = Offer.objects.select_related("segment").filter(pk=offer_id).first()
    if found is None:
        raise UnknownOffer
    return found


def listed(*, state: str = "", search: str = "") -> QuerySet[Offer]:
    """Return offers, newest first.

    Args:
        state: in this state only.
        search: part of a name, or a code as a whole.
    """
    found = Offer.objects.select_related("segment").order_by("-created_at", "-pk")
    if state in State.values:
        found = found.filter(state=state)
    if search:
        has_code = Exists(Code.objects.filter(offer=OuterRef("pk"), key=codes.fold(search)[:60]))
        found = found.filter(Q(name__icontains=search[:MAX_NAME]) | has_code)
    return found


def usable(*, now: datetime) -> QuerySet[Offer]:
    """Return the offers that can be given now, by name."""
    begun, going_on = Q(starts_at=None) | Q(starts_at__lte=now), Q(ends_at=None) | Q(ends_at__gt=now)
    return Offer.objects.filter(begun, going_on, state=State.ACTIVE).order_by("name", "pk")


@transaction.atomic
def create(*, name: str, by: Actor, code: str = "", **fields: object) -> Offer:
    """Draft an offer.

    Args:
        code: the one that all share, where ``codes`` is ``single``.
        fields: any of FIELDS.

    Raises:
        BadOffer: a field that cannot be kept, or an unknown one.
        codes.BadCodes: the shared code cannot be one, or belongs to another offer.
    """
    offer = Offer(created_by=by.label[:254])
    _set(offer, {"name": name, **fields})
    offer.save()
    _share(offer, code)
    audit.record(by=by, action="offer.created", on=offer)
    return offer


def draft(**fields: object) -> Offer:
    """Return an offer that is not stored, for showing what customers will read of it.

    Raises:
        BadOffer: a field that could not be kept.
    """
    offer = Offer()
    _set(offer, {name: value for name, value in fields.items() if name in FIELDS})
    return offer


@transaction.atomic
def change(*, offer: Offer, by: Actor, code: str = "", **fields: object) -> Offer:
    """Change an offer. Once it is active, what its codes promise stays: kind, value, minimum and the kind of codes.

    Raises: as ``create``, and
        WrongState: it has ended, or the change would break a promise.
    """
    offer = _locked(offer, State.DRAFT, State.ACTIVE)
    before = {name: getattr(offer, name) for name in fields if name in FIELDS}
    shared = codes.shared(offer=offer)
    _set(offer, fields)
    changed = {name: str(old) for name, old in before.items() if getattr(offer, name) != old}
    if offer.state == State.ACTIVE and (PROMISED & set(changed) or (code and codes.fold(code) != codes.fold(shared))):
        raise WrongState(
            _("The offer is active: its kind, value, minimum and code are promised. End it and make another.")
        )
    offer.save()
    if offer.state == State.DRAFT:
        _share(offer, code or shared)
    audit.record(by=by, action="offer.changed", on=offer, before=changed)
    return offer


@transaction.atomic
def activate(*, offer: Offer, by: Actor, now: datetime) -> Offer:
    """Let an offer be given and redeemed.

    Raises:
        WrongState: it is no draft.
        BadOffer: it has no code yet, or its end lies behind us.
    """
    offer = _locked(offer, State.DRAFT)
    if offer.ends_at and offer.ends_at <= now:
        raise BadOffer(fields={"ends_at": __("This lies in the past.")})
    if not offer.pool.exists():
        raise BadOffer(__("The offer has no code yet: add codes to its pool, then activate it."))
    offer.state = State.ACTIVE
    offer.save(update_fields=["state", "updated_at"])
    audit.record(by=by, action="offer.activated", on=offer)
    return offer


@transaction.atomic
def end(*, offer: Offer, by: Actor, now: datetime) -> Offer:
    """Give an offer to nobody any more, and redeem its codes no more.

    Raises:
        WrongState: it is not active.
    """
    offer = _locked(offer, State.ACTIVE)
    offer.state, offer.ended_at = State.ENDED, now
    offer.save(update_fields=["state", "ended_at", "updated_at"])
    audit.record(by=by, action="offer.ended", on=offer)
    return offer


@transaction.atomic
def delete(*, offer: Offer, by: Actor) -> None:
    """Throw a draft away.

    Raises:
        WrongState: it was active, or something is to be sent with it.
    """
    offer = _locked(offer, State.DRAFT)
    if Campaign.objects.filter(offer=offer).exists() or SendUnit.objects.filter(offer=offer).exists():
        raise WrongState(_("A campaign uses this offer: choose another there first."))
    audit.record(by=by, action="offer.deleted", on=offer)
    offer.delete()


def _set(offer: Offer, fields: dict[str, object]) -> None:
    """Set fields and refuse what cannot be kept, all at once."""
    wrong: dict[str, str] = {name: __("There is no such field.") for name in fields if name not in FIELDS}
    for name in FIELDS:
        if name in fields:
            try:
                setattr(offer, name, _clean(name, fields[name]))
            except ValueError as problem:
                wrong[name] = str(problem)
    if not wrong:
        wrong = _across(offer)
    if wrong:
        raise BadOffer(fields=wrong)


def _clean(name: str, value: object) -> object:
    if name in {"name", "title", "title_ar"}:
        return _line(str(value or ""), needed=name == "name")
    if name in {"value", "minimum", "cost"}:
        return _amount(value, needed=name == "value")
    if name in {"valid_days", "limit", "limit_each"}:
        days = _whole(value)
        if name == "valid_days" and days and days > issues.MOST_DAYS:
            raise ValueError(__("Between 1 and 36,500 days."))
        return days
    if name in {"kind", "codes"}:
        choices = Kind.values if name == "kind" else Codes.values
        if value not in choices:
            raise ValueError(__("Choose one of: %(choices)s.") % {"choices": ", ".join(choices)})
    if name == "segment" and not (value is None or isinstance(value, Segment)):
        raise ValueError(__("There is no such segment."))
    return value


def _across(offer: Offer) -> dict[str, str]:
    """Return what is wrong between fields."""
    if offer.kind == Kind.PERCENT and not 0 < offer.value <= 100:
        return {"value": __("A discount lies between 0 and 100 percent.")}
    if offer.kind in {Kind.AMOUNT, Kind.VOUCHER} and offer.value <= 0:
        return {"value": __("Say how much it is worth.")}
    if offer.kind == Kind.OTHER and not (offer.title or offer.title_ar):
        return {"title": __("Say in words what people get.")}
    if offer.starts_at and offer.ends_at and offer.ends_at <= offer.starts_at:
        return {"ends_at": __("The end lies before the start.")}
    return {}


def _line(value: str, *, needed: bool) -> str:
    cleaned = text.clean_line(value)
    if text.has_header_break(value):
        raise ValueError(__("This must be one line."))
    if needed and not cleaned:
        raise ValueError(__("Give it a name."))
    if len(cleaned) > MAX_NAME:
        raise ValueError(__("At most 120 characters."))
    return cleaned


def _amount(value: object, *, needed: bool) -> Decimal | None:
    if value in (None, ""):
        return Decimal(0) if needed else None
    try:
        amount = Decimal(str(value))
    except InvalidOperation as problem:
        raise ValueError(__("This is not a number.")) from problem
    if not amount.is_finite() or not 0 <= amount <= MOST:
        raise ValueError(__("This amount is too large, or below nothing."))
    return amount.quantize(Decimal("0.01"))


def _whole(value: object) -> int | None:
    if value in (None, ""):
        return None
    if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= 1_000_000_000:
        raise ValueError(__("A whole number from 1 on, or nothing."))
    return value


def _share(offer: Offer, code: str) -> None:
    """Keep the pool in step with the kind of codes a draft has."""
    if offer.codes == Codes.SINGLE:
        if not code:
            raise BadOffer(fields={"code": __("Write the code that everybody gets.")})
        codes.share(offer=offer, code=code.strip())
    else:
        offer.pool.filter(free=False).delete()


def _locked(offer: Offer, *allowed: str) -> Offer:
    found = Offer.objects.select_for_update(no_key=True, of=("self",)).select_related("segment").get(pk=offer.pk)
    if found.state not in allowed:
        raise WrongState(_("This cannot be done: the offer is “%(state)s”.") % {"state": found.get_state_display()})
    return found


__all__ = ["BadOffer", "NoCode", "NotOffered", "NotRedeemable", "UnknownCode", "UnknownOffer", "WrongState", "activate",
           "change", "create", "delete", "end", "fitting", "get", "is_on", "issue", "issue_many", "listed", "redeem",
           "usable"]  # fmt: skip
