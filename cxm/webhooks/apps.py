from django.apps import AppConfig


class WebhooksConfig(AppConfig):
    name = "cxm.webhooks"
    label = "webhooks"
