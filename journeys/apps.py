from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class JourneysConfig(AppConfig):
    name = "journeys"
    verbose_name = _("Journeys")

    def ready(self) -> None:
        from customers import panels, signals  # noqa: PLC0415 -- apps.ready is where wiring lives
        from customers.domain import erasure, memberships  # noqa: PLC0415
        from cxm.accounts.domain import todos  # noqa: PLC0415
        from cxm.jobs import domain as jobs  # noqa: PLC0415
        from journeys import receivers  # noqa: PLC0415
        from journeys.domain import enrolments, entrance, inbox, map_actions  # noqa: PLC0415

        signals.events_recorded.connect(receivers.events_were_recorded, dispatch_uid="journeys.events")
        signals.members_changed.connect(receivers.members_changed, dispatch_uid="journeys.members")
        memberships.watch(inbox.watched_segments)
        erasure.register(enrolments.forget)
        panels.register(
            panels.Panel("automations", _("Automations"), "journeys:panel_automations", "journeys.view", 40)
        )
        jobs.register(entrance.JOB, entrance.run_job)
        todos.register(todos.Subject("map", "journeys:map", map_actions.names))
