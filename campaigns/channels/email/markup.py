"""What HTML of a tenant may hold: e-mail's vocabulary, nothing that acts.

The sanitiser works on tags one by one (a tree builder would move Liquid out of tables) and writes every tag anew:
known elements, known attributes, values quoted and escaped. Comments go, except Outlook's conditional ones.
"""

import re

ELEMENTS = frozenset(
    """html head title meta style link body table thead tbody tfoot tr td th caption colgroup col div span p a img br hr
    h1 h2 h3 h4 h5 h6 ul ol li dl dt dd strong b em i u s strike sub sup small big blockquote pre code center font
    bdi bdo abbr address article section header footer main nav figure figcaption del ins mark picture source map area
    label input time q cite kbd samp var wbr tt""".split()
)
VOID = frozenset("area br col hr img input link meta source wbr".split())
# dropped together with what they hold
SWALLOWED = frozenset(
    """script iframe object applet noembed noframes noscript template svg math xmp plaintext listing audio video
    select textarea button frameset canvas""".split()
)
ATTRIBUTES = frozenset(
    """style class id dir lang title align valign width height bgcolor border bordercolor cellpadding cellspacing role
    background color face size href src alt target name type value rel media content charset http-equiv colspan rowspan
    nowrap start summary srcset sizes scope headers hspace vspace xmlns xmlns:v xmlns:o clear noshade checked for
    shape coords usemap datetime cite abbr axis char compact span hidden vertical-align vlink link alink text""".split()
)
_SAFE_META = frozenset({"content-type", "x-ua-compatible", "content-language", "default-style"})
_CSS_DANGER = re.compile(r"expression\s*\(|javascript:|vbscript:|behaviou?r\s*:|-moz-binding|</|<!", re.IGNORECASE)
_IMPORT = re.compile(r"@import(?!\s+(?:url\()?[\"']?https:)[^;]*;?", re.IGNORECASE)
_CONTROLS = re.compile(r"[\x00-\x20\x7f-\x9f\u200b-\u200f\u2028-\u202e\ufeff]+")
_SCHEME = re.compile(r"([a-z][a-z0-9+.-]*):", re.IGNORECASE)
_PICTURE_SCHEMES = frozenset({"http", "https", "cid"})
_DATA_PICTURE = re.compile(r"data:image/(?:png|jpe?g|gif|webp);base64,[a-z0-9+/=]*", re.IGNORECASE)
_CONDITION = re.compile(r"\[if [^\]<>]{1,80}\]>.*", re.DOTALL)
_INNER_TAG = re.compile(r"<\s*/?\s*([a-zA-Z][\w:.-]*)([^<>]*)")
_OUTLOOK = re.compile(r"(?:v|o|w):[a-z]+|xml|noscript", re.IGNORECASE)
_HANDLER = re.compile(r"(?:^|[\s\"'/])on[a-z]+\s*=|javascript:|vbscript:", re.IGNORECASE)


def scheme(address: str) -> str:
    """The scheme of an address as a browser reads it ("" for none), lower case."""
    found = _SCHEME.match(_CONTROLS.sub("", address))
    return found[1].lower() if found else ""


def is_safe_css(css: str) -> bool:
    return not _CSS_DANGER.search(css)


def style_sheet(css: str) -> str:
    """The content of a `<style>`, or nothing where it holds what acts."""
    css = _IMPORT.sub("", css)
    return css if is_safe_css(css) else ""


def allows(tag: str, attributes: dict[str, str]) -> bool:
    """Whether an element may stay, judged by its attributes too."""
    if tag not in ELEMENTS:
        return False
    if tag == "meta":
        return attributes.get("http-equiv", "content-type").lower() in _SAFE_META
    if tag == "link":
        return attributes.get("rel", "").lower() == "stylesheet" and scheme(attributes.get("href", "")) == "https"
    if tag == "input":
        return attributes.get("type", "").lower() in ("checkbox", "radio")
    return True


def allows_attribute(name: str, value: str) -> bool:
    """Whether an attribute (other than a link's address) may stay."""
    if name not in ATTRIBUTES and not re.fullmatch(r"(?:aria|data|mc|width|height)[:-][a-z0-9:-]+", name):
        return False
    if name == "style":
        return is_safe_css(value)
    if name in ("src", "background", "srcset"):
        found = scheme(value)
        return not found or found in _PICTURE_SCHEMES or bool(_DATA_PICTURE.fullmatch(value.strip()))
    return True


def conditional_comment(data: str) -> str | None:
    """Outlook's `<!--[if mso]>…<![endif]-->` when what it holds is harmless; None for every other comment.

    Kept as written (Outlook's XML minds its case). No `--` inside: nobody may disagree about where it ends.
    """
    if data == "<![endif]":
        return f"<!--{data}-->"
    if not _CONDITION.fullmatch(data) or "--" in data:
        return None
    for name, attributes in _INNER_TAG.findall(data):
        known = name.lower() in ELEMENTS or _OUTLOOK.fullmatch(name)
        if not known or _HANDLER.search(attributes) or _CSS_DANGER.search(attributes):
            return None
    return f"<!--{data}-->"
