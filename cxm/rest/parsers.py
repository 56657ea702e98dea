"""Bodies of the REST API."""

from collections.abc import Mapping
from typing import Any, BinaryIO

from rest_framework.parsers import BaseParser

from cxm.rest import strict_json


class StrictJSONParser(BaseParser):
    """JSON that PostgreSQL can keep. The size was judged before: Django reads no further than Content-Length."""

    media_type = "application/json"

    def parse(self, stream: BinaryIO, media_type: str | None = None, parser_context: Mapping | None = None) -> Any:
        return strict_json.loads(stream.read())
