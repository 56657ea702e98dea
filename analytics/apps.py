from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class AnalyticsConfig(AppConfig):
    name = "analytics"
    verbose_name = _("Analytics")

    def ready(self) -> None:
        from analytics import receivers  # noqa: PLC0415 -- apps.ready is where wiring lives
        from analytics.domain import forecasts  # noqa: PLC0415
        from customers import signals  # noqa: PLC0415
        from cxm.jobs import domain as jobs  # noqa: PLC0415

        jobs.register(forecasts.JOB, "analytics.domain.scoring.run_job")

        signals.events_recorded.connect(receivers.happenings_were_recorded, dispatch_uid="analytics.events")
        signals.facts_corrected.connect(receivers.facts_were_corrected, dispatch_uid="analytics.facts")
        signals.history_rewritten.connect(receivers.history_was_rewritten, dispatch_uid="analytics.history")
