"""Tables of analytics, by noun."""

from analytics.models.rollup import DailyFigure, StaleDay

__all__ = ["DailyFigure", "StaleDay"]
