"""HTML input of campaigns."""

from django import forms
from django.utils import timezone
from django.utils.translation import gettext as __
from django.utils.translation import gettext_lazy as _

from campaigns.domain import audience, extras, offers, senders, templates
from campaigns.models import Campaign
from campaigns.models.template import Kind
from customers.domain import segments
from customers.models import Topic
from cxm.accounts.forms.moments import MomentField


class CampaignForm(forms.Form):
    """A draft: what, to whom, from whom, when. Choices are the tenant's own rows."""

    name = forms.CharField(label=_("Name"), max_length=120, help_text=_("Only you and your colleagues see it."))
    kind = forms.ChoiceField(label=_("Kind"), choices=Kind.choices, initial=Kind.NEWSLETTER)
    segment = forms.ChoiceField(label=_("Segment"), required=False)
    template = forms.ChoiceField(label=_("Template"), required=False)
    sender = forms.ChoiceField(label=_("Sender"), required=False)
    topic = forms.ChoiceField(
        label=_("Topic"), required=False, help_text=_("Those who said no to this topic are left out.")
    )
    offer = forms.ChoiceField(
        label=_("Offer"), required=False,
        help_text=_("Each person gets a code; who comes after the last one is left out."),
    )  # fmt: skip
    send_at = MomentField(
        label=_("Send at"), required=False,
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
        input_formats=["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S"],
    )  # fmt: skip

    def __init__(self, *args: object, campaign: Campaign | None = None, **kwargs: object) -> None:
        if campaign:
            kept = {"name": campaign.name, "kind": campaign.kind, "segment": campaign.segment_id,
                    "template": campaign.template_id, "sender": campaign.sender_id, "topic": campaign.topic,
                    "offer": campaign.offer_id, "send_at": campaign.send_at} | campaign.carries  # fmt: skip
            kwargs["initial"] = kept | (kwargs.get("initial") or {})
        super().__init__(*args, **kwargs)
        self.fields["segment"].choices = [("", _("Choose a segment")), *((s.pk, s.name) for s in segments.live())]
        self.fields["template"].choices = [
            ("", _("Choose a template")),
            *((found.pk, found.name) for found in templates.listed()[:500]),
        ]
        self.fields["sender"].choices = [("", _("The default sender")), *((s.pk, str(s)) for s in senders.listed())]
        given = list(offers.usable(now=timezone.now()))
        given += [campaign.offer] if campaign and campaign.offer and campaign.offer not in given else []
        self.fields["offer"].choices = [("", _("No offer")), *((found.pk, found.name) for found in given)]
        for extra in extras.every():
            choices = [("", _("None")), *extra.choices()]
            self.fields[extra.key] = forms.ChoiceField(label=extra.label, choices=choices, required=False)
        zone = timezone.get_current_timezone_name()
        self.fields["send_at"].help_text = __("Empty: at once, when you launch it. Time of %(zone)s.") % {"zone": zone}
        topics = [(topic.slug, topic.title) for topic in Topic.objects.all()]
        self.fields["topic"].choices = [("", _("No topic")), *topics]

    def carried(self) -> list[forms.BoundField]:
        """Return the fields of what messages may carry."""
        return [self[extra.key] for extra in extras.every()]

    def values(self) -> dict:
        """Return what was chosen as the domain takes it: rows instead of ids."""
        said = dict(self.cleaned_data)
        return said | {
            "carries": {extra.key: said.pop(extra.key, "") for extra in extras.every()},
            "segment": audience.segment(ref=int(said["segment"])) if said["segment"] else None,
            "template": templates.get(template_id=int(said["template"])) if said["template"] else None,
            "offer": offers.get(offer_id=int(said["offer"])) if said["offer"] else None,
            "sender": senders.get(sender_id=int(said["sender"])) if said["sender"] else None,
        }
