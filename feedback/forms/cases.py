"""HTML input of cases: filters of the list, a new case, what is said and changed."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from django import forms
from django.http import QueryDict
from django.utils.functional import Promise
from django.utils.translation import gettext as __
from django.utils.translation import gettext_lazy as _

from cxm.accounts.domain import members
from feedback.domain import desk, lists
from feedback.models import Case, CaseChannel, CaseType, Priority

ANY = ("", _("Any"))
WORDS = {"dir": "auto"}
VIEWS = {
    "open": _("To do"), "mine": _("Mine"), "unassigned": _("Nobody's"), "late": _("Late"),
    "waiting": _("Waiting for the customer"), "done": _("Done"), "all": _("All"),
}  # fmt: skip


@dataclass(frozen=True)
class Chip:
    """A filter chosen: its words, and the address of the list without it."""

    label: str | Promise
    value: str
    remove: str


class Filters(forms.Form):
    """Fields have the names they have in the address; what makes no sense filters nothing."""

    view = forms.ChoiceField(required=False, choices=list(VIEWS.items()), widget=forms.HiddenInput)
    q = forms.CharField(required=False, max_length=100, label=_("Search"))
    queue = forms.ModelChoiceField(None, required=False, label=_("Queue"), empty_label=_("Any"))
    type = forms.ModelChoiceField(None, required=False, label=_("Type"), empty_label=_("Any"))
    priority = forms.ChoiceField(required=False, label=_("Priority"), choices=[ANY, *Priority.choices])
    owner = forms.ModelChoiceField(None, required=False, label=_("Owner"), empty_label=_("Any"))
    channel = forms.ChoiceField(required=False, label=_("Channel"), choices=[ANY, *CaseChannel.choices])
    sort = forms.ChoiceField(
        required=False,
        label=_("Sort by"),
        choices=[("due", _("Due first")), ("updated", _("Last touched")), ("newest", _("Newest first"))],
    )

    def __init__(self, given: QueryDict) -> None:
        super().__init__(given)
        self.fields["queue"].queryset = desk.queues()
        self.fields["type"].queryset = desk.types()
        self.fields["owner"].queryset = members.colleagues()

    def query(self) -> lists.Query:
        """Return what the list asks for."""
        self.is_valid()
        said = self.cleaned_data
        return lists.Query(
            view=said.get("view") or "open",
            words=said.get("q") or "",
            sort=said.get("sort") or "due",
            **{name: said.get(name) for name in ("queue", "type", "owner")},
            **{name: said.get(name) or "" for name in ("priority", "channel")},
        )

    def narrowing(self) -> list[str]:
        return [name for name in self.fields if name not in ("q", "sort", "view")]

    def address(self, *, without: str = "", view: str = "") -> str:
        """Return the query string of the list as chosen, short."""
        kept = QueryDict(mutable=True)
        for name in self.fields:
            value = view if name == "view" and view else self.data.get(name, "")
            plain = (name, value) in (("sort", "due"), ("view", "open"))
            if value and name != without and name not in self.errors and not plain:
                kept[name] = value
        return kept.urlencode()

    def chips(self) -> Iterator[Chip]:
        """Yield the filters chosen."""
        for name in self.narrowing():
            if value := self.cleaned_data.get(name):
                words = dict(getattr(self.fields[name], "choices", ())).get(value, value)
                shown = value if name in ("queue", "type", "owner") else words
                yield Chip(self.fields[name].label, str(shown), f"?{self.address(without=name)}")


class NewCaseForm(forms.Form):
    """A case written down by a colleague."""

    type = forms.ModelChoiceField(None, label=_("Type"), empty_label=None)
    channel = forms.ChoiceField(label=_("Channel"), choices=CaseChannel.choices, initial=CaseChannel.PHONE)
    priority = forms.ChoiceField(
        label=_("Priority"), choices=Priority.choices, initial=Priority.NORMAL, help_text=_("Rules may raise it.")
    )
    subject = forms.CharField(label=_("What is it about?"), max_length=200)
    body = forms.CharField(
        label=_("What the customer says"), required=False, max_length=50_000, widget=forms.Textarea(attrs={"rows": 6})
    )

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)
        self.fields["type"].queryset = desk.types()


class SayForm(forms.Form):
    """What is said to the customer, and what becomes of the case."""

    body = forms.CharField(max_length=50_000, required=False)
    then = forms.ChoiceField(
        required=False, choices=[(state, state) for state in (Case.State.OPEN, Case.State.WAITING, Case.State.SOLVED)]
    )


class DetailsForm(forms.Form):
    """What a case is, beside its thread.

    The page sends along what it was shown with: a colleague may have changed another field since.
    """

    owner = forms.ModelChoiceField(None, required=False, label=_("Owner"), empty_label=_("Nobody"))
    queue = forms.ModelChoiceField(None, required=False, label=_("Queue"), empty_label=_("None"))
    type = forms.ModelChoiceField(None, label=_("Type"), empty_label=None)
    priority = forms.ChoiceField(label=_("Priority"), choices=Priority.choices)

    def __init__(self, case: Case, data: QueryDict | None = None) -> None:
        initial = {"owner": case.owner_id, "queue": case.queue_id, "type": case.type_id, "priority": case.priority}
        super().__init__(data, initial=initial)
        self._case = case
        for field in self.fields.values():
            field.show_hidden_initial = True
        self.fields["owner"].queryset = members.colleagues()
        self.fields["queue"].queryset = desk.queues()
        self.fields["queue"].empty_label = None if case.queue_id else _("None")
        self.fields["type"].queryset = (desk.types() | CaseType.objects.filter(pk=case.type_id)).distinct()

    def changes(self) -> dict[str, object]:
        """Return what ``cases.rearrange`` is told: what was changed on the page, and for the rest that it stays."""
        stays = {"owner": self._case.owner, "queue": None, "type": None, "priority": ""}
        return stays | {name: self.cleaned_data[name] for name in self.changed_data}


class CloseForm(forms.Form):
    """Why it happened, and what was done so that it does not happen again."""

    root_cause = forms.CharField(label=_("Root cause"), max_length=120, required=False, widget=forms.TextInput(WORDS))
    action = forms.CharField(
        label=_("What was done about it"), max_length=2000, required=False, widget=forms.Textarea(attrs={"rows": 4})
    )

    def __init__(self, case: Case, data: Mapping | None = None) -> None:
        said = {"root_cause": case.root_cause, "action": case.action}
        super().__init__(data, initial=said, auto_id="close_%s")
        if case.type.kind == CaseType.Kind.COMPLAINT:
            for field in self.fields.values():
                field.required = True
                field.error_messages["required"] = __("A complaint needs this to be closed.")
