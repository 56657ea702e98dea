from django.apps import AppConfig


class RestConfig(AppConfig):
    name = "cxm.rest"
    label = "rest"
