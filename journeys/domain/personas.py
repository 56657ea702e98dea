"""Personas: whom maps are drawn for."""

from django.db import transaction
from django.db.models import Count, ProtectedError, Q, QuerySet
from django.utils.translation import gettext as __
from django.utils.translation import gettext_lazy as _

from customers.models import Segment
from cxm.audit import domain as audit
from cxm.audit.actors import Actor
from cxm.lib import text
from cxm.lib.errors import Conflict, NotFound, Refusal
from journeys.models import Persona

# Each a question to the business; the answers are the persona.
QUESTIONS = {
    "problems": _("Which problems do we solve for them?"),
    "beneficiaries": _("Who gains from what we do?"),
    "interests": _("What else are they interested in?"),
    "life": _("How do they live?"),
}
_LONGEST = {"summary": 300} | dict.fromkeys(QUESTIONS, 2000)


class PersonaNotFound(NotFound):
    message = _("There is no such persona.")


class PersonaRefused(Refusal):
    code = "persona_invalid"
    message = _("This persona cannot be kept like this.")


class PersonaInUse(Conflict):
    code = "persona_in_use"
    message = _("Maps are drawn for this persona. Give them another one first.")


def get(persona_id: int) -> Persona:
    """Return the persona, or refuse with 404."""
    found = Persona.objects.select_related("segment").filter(pk=persona_id).first()
    if found is None:
        raise PersonaNotFound
    return found


def listed(*, search: str = "") -> QuerySet[Persona]:
    """Return personas by name, each with ``map_count``: the maps in use that are drawn for it."""
    found = Persona.objects.select_related("segment").annotate(
        map_count=Count("maps", filter=Q(maps__archived_at=None))
    )
    return (found.filter(name__icontains=search) if search else found).order_by("name", "id")


def create(*, name: str, by: Actor, segment: Segment | None = None, **answers: str) -> Persona:
    """Describe a persona.

    Args:
        answers: ``summary`` and answers to QUESTIONS.

    Raises:
        PersonaRefused: with the fields that are wrong.
    """
    made = Persona(segment=segment, **_clean(name=name, **answers))
    made.save()
    audit.record(by=by, action="persona.created", on=made)
    return made


def change(*, persona: Persona, by: Actor, **fields: object) -> Persona:
    """Change what is handed in: name, summary, answers, segment.

    Raises:
        PersonaRefused: with the fields that are wrong.
    """
    said = {name: value for name, value in fields.items() if name != "segment"}
    for name, value in _clean(**said).items():
        setattr(persona, name, value)
    if "segment" in fields:
        persona.segment = fields["segment"]
    persona.save()
    audit.record(by=by, action="persona.changed", on=persona, fields=sorted(fields))
    return persona


@transaction.atomic
def delete(*, persona: Persona, by: Actor) -> None:
    """Remove a persona for whom no map is drawn.

    Raises:
        PersonaInUse: some is.
    """
    audit.record(by=by, action="persona.deleted", on=persona)
    try:
        persona.delete()
    except ProtectedError as error:
        raise PersonaInUse from error


def _clean(**said: str) -> dict[str, str]:
    wrong, cleaned = {}, {}
    for name, value in said.items():
        if name == "name":
            cleaned[name] = text.clean_line(value)
            if not 1 <= len(cleaned[name]) <= 120:
                wrong[name] = __("Give it a name of at most 120 characters.")
            continue
        cleaned[name] = value.replace("\0", "").strip()
        if len(cleaned[name]) > _LONGEST[name]:
            wrong[name] = __("This is too long: at most %(most)s characters.") % {"most": _LONGEST[name]}
    if wrong:
        raise PersonaRefused(fields=wrong)
    return cleaned
