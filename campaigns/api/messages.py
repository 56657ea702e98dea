"""Single messages over the API."""

from drf_spectacular.utils import OpenApiExample, extend_schema, extend_schema_field, extend_schema_serializer
from rest_framework import mixins, serializers
from rest_framework.request import Request
from rest_framework.response import Response

from campaigns.domain import messages, templates
from campaigns.models import Message
from cxm.rest.viewsets import TenantViewSet

KINDS = ("api",)  # what programs sent themselves; the rest of the ledger is read with its campaign, survey or case


class MessageSerializer(serializers.ModelSerializer):
    """A message of the ledger: its state, why, and what its recipient did."""

    customer = serializers.IntegerField(source="customer_id", allow_null=True)
    external_id = serializers.CharField(source="customer.external_id", default=None, allow_null=True)
    state = serializers.ChoiceField(Message.State.choices, source="shown_state", read_only=True)

    class Meta:
        model = Message
        fields = ["id", "customer", "external_id", "address", "language", "state", "reason", "reply", "created_at",
                  "sent_at", "opened_at", "opened_machine_at", "clicked_at", "clicked_machine_at", "unsubscribed_at",
                  "converted_at", "revenue"]  # fmt: skip


@extend_schema_field({"oneOf": [{"type": "integer"}, {"type": "string"}]})
class Recipient(serializers.Field):
    """A customer's id or external id, or an address."""

    def to_internal_value(self, data: object) -> int | str:
        if isinstance(data, bool) or not isinstance(data, int | str) or not 0 < len(str(data)) <= 320:
            raise serializers.ValidationError(str(messages.BadRecipient.message))
        return data

    def to_representation(self, value: object) -> object:
        return value


@extend_schema_serializer(
    examples=[
        OpenApiExample(
            "To a customer by the number of your shop",
            value={"to": "A-1042", "template": 1, "data": {"order_id": "10042"}},
            request_only=True,
        )
    ]
)
class SendSerializer(serializers.Serializer):
    """``to``: a customer's id or external id, or an address; ``data``: merge fields under ``data.``"""

    to = Recipient()
    template = serializers.IntegerField(max_value=2**63 - 1)
    data = serializers.DictField(required=False, default=dict)


class MessageViewSet(mixins.ListModelMixin, TenantViewSet):
    """Messages that programs send to one person. What class they are follows from the template's kind."""

    queryset = Message.objects.all()
    serializer_class = MessageSerializer
    scopes = {"read": "messages.send", "write": "messages.send"}

    def get_queryset(self):
        return messages.ledger(kinds=KINDS, state=self.request.query_params.get("state", ""))

    def retrieve(self, request: Request, pk: str) -> Response:
        return Response(MessageSerializer(messages.get(message_id=int(pk), kinds=KINDS)).data)

    @extend_schema(request=SendSerializer, responses={202: MessageSerializer})
    def create(self, request: Request) -> Response:
        """Queue a message; 202 with its id and state."""
        sent = SendSerializer(data=request.data)
        sent.is_valid(raise_exception=True)
        said = sent.validated_data
        made = messages.send(
            to=messages.recipient(to=said["to"]),
            template=templates.get(template_id=said["template"]),
            data=said["data"],
            by=request.actor,
        )
        return Response(MessageSerializer(made).data, status=202)
