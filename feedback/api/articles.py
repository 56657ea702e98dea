"""Help articles over the API."""

from django.db.models import QuerySet
from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework import mixins, serializers, status
from rest_framework.request import Request
from rest_framework.response import Response

from cxm.rest.viewsets import TenantViewSet
from feedback.domain import articles
from feedback.models import Article


class ArticleSerializer(serializers.ModelSerializer):
    class Meta:
        model = Article
        fields = ["id", "slug", "state", "section", "section_ar", "title", "title_ar", "body", "body_ar", "helped",
                  "not_helped", "created_at", "updated_at", "published_at"]  # fmt: skip


class ArticleInput(serializers.Serializer):
    """An article; one language is enough. Fields left out stay as they are."""

    slug = serializers.RegexField(r"^[a-z0-9]([a-z0-9-]{0,78}[a-z0-9])?$", required=False)
    state = serializers.ChoiceField(choices=Article.State.choices, required=False)
    section = serializers.CharField(required=False, allow_blank=True, max_length=100)
    section_ar = serializers.CharField(required=False, allow_blank=True, max_length=100)
    title = serializers.CharField(required=False, allow_blank=True, max_length=200)
    title_ar = serializers.CharField(required=False, allow_blank=True, max_length=200)
    body = serializers.CharField(required=False, allow_blank=True, max_length=30_000)
    body_ar = serializers.CharField(required=False, allow_blank=True, max_length=30_000)


class ArticleViewSet(mixins.ListModelMixin, TenantViewSet):
    """Help articles, the latest changed first; ``search`` folds Arabic and finds words anywhere."""

    scopes = {"read": "feedback.view", "write": "feedback.change"}
    serializer_class = ArticleSerializer
    queryset = Article.objects.all()
    ordering = "-updated_at"

    def filter_queryset(self, queryset: QuerySet[Article]) -> QuerySet[Article]:
        asked = self.request.query_params
        state = asked.get("state", "")
        known = state if state in Article.State.values else ""
        return articles.listed(asked=asked.get("search", "").replace("\0", ""), state=known)

    @extend_schema(
        parameters=[
            OpenApiParameter("search", OpenApiTypes.STR, description="Words, found anywhere; folded."),
            OpenApiParameter("state", OpenApiTypes.STR, enum=Article.State.values),
        ]
    )
    def list(self, request: Request, *args: object, **kwargs: object) -> Response:
        """Articles, the latest changed first."""
        return super().list(request, *args, **kwargs)

    @extend_schema(request=ArticleInput, responses={201: ArticleSerializer})
    def create(self, request: Request) -> Response:
        """Write an article."""
        made = articles.create(by=request.actor, now=timezone.now(), **_said(request))
        return Response(ArticleSerializer(made).data, status=status.HTTP_201_CREATED)

    def retrieve(self, request: Request, pk: str) -> Response:
        """One article."""
        return Response(ArticleSerializer(articles.get(int(pk))).data)

    @extend_schema(request=ArticleInput)
    def partial_update(self, request: Request, pk: str) -> Response:
        """Change what is said, leave the rest."""
        article = articles.get(int(pk))
        changed = articles.change(article=article, by=request.actor, now=timezone.now(), **_said(request))
        return Response(ArticleSerializer(changed).data)

    @extend_schema(responses={204: OpenApiResponse(description="Gone.")})
    def destroy(self, request: Request, pk: str) -> Response:
        """Take an article away."""
        articles.delete(article=articles.get(int(pk)), by=request.actor)
        return Response(status=status.HTTP_204_NO_CONTENT)


def _said(request: Request) -> dict:
    form = ArticleInput(data=request.data)
    form.is_valid(raise_exception=True)
    return dict(form.validated_data)
