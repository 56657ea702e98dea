"""What a password must be, in words of our own where Django's are not in its own Arabic."""

from django.contrib.auth.password_validation import MinimumLengthValidator
from django.utils.translation import ngettext


class LongEnough(MinimumLengthValidator):
    """So many characters at least."""

    def get_error_message(self) -> str:
        said = ngettext("Take at least %(count)s character.", "Take at least %(count)s characters.", self.min_length)
        return said % {"count": self.min_length}
