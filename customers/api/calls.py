"""What a telephone system reports of its calls."""

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import mixins, serializers
from rest_framework.request import Request
from rest_framework.response import Response

from customers.domain import call_facts, calls
from customers.models import Call
from cxm.rest.fields import MomentField
from cxm.rest.viewsets import TenantViewSet


class CallSerializer(serializers.ModelSerializer):
    """A call as it stands, and whose number it is."""

    queue = serializers.CharField(source="queue.key", allow_null=True, default=None)
    agent = serializers.CharField(source="agent.user.email", allow_null=True, default=None)

    class Meta:
        model = Call
        fields = ["id", "call_id", "state", "number", "queue", "agent", "match", "customer", "started_at",
                  "answered_at", "ended_at", "closed_at"]  # fmt: skip


class CallInput(serializers.Serializer):
    """One word about a call. Words may come twice, late and out of order."""

    call_id = serializers.CharField(max_length=200, help_text="Your own id of the call.")
    state = serializers.ChoiceField(choices=call_facts.STATES)
    number = serializers.CharField(
        required=False, allow_blank=True, max_length=64, help_text="The caller's; empty or `anonymous` when withheld."
    )
    queue = serializers.CharField(required=False, allow_blank=True, max_length=100, help_text="Where it rings.")
    agent = serializers.CharField(
        required=False, allow_blank=True, max_length=254, help_text="Who takes it: extension or address."
    )
    at = MomentField(required=False, help_text="When it was so; now if left out.")


class CallViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, TenantViewSet):
    """Calls: a telephone system reports ``ringing``, ``answered``, ``ended``; the caller's card opens at ringing."""

    scopes = {"read": "customers.view", "write": "calls.write"}
    serializer_class = CallSerializer
    queryset = Call.objects.select_related("queue", "agent__user").defer("agent__user__password")

    @extend_schema(request=CallInput, responses={200: CallSerializer})
    def create(self, request: Request) -> Response:
        """Report what became of a call."""
        form = CallInput(data=request.data)
        form.is_valid(raise_exception=True)
        call = calls.tell(by=request.actor, now=timezone.now(), **form.validated_data)
        return Response(CallSerializer(calls.get(call.pk)).data)
