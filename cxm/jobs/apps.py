from django.apps import AppConfig


class JobsConfig(AppConfig):
    name = "cxm.jobs"
    label = "jobs"
