"""The root of the REST API: which nouns there are. Each app brings serializers and viewset of its nouns."""

from django.urls import include, path
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView
from rest_framework.routers import SimpleRouter

from analytics.api import kpis
from campaigns.api import campaigns, messages, offers, points, templates
from customers.api import calls, customers, imports, interactions, orders, segments, topics
from cxm.rest import schema  # noqa: F401 -- the import teaches drf-spectacular our keys
from feedback.api import articles, cases, responses, surveys
from journeys.api import automations, maps

router = SimpleRouter()
router.register("offers", offers.OfferViewSet, basename="offer")
router.register("points", points.PointsViewSet, basename="points")
router.register("customers", customers.CustomerViewSet, basename="customer")
router.register("orders", orders.OrderViewSet, basename="order")
router.register("topics", topics.TopicViewSet, basename="topic")
router.register("interactions", interactions.InteractionViewSet, basename="interaction")
router.register("calls", calls.CallViewSet, basename="call")
router.register("segments", segments.SegmentViewSet, basename="segment")
router.register("templates", templates.TemplateViewSet, basename="template")
router.register("campaigns", campaigns.CampaignViewSet, basename="campaign")
router.register("messages", messages.MessageViewSet, basename="message")
router.register("automations", automations.AutomationViewSet, basename="automation")
router.register("surveys", surveys.SurveyViewSet, basename="survey")
router.register("responses", responses.ResponseViewSet, basename="response")
router.register("maps", maps.MapViewSet, basename="map")
router.register("articles", articles.ArticleViewSet, basename="article")
router.register("cases", cases.CaseViewSet, basename="case")
router.register("kpis", kpis.KpiViewSet, basename="kpi")
router.register("imports", imports.ImportViewSet)

urlpatterns = [
    path("api/schema/", SpectacularAPIView.as_view(), name="api_schema"),
    path(
        "api/docs/",
        SpectacularSwaggerSplitView.as_view(url_name="api_schema", template_name="rest/docs.html"),
        name="api_docs",
    ),
    path("api/v1/", include(router.urls)),
    path(
        "api/v1/imports/<int:pk>/rejects.csv", imports.ImportViewSet.as_view({"get": "rejects"}), name="import_rejects"
    ),
]
