"""Figures of cases and conversations."""

from django.utils.translation import gettext_lazy as _

from analytics.domain.declarations import NOTHING, Kpi, Sums, Value, count, lasting, share


def _decided(sums: Sums) -> int:
    return sums["answered_in_time"].count + sums["answered_late"].count


def _actions(sums: Sums) -> Value:
    """Return the ratio of the sums, not the mean of ratios: a long conversation weighs what it weighs."""
    engagements = sums["engagements"].count
    return Value(sums["actions"].count / engagements, engagements) if engagements else NOTHING


KPIS = (
    Kpi("cases", _("Cases"), _("Requests and complaints opened within the period."), "count", "either",
        count("cases"), grows=True),
    Kpi("response_time", _("Response time"),
        _("Median time from the opening of a case to the first public answer by a person; automatic answers and notes "
          "among colleagues do not count. Cases of the period that still wait, or ended without an answer, count as "
          "waiting until then (Kaplan-Meier), so the median is not known while too few are answered."),
        "time", "down", lasting("response")),
    Kpi("response_time_business", _("Response time in working hours"),
        _("The same, in the working hours of the calendar that the case had when it was opened; its pauses are taken "
          "off. Cases without a calendar are left out."), "time", "down", lasting("response_business")),
    Kpi("response_in_time", _("Answered in time"),
        _("Cases opened within the period whose first answer came before its target, divided by those with a target "
          "that is decided: answered, or missed."), "share", "up", share("answered_in_time", _decided)),
    Kpi("resolution_time", _("Time to solve"),
        _("Median time from the opening of a case to its solution, the last one where it was opened again. Cases of "
          "the period that are not solved count as waiting (Kaplan-Meier)."), "time", "down", lasting("resolution")),
    Kpi("handling_time", _("Handling time"),
        _("Median length of the calls, chats and visits logged within the period, as agents or the telephone system "
          "told it; those without a length are left out."), "time", "down", lasting("handling")),
    Kpi("actions_per_engagement", _("Actions per conversation"),
        _("Public answers by people in the cases solved within the period, divided by the number of these cases: the "
          "ratio of the sums, as no standard definition exists."), "ratio", "down", _actions),
)  # fmt: skip
