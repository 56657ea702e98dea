"""Tables of analytics, by noun."""

from analytics.models.forecast import Assumption, Forecast, Outlook
from analytics.models.rollup import DailyFigure, StaleDay
from analytics.models.share import Share
from analytics.models.target import Target

__all__ = ["Assumption", "DailyFigure", "Forecast", "Outlook", "Share", "StaleDay", "Target"]
