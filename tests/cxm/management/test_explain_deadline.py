import io
import json

import pytest
from django.core.management import CommandError, call_command

CALENDAR = {
    "zone": "Europe/Berlin",
    "week": {"mon": [["09:00", "12:30"], ["13:30", "18:00"]], "fri": [["22:00", "06:00"]]},
    "holidays": ["2026-12-25"],
    "extra": {"2026-12-19": [["10:00", "14:00"]]},
}


@pytest.fixture
def calendar(tmp_path):
    file = tmp_path / "calendar.json"
    file.write_text(json.dumps(CALENDAR))
    return str(file)


def asked(*words):
    out = io.StringIO()
    call_command("explain_deadline", *words, stdout=out)
    return out.getvalue()


def batch(monkeypatch, *lines):
    monkeypatch.setattr("sys.stdin", io.StringIO("\n".join(lines) + "\n"))
    return [json.loads(line) for line in asked("--batch").splitlines()]


def test_one_question(calendar):
    answer = json.loads(
        asked("--calendar", calendar, "--start", "2026-12-18T10:00:00Z", "--target", "1200",
              "--pause", "2026-12-21T09:00:00Z/2026-12-21T10:00:00Z", "2026-12-20T09:00:00Z/2026-12-20T10:00:00Z")
    )  # fmt: skip
    assert answer["due"] == "2026-12-28T09:00:00Z"
    assert "Fri 25 Dec: holiday." in answer["explanation"]
    assert list(answer) == ["due", "explanation"]


def test_a_start_without_an_offset_is_in_the_zone_of_the_calendar(calendar):
    answer = json.loads(asked("--calendar", calendar, "--start", "2026-12-14T09:00:00", "--target", "30"))
    assert answer["due"] == "2026-12-14T08:30:00Z"


@pytest.mark.parametrize(
    "words",
    [
        ["--start", "2026-12-18T10:00:00Z", "--target", "5"],
        ["--calendar", "{}", "--start", "yesterday", "--target", "5"],
        ["--calendar", "{}", "--start", "2026-12-18T10:00:00Z", "--target", "nan"],
        ["--calendar", "{}", "--start", "2026-12-18T10:00:00Z", "--target", "-1"],
        ["--calendar", "{}", "--start", "2026-12-18T10:00:00Z", "--target", "5", "--pause", "2026-12-18T10:00:00Z"],
        ["--calendar", "/nowhere.json", "--start", "2026-12-18T10:00:00Z", "--target", "5"],
    ],
)
def test_bad_questions_are_refused_with_a_sentence(calendar, words):
    with pytest.raises(CommandError):
        asked(*[calendar if word == "{}" else word for word in words])


def test_a_batch_is_answered_in_order_and_a_bad_line_in_its_place(monkeypatch):
    good = {"calendar": CALENDAR, "start": "2026-12-14T08:00:00Z", "target": 60, "pause": []}
    paused = good | {"pause": ["2026-12-14T08:30:00Z/2026-12-14T09:00:00Z"]}
    closed = good | {"calendar": {"zone": "UTC", "week": {}}}
    answers = batch(monkeypatch, json.dumps(good), "{", "[]", json.dumps(closed), json.dumps(paused))
    assert [answer.get("due") for answer in answers] == [
        "2026-12-14T09:00:00Z", None, None, None, "2026-12-14T09:30:00Z",
    ]  # fmt: skip
    assert all(answer["error"] for answer in answers[1:4])
