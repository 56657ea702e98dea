"""The one way in which a rule says no."""


class Refusal(Exception):
    """A request that a rule refuses, in words for the person who asked.

    Raised by domain functions, translated once per edge: the API answers ``status`` with ``code``, ``message`` and
    ``fields``; a page shows the message beside its cause. Subclass it beside the function that raises it.

    Args:
        message: a translated sentence that says what is wrong and how to mend it; the class's own when omitted.
        fields: what is wrong with each input, by its name or path, when the cause has one.
    """

    code = "refused"
    message = ""
    status = 400

    def __init__(self, message: str = "", *, fields: dict[str, str] | None = None, code: str = "") -> None:
        self.message = message or self.message
        self.fields = fields or {}
        self.code = code or self.code
        super().__init__(str(self.message))


class NotFound(Refusal):
    """The thing named does not exist for this tenant."""

    code = "not_found"
    status = 404


class Conflict(Refusal):
    """The thing is not in a state in which this can be done."""

    code = "conflict"
    status = 409
