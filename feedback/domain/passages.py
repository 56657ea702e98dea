"""One person's way through a survey: what a token opens, what is asked now, what was answered."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any
from uuid import UUID

from feedback import questions
from feedback.domain import conditions, responses, tokens, versions
from feedback.models import Invitation, Question, Response, Survey, SurveyVersion
from feedback.questions import Given


@dataclass
class Passage:
    """A survey as one person meets it.

    Attributes:
        invitation: None for whoever came by the open link.
        response: None before the first answer.
        answers: given so far, by the question's key.
    """

    survey: Survey
    version: SurveyVersion
    asked: list[Question]
    invitation: Invitation | None = None
    response: Response | None = None
    answers: dict[str, Given] = field(default_factory=dict)

    @property
    def visible(self) -> list[Question]:
        """The questions asked, as far as the answers tell."""
        return conditions.visible(self.asked, self.answers)

    @property
    def next(self) -> Question | None:
        """The first question without an answer, None at the end."""
        return conditions.following(self.asked, self.answers)

    @property
    def settled(self) -> bool:
        """Whether given answers stay as they are."""
        return self.response is not None and self.response.settled_at is not None

    @cached_property
    def languages(self) -> list[str]:
        """The languages the survey is written in, the first spoken to all others."""
        return self.survey.languages or ["en"]

    def language(self, *, wanted: str = "", browser: str = "") -> str:
        """Return the language to speak: the one chosen, begun with, the person's own, the browser's, else the first."""
        own = self.invitation.customer.language if self.invitation else ""
        begun = self.response.language if self.response else ""
        return next((code for code in (wanted, begun, own[:2], browser) if code in self.languages), self.languages[0])

    def at(self, *, key: str = "", from_mail: bool = False) -> Question | None:
        """Return the question to show: the one asked for while it may be answered or changed, else the next one.

        Args:
            key: of a question to go back to.
            from_mail: a step of the first question was followed in a message.
        """
        if not self.settled:
            if from_mail and self.asked:
                return self.asked[0]
            found = next((each for each in self.visible if each.key == key), None)
            if found is not None and (found.key in self.answers or found == self.next):
                return found
        return self.next

    def before(self, question: Question) -> Question | None:
        """Return the question to go back to, None where there is none or answers stay."""
        order = self.visible
        at = next((index for index, each in enumerate(order) if each.pk == question.pk), 0)
        return order[at - 1] if at and not self.settled else None

    def keep(
        self, *, key: str, value: Mapping[str, Any], language: str, now: datetime, sheet: UUID | None = None
    ) -> str:
        """Keep an answer and return the token under which the passage goes on.

        Args:
            sheet: of the page that was sent; it matters where this begins the response of somebody nobody knows.

        Raises: as ``responses.answer``.
        """
        channel = Response.Channel.EMAIL if self.invitation else Response.Channel.LINK
        made = responses.answer(
            survey=self.survey,
            key=key,
            value=value,
            language=language,
            now=now,
            response=self.response,
            invitation=self.invitation,
            channel=channel,
            sheet=None if self.invitation or self.response else sheet,
        )
        return tokens.invitation(self.invitation.pk) if self.invitation else tokens.response(made.pk)


def enter(*, said: tokens.Read, now: datetime) -> Passage | None:
    """Return the passage a token opens, in the scope of its tenant.

    None for what is not that tenant's, over, closed or taken out of use: whoever holds such a link learns nothing.
    """
    opened = {tokens.INVITATION: _invited, tokens.LINK: _linked, tokens.RESPONSE: _begun}[said.kind]
    passage = opened(said.numbers, now)
    if passage is None or passage.survey.state != Survey.State.LIVE or passage.survey.archived_at:
        return None
    return passage


def preview(*, version: SurveyVersion) -> Passage:
    """Return a passage nobody goes: for the author, before the publication."""
    return Passage(version.survey, version, versions.asked(version))


def shown(passage: Passage, question: Question, language: str, answer: Given | None = None) -> dict[str, Any]:
    """Return what a page needs to draw a question, with what was answered or is about to be."""
    module = questions.of(question.kind)
    return module.shown(question, language, answer or passage.answers.get(question.key))


def _invited(numbers: tuple[int, ...], now: datetime) -> Passage | None:
    found = Invitation.objects.select_related("survey", "customer").filter(pk=numbers[0])
    invitation = found.exclude(state=Invitation.State.SKIPPED).filter(expires_at__gt=now).first()
    if invitation is None:
        return None
    response = Response.objects.select_related("version").filter(invitation=invitation).first()
    return _passage(invitation.survey, response, invitation)


def _linked(numbers: tuple[int, ...], now: datetime) -> Passage | None:
    survey = Survey.objects.filter(pk=numbers[0], link_number=numbers[1], open_link=True).first()
    return _passage(survey) if survey else None


def _begun(numbers: tuple[int, ...], now: datetime) -> Passage | None:
    found = Response.objects.select_related("survey", "version").filter(channel=Response.Channel.LINK)
    response = found.filter(pk=numbers[0]).first()
    if response is None or response.started_at + timedelta(days=response.survey.answer_days) <= now:
        return None
    return _passage(response.survey, response)


def _passage(survey: Survey, response: Response | None = None, invitation: Invitation | None = None) -> Passage | None:
    version = response.version if response else versions.published(survey=survey)
    if version is None:
        return None
    answers = responses.given(response) if response else {}
    return Passage(survey, version, versions.asked(version), invitation, response, answers)
