"""The second step of signing in: a code counts whatever digits the telephone's keyboard writes."""

from allauth.mfa.base import forms as base
from allauth.mfa.totp import forms as totp

from cxm.lib import text


class _AnyDigits:
    """Reads a code with Arabic or Persian digits as the same code."""

    def clean_code(self) -> str:
        self.cleaned_data["code"] = text.fold(self.cleaned_data["code"])
        return super().clean_code()


class AuthenticateForm(_AnyDigits, base.AuthenticateForm):
    """Asked for at each sign-in."""


class ReauthenticateForm(_AnyDigits, base.ReauthenticateForm):
    """Asked for before the way of signing in changes."""


class ActivateForm(_AnyDigits, totp.ActivateTOTPForm):
    """Asked for when it is turned on."""
