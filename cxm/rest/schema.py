"""What drf-spectacular cannot see by itself: the key, the errors every call may get, the headers of writes."""

from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.openapi import AutoSchema

ERROR = {
    "type": "object",
    "required": ["error"],
    "properties": {
        "error": {
            "type": "object",
            "required": ["code", "message", "fields"],
            "properties": {
                "code": {"type": "string", "description": "For programs; does not change with the language."},
                "message": {"type": "string", "description": "For people, in the language of Accept-Language."},
                "fields": {
                    "type": "object",
                    "additionalProperties": {"type": "string"},
                    "description": "What is wrong with each input, by its path.",
                },
            },
        }
    },
}
ERRORS = {
    "400": "The call is malformed, or a rule refuses it.",
    "401": "The key is missing, unknown or revoked.",
    "403": "The key does not carry the scope.",
    "404": "There is no such thing for this tenant.",
    "405": "The address does not know this method.",
    "406": "Only JSON is spoken.",
    "409": "Not possible in the present state.",
    "413": "The body is too large.",
    "415": "The body is of a type that is not understood.",
    "422": "The Idempotency-Key was used for another call.",
    "429": "Too many calls; Retry-After says when to come again.",
}
WRITE_ONLY = {"409", "413", "415", "422"}
WRITES = {"post", "put", "patch", "delete"}
IDEMPOTENCY_KEY = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": False,
    "description": "Any text of up to 255 characters, new for each call: a repetition within 24 hours is answered "
    "from the first answer and writes nothing again.",
    "schema": {"type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[\\x21-\\x7e]+$"},
}


class ApiKeyScheme(OpenApiAuthenticationExtension):
    target_class = "cxm.accounts.authentication.ApiKeyAuthentication"
    name = "apiKey"

    def get_security_definition(self, auto_schema: AutoSchema) -> dict:
        return {"type": "http", "scheme": "bearer", "description": "An API key of the tenant."}


def describe_frame(result: dict, generator, request, public) -> dict:
    """Add to every operation what the frame answers and takes; a postprocessing hook of drf-spectacular."""
    result.setdefault("components", {}).setdefault("schemas", {})["Error"] = ERROR
    for path in result.get("paths", {}).values():
        for method, operation in path.items():
            if method not in WRITES | {"get"}:
                continue
            for status, text in ERRORS.items():
                if method in WRITES or status not in WRITE_ONLY:
                    operation["responses"].setdefault(status, _error(status, text))
            if method in WRITES:
                operation.setdefault("parameters", []).append(IDEMPOTENCY_KEY)
    return result


def _error(status: str, text: str) -> dict:
    response = {
        "description": text,
        "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Error"}}},
    }
    if status == "429":
        response["headers"] = {
            "Retry-After": {"description": "Whole seconds.", "schema": {"type": "integer", "minimum": 1}}
        }
    return response
