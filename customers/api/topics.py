"""Topics over the API."""

from drf_spectacular.utils import extend_schema
from rest_framework import mixins, serializers, status
from rest_framework.request import Request
from rest_framework.response import Response

from customers.domain import topics
from customers.models import Topic
from cxm.rest.viewsets import TenantViewSet


class TopicSerializer(serializers.ModelSerializer):
    """A subject people can choose to hear about. Its slug follows from the name where none is given."""

    slug = serializers.SlugField(max_length=50, required=False)

    class Meta:
        model = Topic
        fields = ["id", "slug", "name", "name_ar", "description", "description_ar", "public"]


class TopicViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, TenantViewSet):
    """Topics."""

    scopes = {"read": "customers.view", "write": "settings.manage"}
    serializer_class = TopicSerializer
    queryset = Topic.objects.all()

    @extend_schema(request=TopicSerializer, responses={201: TopicSerializer})
    def create(self, request: Request) -> Response:
        """Add a topic."""
        form = self.get_serializer(data=request.data)
        form.is_valid(raise_exception=True)
        made = topics.create(by=request.actor, **form.validated_data)
        return Response(self.get_serializer(made).data, status=status.HTTP_201_CREATED)
