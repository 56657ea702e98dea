"""Tables of listening and repairing."""

from feedback.models.article import Article, ArticleFound
from feedback.models.response import Answer, AskingRule, Invitation, Response
from feedback.models.survey import Question, Survey, SurveyVersion

__all__ = [
    "Answer",
    "Article",
    "ArticleFound",
    "AskingRule",
    "Invitation",
    "Question",
    "Response",
    "Survey",
    "SurveyVersion",
]
