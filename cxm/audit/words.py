"""What people read for the actions of the audit log: ``campaign.launched`` is “Campaign launched”.

An action is a noun and a verb, and so are its words. Arabic names the deed (a verbal noun) before what it is done to,
so any verb fits any noun whatever its gender; the few that do not are written as a whole.
"""

from django.utils.translation import gettext as __
from django.utils.translation import pgettext_lazy

_NOUNS = {
    "api_key": pgettext_lazy("audit log", "API key"),
    "article": pgettext_lazy("audit log", "Article"),
    "asking_rule": pgettext_lazy("audit log", "Limit of surveys"),
    "assumption": pgettext_lazy("audit log", "Assumptions"),
    "assumptions": pgettext_lazy("audit log", "Assumptions"),
    "attribute": pgettext_lazy("audit log", "Attribute"),
    "automation": pgettext_lazy("audit log", "Automation"),
    "brand": pgettext_lazy("audit log", "Brand"),
    "calendar": pgettext_lazy("audit log", "Calendar"),
    "call": pgettext_lazy("audit log", "Call"),
    "call_queue": pgettext_lazy("audit log", "Call queue"),
    "campaign": pgettext_lazy("audit log", "Campaign"),
    "canned_answer": pgettext_lazy("audit log", "Canned answer"),
    "case": pgettext_lazy("audit log", "Case"),
    "case_type": pgettext_lazy("audit log", "Case type"),
    "channel": pgettext_lazy("audit log", "Channel"),
    "cohorts": pgettext_lazy("audit log", "Retention table"),
    "company": pgettext_lazy("audit log", "Company"),
    "customer": pgettext_lazy("audit log", "Customer"),
    "customers": pgettext_lazy("audit log", "Customers"),
    "dashboard": pgettext_lazy("audit log", "Dashboard"),
    "desk": pgettext_lazy("audit log", "Desk of cases"),
    "desk_settings": pgettext_lazy("audit log", "Settings of cases"),
    "import": pgettext_lazy("audit log", "Import"),
    "inbound_mail": pgettext_lazy("audit log", "Mail without a case"),
    "interaction": pgettext_lazy("audit log", "Contact"),
    "kpi": pgettext_lazy("audit log", "Figure"),
    "kpis": pgettext_lazy("audit log", "Figures"),
    "map": pgettext_lazy("audit log", "Journey map"),
    "map_comment": pgettext_lazy("audit log", "Comment on a map"),
    "member": pgettext_lazy("audit log", "Member"),
    "message": pgettext_lazy("audit log", "Message"),
    "offer": pgettext_lazy("audit log", "Offer"),
    "outlook": pgettext_lazy("audit log", "List of those at risk"),
    "persona": pgettext_lazy("audit log", "Persona"),
    "points": pgettext_lazy("audit log", "Points"),
    "points_rule": pgettext_lazy("audit log", "Points rule"),
    "priority_rule": pgettext_lazy("audit log", "Priority rule"),
    "queue": pgettext_lazy("audit log", "Queue"),
    "score_rule": pgettext_lazy("audit log", "Score rule"),
    "segment": pgettext_lazy("audit log", "Segment"),
    "sender": pgettext_lazy("audit log", "Sender"),
    "suppression": pgettext_lazy("audit log", "Blocked address"),
    "survey": pgettext_lazy("audit log", "Survey"),
    "tag": pgettext_lazy("audit log", "Tag"),
    "target": pgettext_lazy("audit log", "Target"),
    "target_rule": pgettext_lazy("audit log", "Target time rule"),
    "template": pgettext_lazy("audit log", "Template"),
    "tenant": pgettext_lazy("audit log", "Business"),
    "todo": pgettext_lazy("audit log", "To-do"),
    "topic": pgettext_lazy("audit log", "Topic"),
    "user": pgettext_lazy("audit log", "User"),
    "view": pgettext_lazy("audit log", "Saved view"),
}

_VERBS = {
    "activated": pgettext_lazy("audit log", "activated"),
    "added": pgettext_lazy("audit log", "added"),
    "applied": pgettext_lazy("audit log", "applied"),
    "archived": pgettext_lazy("audit log", "archived"),
    "assigned": pgettext_lazy("audit log", "assigned"),
    "begun": pgettext_lazy("audit log", "set up"),
    "cancelled": pgettext_lazy("audit log", "cancelled"),
    "changed": pgettext_lazy("audit log", "changed"),
    "closed": pgettext_lazy("audit log", "closed"),
    "codes_added": pgettext_lazy("audit log", "given codes"),
    "codes_exported": pgettext_lazy("audit log", "codes exported"),
    "codes_generated": pgettext_lazy("audit log", "given codes by chance"),
    "compensated": pgettext_lazy("audit log", "made good"),
    "created": pgettext_lazy("audit log", "created"),
    "defined": pgettext_lazy("audit log", "defined"),
    "deleted": pgettext_lazy("audit log", "deleted"),
    "discarded": pgettext_lazy("audit log", "discarded"),
    "done": pgettext_lazy("audit log", "done"),
    "draft_discarded": pgettext_lazy("audit log", "draft discarded"),
    "duplicated": pgettext_lazy("audit log", "duplicated"),
    "ended": pgettext_lazy("audit log", "ended"),
    "enrolled": pgettext_lazy("audit log", "people let in"),
    "erased": pgettext_lazy("audit log", "erased"),
    "exported": pgettext_lazy("audit log", "exported"),
    "given": pgettext_lazy("audit log", "given"),
    "invitation_sent_again": pgettext_lazy("audit log", "invited again"),
    "invitation_withdrawn": pgettext_lazy("audit log", "invitation withdrawn"),
    "invited": pgettext_lazy("audit log", "invited"),
    "joined": pgettext_lazy("audit log", "joined"),
    "launched": pgettext_lazy("audit log", "launched"),
    "link_renewed": pgettext_lazy("audit log", "link renewed"),
    "logged": pgettext_lazy("audit log", "logged"),
    "merged": pgettext_lazy("audit log", "merged"),
    "number_added": pgettext_lazy("audit log", "given a number"),
    "opened": pgettext_lazy("audit log", "opened"),
    "ordered": pgettext_lazy("audit log", "order changed"),
    "published": pgettext_lazy("audit log", "published"),
    "question_added": pgettext_lazy("audit log", "question added"),
    "question_changed": pgettext_lazy("audit log", "question changed"),
    "question_moved": pgettext_lazy("audit log", "question moved"),
    "question_removed": pgettext_lazy("audit log", "question removed"),
    "removed": pgettext_lazy("audit log", "removed"),
    "renamed": pgettext_lazy("audit log", "renamed"),
    "reopened": pgettext_lazy("audit log", "reopened"),
    "resolved": pgettext_lazy("audit log", "resolved"),
    "restored": pgettext_lazy("audit log", "restored"),
    "resumed": pgettext_lazy("audit log", "resumed"),
    "reviewed": pgettext_lazy("audit log", "reviewed"),
    "revoked": pgettext_lazy("audit log", "revoked"),
    "role_changed": pgettext_lazy("audit log", "role changed"),
    "rule_changed": pgettext_lazy("audit log", "rule changed"),
    "saved": pgettext_lazy("audit log", "saved"),
    "scheduled": pgettext_lazy("audit log", "scheduled"),
    "share_revoked": pgettext_lazy("audit log", "link taken back"),
    "shared": pgettext_lazy("audit log", "shared"),
    "solved": pgettext_lazy("audit log", "solved"),
    "spent": pgettext_lazy("audit log", "spent"),
    "started": pgettext_lazy("audit log", "started"),
    "stopped": pgettext_lazy("audit log", "stopped"),
    "tagged": pgettext_lazy("audit log", "tagged"),
    "undo_started": pgettext_lazy("audit log", "undoing started"),
    "undone": pgettext_lazy("audit log", "undone"),
    "unshared": pgettext_lazy("audit log", "link taken back"),
    "uploaded": pgettext_lazy("audit log", "uploaded"),
    "worded": pgettext_lazy("audit log", "texts changed"),
}

_WHOLE = {
    "campaign.paused": pgettext_lazy("audit log", "Campaign paused"),
    "automation.paused": pgettext_lazy("audit log", "Automation paused"),
    "case.new": pgettext_lazy("audit log", "Case set back to new"),
    "case.open": pgettext_lazy("audit log", "Case taken up"),
    "case.opened_many": pgettext_lazy("audit log", "Cases opened for many people"),
    "calendar.default": pgettext_lazy("audit log", "Calendar made the standard"),
    "call.matched": pgettext_lazy("audit log", "Call matched to a person"),
    "case.waiting": pgettext_lazy("audit log", "Case set to wait for the customer"),
    "customers.attribute_set": pgettext_lazy("audit log", "Customers given an attribute"),
    "customers.untagged": pgettext_lazy("audit log", "Customers untagged"),
    "inbound_mail.attached": pgettext_lazy("audit log", "Mail put to a case"),
    "map.unarchived": pgettext_lazy("audit log", "Journey map taken out of the archive"),
    "message.api": pgettext_lazy("audit log", "Message sent by a program"),
    "message.case": pgettext_lazy("audit log", "Answer to a case sent"),
    "message.portal": pgettext_lazy("audit log", "Link to the portal sent"),
    "message.survey": pgettext_lazy("audit log", "Survey sent"),
    "message.test": pgettext_lazy("audit log", "Message sent as a test"),
    "sender.default": pgettext_lazy("audit log", "Sender made the standard"),
    "template.unarchived": pgettext_lazy("audit log", "Template taken out of the archive"),
}


_BY_MODEL = {noun.replace("_", ""): words for noun, words in _NOUNS.items()}  # the admin writes names of models


def written(action: str) -> str:
    """Return an action in words; as it is where it has none (the log keeps what old versions wrote)."""
    if action in _WHOLE:
        return str(_WHOLE[action])
    noun, _dot, verb = action.partition(".")
    words = _NOUNS.get(noun) or _BY_MODEL.get(noun)
    if words is None or verb not in _VERBS:
        return action
    return __("%(noun)s %(verb)s") % {"noun": words, "verb": _VERBS[verb]}


def nouns() -> list[tuple[str, str]]:
    """Return what actions are done to, with its words, in their order; several of a thing count as the thing."""
    one = {noun: str(words) for noun, words in _NOUNS.items() if not (noun.endswith("s") and noun[:-1] in _NOUNS)}
    return sorted(one.items(), key=lambda pair: pair[1])


def begins(noun: str) -> list[str]:
    """Return what the actions done to a noun begin with, as pages, the admin and many at a time write them."""
    return [f"{noun}.", f"{noun}s.", f"{noun.replace('_', '')}."]
