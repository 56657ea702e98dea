"""Addresses of feedback: within a tenant (/app/SLUG/feedback/…), and those that people outside meet."""

from django.urls import path

from feedback.views import answering, articles, portal, questions, survey_results, surveys

app_name = "feedback"

urlpatterns = [
    path("surveys/", surveys.index, name="surveys"),
    path("surveys/new/", surveys.new, name="survey_new"),
    path("surveys/start/", surveys.start, name="survey_start"),
    path("surveys/asking/", surveys.asking, name="asking"),
    path("surveys/<int:pk>/", survey_results.detail, name="survey"),
    path("surveys/<int:pk>/edit/", surveys.edit, name="survey_edit"),
    path("surveys/<int:pk>/preview/", surveys.preview, name="survey_preview"),
    path("surveys/<int:pk>/change/", surveys.change, name="survey_change"),
    path("surveys/<int:pk>/publish/", surveys.publish, name="survey_publish"),
    path("surveys/<int:pk>/cover/", questions.cover, name="survey_cover"),
    path("surveys/<int:pk>/questions/", questions.add, name="question_add"),
    path("surveys/<int:pk>/questions/<slug:key>/", questions.change, name="question_change"),
    path("surveys/<int:pk>/questions/<slug:key>/move/", questions.move, name="question_move"),
    path("surveys/<int:pk>/questions/<slug:key>/remove/", questions.remove, name="question_remove"),
    path("surveys/<int:pk>/people/", survey_results.people, name="survey_people"),
    path("surveys/<int:pk>/export/", survey_results.export, name="survey_export"),
    path("surveys/<int:pk>/<slug:action>/", surveys.act, name="survey_act"),
    path("articles/", articles.index, name="articles"),
    path("articles/new/", articles.new, name="new_article"),
    path("articles/<int:pk>/", articles.edit, name="article"),
    path("articles/<int:pk>/delete/", articles.delete, name="delete_article"),
    path("customers/<int:pk>/surveys/", survey_results.panel, name="panel_surveys"),
    path("customers/<int:pk>/ask/", survey_results.ask, name="ask"),
]

public_patterns = [
    path("s/<str:token>", answering.answer, name="survey_answer"),
    path("portal/<slug:slug>/", portal.home, name="portal"),
    path("portal/<slug:slug>/link/", portal.link, name="portal_link"),
    path("portal/<slug:slug>/articles/<slug:article>/", portal.article, name="portal_article"),
    path("portal/<slug:slug>/me/<str:token>/", portal.me, name="portal_me"),
    path("portal/<slug:slug>/me/<str:token>/preferences/", portal.preference, name="portal_preferences"),
]
