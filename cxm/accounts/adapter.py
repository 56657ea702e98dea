"""What allauth asks of us."""

from allauth.account.adapter import DefaultAccountAdapter
from django.http import HttpRequest


class AccountAdapter(DefaultAccountAdapter):
    """Nobody signs up alone: people come by invitation."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False
