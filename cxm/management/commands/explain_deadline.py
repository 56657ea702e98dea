"""``script/manage explain_deadline``: when a target is due by a calendar, and why, as JSON."""

import json
import sys
from argparse import ArgumentParser
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from cxm.lib import clocks, errors


class BadQuestion(errors.Refusal):
    """Not a question about a deadline."""

    code = "bad_question"


class Command(BaseCommand):
    """Prints JSON and nothing else on standard output; what is wrong goes to standard error, in a batch to its line."""

    help = "Say when a target of working time is due by a calendar, and why."
    requires_system_checks = []  # their remarks would stand in the way of who reads the JSON

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--calendar", metavar="FILE", help="JSON: zone, week, holidays, extra")
        parser.add_argument("--start", metavar="ISO", help="a moment; without an offset it is in the calendar's zone")
        parser.add_argument("--target", metavar="MINUTES")
        parser.add_argument("--pause", metavar="ISO/ISO", nargs="*", action="extend", default=[])
        parser.add_argument("--batch", action="store_true", help="read questions from standard input, one JSON a line")

    def handle(self, *args: object, **options: Any) -> None:
        if options["batch"]:
            for line in filter(str.strip, sys.stdin):
                self.stdout.write(json.dumps(_answered(line), ensure_ascii=False))
            return
        try:
            answer = answer_to(_question(options))
        except errors.Refusal as refusal:
            raise CommandError(str(refusal.message)) from refusal
        self.stdout.write(json.dumps(answer, ensure_ascii=False, indent=2))


def answer_to(question: Mapping) -> dict[str, str]:
    """The deadline asked for by `{"calendar", "start", "target", "pause": ["ISO/ISO"]}`.

    Raises:
        Refusal: in words for whoever asked.
    """
    calendar = clocks.Calendar.parse(question.get("calendar"))
    found = clocks.due(
        calendar,
        _moment(question.get("start"), calendar),
        _target(question.get("target")),
        [_pause(written, calendar) for written in _listed(question.get("pause"))],
    )
    return {"due": _written(found.due), "explanation": "\n".join(found.explanation)}


def _question(options: Mapping) -> dict[str, Any]:
    missing = [name for name in ("calendar", "start", "target") if options[name] is None]
    if missing:
        raise CommandError(f"Say --{missing[0]} too, or --batch to read questions from standard input.")
    try:
        calendar = json.loads(Path(options["calendar"]).read_text(encoding="utf-8"))
    except (OSError, ValueError) as problem:
        raise CommandError(f"{options['calendar']} holds no calendar in JSON: {problem}") from problem
    return {name: options[name] for name in ("start", "target", "pause")} | {"calendar": calendar}


def _answered(line: str) -> dict[str, str]:
    try:
        question = json.loads(line)
        if not isinstance(question, Mapping):
            raise BadQuestion("Write an object with calendar, start, target and pause.")
        return answer_to(question)
    except errors.Refusal as refusal:
        return {"error": str(refusal.message)}
    except (ValueError, RecursionError) as problem:
        return {"error": f"This line is no JSON: {problem}"}


def _moment(written: Any, calendar: clocks.Calendar) -> datetime:
    try:
        found = datetime.fromisoformat(written)
        return (found if found.tzinfo else found.replace(tzinfo=calendar.zone)).astimezone(UTC)
    except (TypeError, ValueError, OverflowError) as problem:
        raise BadQuestion(f"{written!r} is not a moment such as 2026-11-27T09:00:00Z.") from problem


def _target(written: Any) -> timedelta:
    try:
        minutes = float(written)
        if isinstance(written, bool) or not 0 <= minutes < 10**8:
            raise ValueError(written)
    except (TypeError, ValueError, OverflowError) as problem:
        raise BadQuestion(f"{written!r} is not a number of minutes.") from problem
    return timedelta(minutes=minutes)


def _pause(written: Any, calendar: clocks.Calendar) -> clocks.Pause:
    start, _slash, end = written.partition("/") if isinstance(written, str) else ("", "", "")
    found = clocks.Pause(_moment(start, calendar), _moment(end, calendar))
    if found.end < found.start:
        raise BadQuestion(f"The pause {written!r} ends before it begins.")
    return found


def _listed(written: Any) -> Sequence:
    if written is None:
        return []
    return written if isinstance(written, list) else [written]


def _written(moment: datetime) -> str:
    return moment.isoformat().replace("+00:00", "Z")
