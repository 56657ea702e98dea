"""Tables of listening and repairing, by noun."""

from feedback.models.article import Article, ArticleFound
from feedback.models.attachment import CaseAttachment
from feedback.models.case import Case, CaseCounter, CaseMessage, CaseNotice, CasePause
from feedback.models.compensation import Compensation
from feedback.models.desk import (
    BusinessCalendar,
    CalendarVersion,
    CannedAnswer,
    CaseChannel,
    CaseType,
    DeskSettings,
    Priority,
    PriorityRule,
    Queue,
    QueueMember,
    ScoreRule,
    TargetRule,
)
from feedback.models.inbound import InboundMail, Mailbox
from feedback.models.response import Answer, AskingRule, Invitation, Response
from feedback.models.survey import Question, Survey, SurveyVersion

__all__ = [
    "Answer",
    "Article",
    "ArticleFound",
    "AskingRule",
    "BusinessCalendar",
    "CalendarVersion",
    "CannedAnswer",
    "Case",
    "CaseAttachment",
    "CaseChannel",
    "CaseCounter",
    "CaseMessage",
    "CaseNotice",
    "CasePause",
    "CaseType",
    "Compensation",
    "DeskSettings",
    "InboundMail",
    "Invitation",
    "Mailbox",
    "Priority",
    "PriorityRule",
    "Question",
    "Queue",
    "QueueMember",
    "Response",
    "ScoreRule",
    "Survey",
    "SurveyVersion",
    "TargetRule",
]
