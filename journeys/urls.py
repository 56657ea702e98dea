"""Addresses of journeys within a tenant: /app/SLUG/journeys/…"""

from django.urls import path

from journeys.views import automations, builder, simulation

app_name = "journeys"

urlpatterns = [
    path("automations/", automations.index, name="automations"),
    path("automations/new/", automations.new, name="automation_new"),
    path("automations/<int:pk>/", automations.detail, name="automation"),
    path("automations/<int:pk>/live/", automations.live, name="automation_live"),
    path("automations/<int:pk>/act/", automations.act, name="automation_act"),
    path("automations/<int:pk>/enrol/", automations.enrol, name="automation_enrol"),
    path("automations/<int:pk>/people/", automations.people, name="automation_people"),
    path("automations/<int:pk>/build/", builder.build, name="automation_build"),
    path("automations/<int:pk>/draw/", builder.draw, name="automation_draw"),
    path("automations/<int:pk>/steps/<str:node>/<str:key>/", builder.rule, name="automation_rule"),
    path("automations/<int:pk>/publish/", builder.publish, name="automation_publish"),
    path("automations/<int:pk>/simulate/", simulation.simulate, name="automation_simulate"),
    path("customers/<int:pk>/automations/", automations.panel, name="panel_automations"),
    path("passages/<int:pk>/", automations.passage, name="passage"),
    path("passages/<int:pk>/take-out/", automations.take_out, name="passage_take_out"),
]
