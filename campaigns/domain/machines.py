"""Was it a person? A judgement over one request for a pixel or a link, with its reason and a version.

Mail scanners and Apple's proxy fetch everything a message holds. Nothing is thrown away: every request is kept,
and the figures count those without a reason here. Signals after docs of mailbox providers and of senders who
measured them (Apple Mail Privacy Protection fetches with the bare agent "Mozilla/5.0"; safe-link services open
each link within seconds of delivery, often with HEAD, and may wear a browser's name).
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

RULES = 1

AT_ONCE = timedelta(seconds=2)
SOON = timedelta(seconds=5)
BURST = timedelta(seconds=2)
BURST_LINKS = 3

_TOOLS = re.compile(
    r"bot\b|crawl|spider|scan|preview|proxy|curl|wget|python|java/|go-http|okhttp|httpclient|libwww|headless(?!chrome)"
    r"|barracuda|proofpoint|mimecast|symantec|fireeye|trend ?micro|sophos|forcepoint|safelinks|microsoft office",
    re.IGNORECASE,
)
# Gmail's and Yahoo's image proxies fetch when a person opens the message: a real open behind another's address.
_PERSONS_PROXY = re.compile(r"GoogleImageProxy|YahooMailProxy", re.IGNORECASE)


@dataclass(frozen=True)
class Request:
    """What a request for a pixel or link looked like.

    Args:
        kind: ``open`` or ``click``.
        method: GET or HEAD.
        agent: its User-Agent.
        languages: its Accept-Language.
        fetch_mode: its Sec-Fetch-Mode; browsers send it to https and to loopback.
        expects_fetch_mode: whether a browser would have sent one here.
    """

    kind: str
    method: str
    agent: str
    languages: str
    fetch_mode: str
    expects_fetch_mode: bool


def judge(request: Request, *, at: datetime, sent_at: datetime | None) -> str:  # noqa: PLR0911 -- one rule a line
    """Return why a request was a machine's, or "" for a person's.

    Args:
        at: when it came.
        sent_at: when the message was accepted.
    """
    agent = request.agent.strip()
    if request.method != "GET":
        return "method"
    if _PERSONS_PROXY.search(agent):
        return ""
    if agent == "Mozilla/5.0":
        return "apple_proxy"
    if not agent.startswith("Mozilla/") or _TOOLS.search(agent):
        return "agent"
    # Some mail programs fetch pictures without a language; a followed link always comes from a browser.
    if request.kind == "click" and not request.languages:
        return "no_language"
    pretends = "Chrome/" in agent and request.expects_fetch_mode and not request.fetch_mode
    if request.kind == "click" and pretends:
        return "not_a_browser"
    if sent_at and at - sent_at < AT_ONCE:
        return "at_once"
    if sent_at and request.kind == "click" and at - sent_at < SOON and not request.fetch_mode:
        return "too_soon"
    return ""


def is_burst(clicks: Sequence[tuple[int | None, datetime]]) -> bool:
    """Return whether these clicks (link, time) hold three different links within two seconds."""
    ordered = sorted(clicks, key=lambda click: click[1])
    for start, (_link, began) in enumerate(ordered):
        links = {link for link, at in ordered[start:] if at - began <= BURST}
        if len(links) >= BURST_LINKS:
            return True
    return False
