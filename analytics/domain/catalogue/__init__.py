"""The figures, a module for each topic; every module holds ``KPIS``."""

from analytics.domain.catalogue import mail, people, service, shop, voice
from analytics.domain.declarations import Kpi

CATALOGUE: tuple[Kpi, ...] = (*shop.KPIS, *people.KPIS, *mail.KPIS, *service.KPIS, *voice.KPIS)
BY_KEY = {kpi.key: kpi for kpi in CATALOGUE}
