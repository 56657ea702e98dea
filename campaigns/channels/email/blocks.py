"""Ready-made pieces a template asks for by name, put in before it is compiled: ``{{ survey.scale }}``.

They are markup of ours with Liquid in it, so that data never brings markup along.
"""

import re

from . import liquid

_SCALE = """{% if survey.scale %}\
<table role="presentation" width="100%" cellpadding="0" cellspacing="0" border="0" \
style="table-layout:fixed;width:100%">\
<tr>{% for step in survey.scale %}<td align="center" style="padding:2px">\
<a href="{{ step.url }}" style="display:block;padding:9px 0;border:1px solid {{ brand.color }};border-radius:6px;\
background-color:#ffffff;color:#1f2a2e;font-size:15px;line-height:1.4;font-weight:600;text-align:center;\
text-decoration:none">{{ step.label }}</a> </td>{% endfor %}</tr></table>\
<table role="presentation" width="100%" cellpadding="0" cellspacing="0" border="0" style="width:100%"><tr>\
<td align="START" style="padding:4px 2px;font-size:13px;line-height:1.4;color:#5d6b70;text-align:START">\
{{ survey.low }}</td>\
<td align="END" style="padding:4px 2px;font-size:13px;line-height:1.4;color:#5d6b70;text-align:END">\
{{ survey.high }}</td></tr></table>{% endif %}"""
_NAMED = re.compile(r"\{\{-?\s*survey\.scale\s*-?\}\}")


def expand(body: str, *, language: str) -> str:
    """Return a template's source with its ready-made pieces written out; a scale begins where the language does."""
    if "survey.scale" not in body:
        return body
    start, end = ("right", "left") if liquid.is_right_to_left(language) else ("left", "right")
    written = _SCALE.replace("START", start).replace("END", end)
    return _NAMED.sub(lambda _found: written, body)
