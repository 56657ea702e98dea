from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class FeedbackConfig(AppConfig):
    name = "feedback"
    verbose_name = _("Feedback")

    def ready(self) -> None:
        from campaigns.domain import extras  # noqa: PLC0415 -- apps.ready is where wiring lives
        from customers import panels, signals  # noqa: PLC0415
        from customers.domain import erasure  # noqa: PLC0415
        from cxm.accounts.domain import todos  # noqa: PLC0415
        from feedback import receivers  # noqa: PLC0415
        from feedback.domain import cases, forgetting, glance, responses, survey_mail  # noqa: PLC0415

        extras.register(survey_mail.EXTRA)
        erasure.register(responses.forget)
        panels.register(panels.Panel("surveys", _("Surveys"), "feedback:panel_surveys", "feedback.view", 25))
        erasure.register(forgetting.forget)
        panels.register(panels.Panel("cases", _("Open cases"), "feedback:panel_cases", "feedback.view", 5))
        panels.register_glance(panels.Glance("cases", _("Open cases"), glance.lines, "feedback.view", 10))
        todos.register(todos.Subject("case", "feedback:case", cases.names))
        signals.events_recorded.connect(receivers.happenings_were_recorded, dispatch_uid="feedback.events")

    def after_migrate_sql(self, existing: set[str]) -> list[str]:
        from feedback.models import article  # noqa: PLC0415 -- models are ready only now

        return article.view_sql(existing)
