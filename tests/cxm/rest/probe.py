"""A noun that exists for the tests of the frame alone."""

from django.urls import include, path
from rest_framework import mixins, serializers
from rest_framework.decorators import action
from rest_framework.response import Response
from rest_framework.routers import SimpleRouter

from customers.models import Tag
from cxm import api
from cxm.lib.errors import Conflict
from cxm.rest import idempotency
from cxm.rest.viewsets import TenantViewSet


class TagSerializer(serializers.ModelSerializer):
    class Meta:
        model = Tag
        fields = ["id", "name", "name_key"]


class ProbeViewSet(
    mixins.ListModelMixin, mixins.RetrieveModelMixin, mixins.CreateModelMixin, mixins.DestroyModelMixin, TenantViewSet
):
    queryset = Tag.objects.all()
    serializer_class = TagSerializer
    scopes = {"read": "customers.view", "write": "customers.change", "secret": "settings.manage"}
    ordering = "name_key"

    @action(detail=False, methods=["post"])
    def explode(self, request) -> Response:
        Tag.objects.create(name="never", name_key="never")
        raise ZeroDivisionError("a secret of ours")

    @action(detail=False, methods=["post"])
    def refuse(self, request) -> Response:
        Tag.objects.create(name="never", name_key="never")
        raise Conflict("Not now.", fields={"state": "It is closed."})

    @action(detail=False, methods=["post"])
    def recite(self, request) -> Response:
        Tag.objects.create(name="once", name_key="once")
        return Response({"long": "x" * (idempotency.MAX_ANSWER - len('{"long":""}') + request.data["over"])})

    @action(detail=False, methods=["post"])
    def secret(self, request) -> Response:
        return Response({})


class ClosedViewSet(mixins.ListModelMixin, TenantViewSet):
    queryset = Tag.objects.all()
    serializer_class = TagSerializer


router = SimpleRouter()
router.register("probes", ProbeViewSet, basename="probe")
router.register("closed", ClosedViewSet, basename="closed")
urlpatterns = [path("api/v1/", include(router.urls)), *api.urlpatterns]
