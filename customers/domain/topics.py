"""Subjects people can choose to hear about."""

from django.db import IntegrityError, transaction
from django.db.models import Max
from django.utils.translation import gettext as __
from django.utils.translation import gettext_lazy as _

from customers.models import Consent, ConsentEntry, Topic
from cxm.audit import domain as audit
from cxm.audit.actors import Actor
from cxm.lib import text
from cxm.lib.errors import Conflict, NotFound, Refusal

_TEXTS = {"name": 100, "name_ar": 100, "description": 300, "description_ar": 300}


class TopicRefused(Refusal):
    code = "invalid_topic"
    message = _("This topic cannot be kept as it is.")


class TopicNotFound(NotFound):
    message = _("There is no such topic.")


class TopicInUse(Conflict):
    message = _("People have answered to this topic. Hide it from the preference centre instead.")


def get(topic_id: int) -> Topic:
    """Return the topic, or refuse with 404."""
    found = Topic.objects.filter(pk=topic_id).first()
    if found is None:
        raise TopicNotFound
    return found


def all_topics() -> list[Topic]:
    """Return all topics in their order."""
    return list(Topic.objects.all())


def create(*, name: str, by: Actor, slug: str = "", public: bool = True, **texts: str) -> Topic:
    """Add a subject; its slug, used in rules and calls, follows from the name where none is given.

    Raises:
        TopicRefused: no name, or a slug that is taken.
    """
    cleaned = _clean(name=name, **texts)
    slug = text.slug(slug or name)
    if not slug:
        raise TopicRefused(fields={"slug": __("Use small letters, digits and hyphens.")})
    last = Topic.objects.aggregate(last=Max("position"))["last"]
    try:
        with transaction.atomic():
            found = Topic.objects.create(slug=slug, public=public, position=0 if last is None else last + 1, **cleaned)
    except IntegrityError as error:
        raise TopicRefused(fields={"slug": __("Taken.")}) from error
    audit.record(by=by, action="topic.created", on=found, slug=slug)
    return found


def change(*, topic: Topic, by: Actor, name: str, public: bool, **texts: str) -> Topic:
    """Change the words of a subject, or whether the preference centre shows it; its slug stays."""
    for field, value in _clean(name=name, **texts).items():
        setattr(topic, field, value)
    topic.public = public
    topic.save()
    audit.record(by=by, action="topic.changed", on=topic)
    return topic


def delete(*, topic: Topic, by: Actor) -> None:
    """Remove a subject nobody has answered to.

    Raises:
        TopicInUse: the ledger of consent names it, and the ledger is never cut.
    """
    said = ConsentEntry.objects.filter(topic=topic.slug).exists() or Consent.objects.filter(topic=topic.slug).exists()
    if said:
        raise TopicInUse
    audit.record(by=by, action="topic.deleted", on=topic)
    topic.delete()


def _clean(**texts: str) -> dict[str, str]:
    cleaned = {field: text.clean_line(value or "")[: _TEXTS[field]] for field, value in texts.items()}
    if not cleaned["name"]:
        raise TopicRefused(fields={"name": __("Say what people should read.")})
    return cleaned
