from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class CampaignsConfig(AppConfig):
    name = "campaigns"
    verbose_name = _("Campaigns")

    def ready(self) -> None:
        from campaigns import lists as own  # noqa: PLC0415
        from campaigns import receivers  # noqa: PLC0415 -- apps.ready is where wiring lives
        from campaigns.domain import (  # noqa: PLC0415
            campaigns,
            conversions,
            fitting,
            issues,
            messages,
            points,
            points_orders,
            redemptions,
        )
        from customers import panels, signals  # noqa: PLC0415
        from customers.domain import erasure, import_undo  # noqa: PLC0415
        from cxm.accounts.domain import drafts, lists  # noqa: PLC0415
        from cxm.jobs import domain as jobs  # noqa: PLC0415

        signals.events_recorded.connect(receivers.orders_were_placed, dispatch_uid="campaigns.orders")
        lists.register(own.CAMPAIGNS)
        for kind in ("template", "campaign"):
            drafts.register(kind, "campaigns.change")
        signals.events_recorded.connect(receivers.orders_moved_points, dispatch_uid="campaigns.points")
        signals.orders_corrected.connect(receivers.orders_were_corrected, dispatch_uid="campaigns.corrected")
        signals.orders_confirmed.connect(receivers.orders_were_confirmed, dispatch_uid="campaigns.confirmed")
        jobs.register("campaigns.prepare", campaigns.prepare)
        for forget in (messages.forget, issues.forget, points.forget):
            erasure.register(forget)
        import_undo.register(points_orders.take_back)  # people are locked before messages, as everywhere
        import_undo.register(redemptions.take_back)
        import_undo.register(conversions.take_back)
        panels.register(
            panels.Panel("rewards", _("Offers and points"), "campaigns:panel_rewards", "customers.view", 15)
        )
        panels.register_glance(
            panels.Glance("offer", _("Fitting offer"), fitting.glance, "customers.view", 80, next_step=True)
        )
        panels.register(panels.Panel("messages", _("Messages"), "campaigns:panel_messages", "campaigns.view", 20))
