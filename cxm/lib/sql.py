"""SQL that is really SQL lives in `.sql` files: named statements, loaded once.

-- name: members
-- walks (tenant_id, segment_id) of the primary key
select …
"""

import re
from collections.abc import Mapping
from functools import lru_cache
from importlib import resources
from types import MappingProxyType

_NAME = re.compile(r"^--\s*name:\s*([a-z][a-z0-9_]*)\s*$", re.MULTILINE)
_COMMENT_LINE = re.compile(r"^\s*--.*\n?", re.MULTILINE)


@lru_cache(maxsize=256)
def load(package: str, file: str) -> Mapping[str, str]:
    """The statements of one file by name: `load("customers.domain", "queries/members.sql")["members"]`.

    Lines of comment are left out: a per cent sign in one would be taken for a parameter. Raises ValueError
    for a name given twice or none at all, KeyError (of the mapping) for a statement that is not there.
    """
    source = resources.files(package).joinpath(file).read_text(encoding="utf-8")
    _, *parts = _NAME.split(source)
    statements: dict[str, str] = {}
    for name, body in zip(parts[::2], parts[1::2], strict=True):
        if name in statements:
            raise ValueError(f"{package}/{file} names {name} twice")
        statements[name] = _COMMENT_LINE.sub("", body).strip().rstrip(";").rstrip()
    if not statements:
        raise ValueError(f"{package}/{file} names no statement: begin each with -- name: x")
    return MappingProxyType(statements)
