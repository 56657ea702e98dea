"""The rules of the house that no ready-made linter knows. Prints one line for each breach."""

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parents[1]
FUNCTION_LIMIT = 60  # lines; the hard stop
FILE_LIMIT = 500
VAGUE = re.compile(r"^_?(utils?|helpers?|common|misc)(_.*)?$|_(utils?|helpers?)$")
SIDES = re.compile(
    r"(?<![\w-])(?:(?:margin|padding|border|inset|scroll-margin|scroll-padding)-(?:left|right)[\w-]*"
    r"|border-(?:top|bottom)-(?:left|right)-radius|left|right)\s*:"
    r"|(?<![\w-])(?:text-align|float|clear)\s*:\s*(?:left|right)\b"
)
INLINE = {
    re.compile(r"\sstyle\s*=\s*[\"']"): "style= is refused by the content security policy; use a class",
    re.compile(r"<style\b(?![^>]*\bnonce=)"): "<style> without a nonce is refused; use static/css",
    re.compile(r"<script\b(?![^>]*\bsrc=)(?![^>]*type=\"application/json\")"): "a script needs src=; use static/js",
    re.compile(r"\son[a-z]+\s*=\s*[\"']"): "an inline handler is refused by the content security policy; use static/js",
    re.compile(r"\shx-on[:\-=]"): "hx-on is evaluated code and refused by the content security policy; use static/js",
}
# Split, so that this file does not break its own rule.
HOSTS = [f"{host}.{ending}" for host, ending in (
    ("registry.npmjs", "org"), ("pypi", "org"), ("pythonhosted", "org"), ("deb.debian", "org"),
    ("registry.yarnpkg", "com"), ("docker", "io"), ("ghcr", "io"), ("quay", "io"),
)]  # fmt: skip
PLACES = re.compile(r"(?<![\w.:/-])/(?:wo" + r"rk|ro" + r"ot|ho" + r"me/\w+|Us" + r"ers/\w+)/")
ENDINGS_OF_TEXT = {
    ".py", ".html", ".css", ".js", ".json", ".toml", ".yml", ".yaml", ".md", ".txt", ".lock", ".sql", ".sh", ".cfg", "",
}  # fmt: skip


def main() -> int:
    breaches = [breach for file in files() for breach in breaches_of(file)]
    for breach in breaches:
        print(breach)
    return 1 if breaches else 0


def files() -> list[Path]:
    """What git keeps or would keep."""
    words = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"]
    listed = subprocess.run(words, cwd=CHECKOUT, check=True, capture_output=True, text=True).stdout
    return [CHECKOUT / name for name in sorted(set(listed.split("\0"))) if name and (CHECKOUT / name).is_file()]


def breaches_of(file: Path) -> Iterator[str]:
    place = file.relative_to(CHECKOUT)
    yield from vague_names(place)
    if file.suffix not in ENDINGS_OF_TEXT:
        return
    try:
        text = file.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        return
    yield from foreign_addresses(place, text)
    if file.suffix == ".py" and not {"tests", "migrations"} & set(place.parts):
        yield from lengths(place, text)
    if place.parts[0] == "templates" or (place.parts[0] == "static" and file.suffix == ".css"):
        yield from sides(place, text)
    if "templates" in place.parts and file.suffix == ".html":
        yield from inline_code(place, text)


def vague_names(place: Path) -> Iterator[str]:
    for part in (*place.parts[:-1], place.stem):
        if VAGUE.search(part):
            yield f"{place}: {part!r} names no topic; name it after what it is about"


def lengths(place: Path, text: str) -> Iterator[str]:
    count = text.count("\n")
    if count > FILE_LIMIT:
        yield f"{place}: {count} lines, the limit is {FILE_LIMIT}; split it by topic"
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            lines = node.end_lineno - node.lineno + 1
            if lines > FUNCTION_LIMIT:
                yield f"{place}:{node.lineno}: {node.name} has {lines} lines, the limit is {FUNCTION_LIMIT}; split it"


def sides(place: Path, text: str) -> Iterator[str]:
    text = re.sub(r"/\*.*?\*/", lambda match: "\n" * match.group().count("\n"), text, flags=re.DOTALL)
    for number, line in lines_with(SIDES, text):
        yield f"{place}:{number}: {line} names a side; use a logical property (inset-inline-end, …)"


def inline_code(place: Path, text: str) -> Iterator[str]:
    for pattern, remedy in INLINE.items():
        for number, line in lines_with(pattern, text):
            yield f"{place}:{number}: {line} {remedy}"


def foreign_addresses(place: Path, text: str) -> Iterator[str]:
    for host in HOSTS:
        if host in text:
            number = text[: text.index(host)].count("\n") + 1
            yield f"{place}:{number}: names the host {host}; the clients know where to fetch from"
    for number, line in lines_with(PLACES, text):
        yield f"{place}:{number}: {line} is a path of one machine; make it relative to the checkout or CXM_HOME"


def lines_with(pattern: re.Pattern, text: str) -> Iterator[tuple[int, str]]:
    for match in pattern.finditer(text):
        yield text[: match.start()].count("\n") + 1, match.group().strip()


if __name__ == "__main__":
    sys.exit(main())
