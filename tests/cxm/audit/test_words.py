"""Every action that the code writes into the audit log has its words, in both languages."""

import ast
from functools import cache
from pathlib import Path

import pytest
from django.apps import apps
from django.utils import translation

from cxm.accounts.administration import ReadOnlyAdmin, TenantModelAdmin, site
from cxm.audit import words
from feedback.models import Case, PriorityRule, ScoreRule, TargetRule

CODE = Path(__file__).parents[3]
RULES = [model._meta.model_name for model in (TargetRule, PriorityRule, ScoreRule)]
KEPT_BY_ADMIN = [
    model._meta.model_name
    for model, admin in site._registry.items()
    if type(admin).save_model is TenantModelAdmin.save_model and not isinstance(admin, ReadOnlyAdmin)
]
# Of actions that the code puts together, what they may become.
TOGETHER = {
    "f'case.{state}'": [f"case.{state}" for state in Case.State.values],
    "f'inbound_mail.{state}'": ["inbound_mail.attached", "inbound_mail.discarded"],
    "f'message.{kind}'": [f"message.{kind}" for kind in ("api", "case", "portal", "survey", "test")],
    "f'{found._meta.model_name}.saved'": [f"{rule}.saved" for rule in RULES],
    "f'{found._meta.model_name}.deleted'": [f"{rule}.deleted" for rule in RULES],
    "f'{model._meta.model_name}.ordered'": [f"{rule}.ordered" for rule in RULES],
    "_action(obj, 'changed' if change else 'created')": [
        f"{name}.{verb}" for name in KEPT_BY_ADMIN for verb in ("changed", "created")
    ],
    "_action(obj, 'deleted')": [f"{name}.deleted" for name in KEPT_BY_ADMIN],
    "action": [],  # handed on by a function that was given it
}
RECORD = {"record", "_moved", "_touch"}  # the functions that are handed an action


@cache
def _handed() -> list[ast.expr]:
    """Return what the code hands over as an action, each alternative by itself."""
    places = [Path(app.path) for app in apps.get_app_configs()]
    ours = [place for place in places if CODE in place.parents and "site-packages" not in place.parts]
    texts = [file.read_text("utf-8") for place in ours for file in place.rglob("*.py")]
    trees = [ast.parse(text) for text in texts if "action=" in text]
    found = []
    for call in (node for tree in trees for node in ast.walk(tree) if isinstance(node, ast.Call)):
        name = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
        said = [word.value for word in call.keywords if word.arg == "action" and name in RECORD]
        found += [each for one in said for each in ([one.body, one.orelse] if isinstance(one, ast.IfExp) else [one])]
    return found


def _actions() -> set[str]:
    plain = {one.value for one in _handed() if isinstance(one, ast.Constant)}
    return plain | {action for known in TOGETHER.values() for action in known}


def test_what_is_put_together_is_known():
    assert {ast.unparse(one) for one in _handed() if not isinstance(one, ast.Constant)} == set(TOGETHER)


@pytest.mark.parametrize("language", ["en", "ar"])
def test_every_action_has_words(language):
    actions = _actions()
    assert {"campaign.launched", "member.role_changed", "points.spent", "targetrule.ordered"} <= actions
    with translation.override(language):
        wordless = {action for action in actions if words.written(action) == action}
        if language == "ar":
            wordless |= {action for action in actions if words.written(action).upper() != words.written(action)}

    assert wordless == set()


def test_an_action_reads_as_a_sentence_would_say_it():
    with translation.override("en"):
        assert words.written("campaign.launched") == "Campaign launched"
        assert words.written("casetype.changed") == words.written("case_type.changed") == "Case type changed"
        assert words.written("thing.done") == "thing.done"
    with translation.override("ar"):
        assert words.written("campaign.launched") == "إطلاق حملة"


def test_several_of_a_thing_are_found_with_the_thing():
    names = [noun for noun, _words in words.nouns()]
    assert "customer" in names
    assert "customers" not in names
    assert words.begins("case_type") == ["case_type.", "case_types.", "casetype."]
