"""Segment rules from outside: read, asked, put in words.

A rule passes through ``rules_limits`` (size), ``rules_parse`` (JSON → tree, against the catalogue), ``rules_sql``
(tree → one query) or ``rules_words`` (tree → sentence). ``rules_time`` tells whom time alone may move.
"""

from customers.domain.rules_fields import Catalogue, load
from customers.domain.rules_limits import InvalidRule
from customers.domain.rules_parse import parse, reachable
from customers.domain.rules_sql import compile
from customers.domain.rules_time import depends, touched

__all__ = ["Catalogue", "InvalidRule", "compile", "depends", "load", "parse", "reachable", "touched"]
