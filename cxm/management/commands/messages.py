"""Keeps the Arabic catalogue in step with the sources."""

from pathlib import Path

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils.translation.template import templatize

from cxm.lib import catalogue

LANGUAGE = "ar"
PACKAGES = ("cxm", "customers", "campaigns", "feedback", "journeys", "analytics")
SHOWN = 60  # faults listed; whoever has more begins with these
TEMPLATES = (".html", ".txt", ".xml", ".svg")


class Command(BaseCommand):
    help = (
        "Reads every marked string into locale/ar. With --merge DIR it takes translations from JSON files, with "
        "--compile it writes the compiled catalogue, with --check it fails naming what is missing."
    )
    requires_system_checks = []

    def add_arguments(self, parser):
        parser.add_argument("--merge", type=Path, metavar="DIR")
        parser.add_argument("--compile", action="store_true")
        parser.add_argument("--check", action="store_true")

    def handle(self, *, merge, check, **options):
        path = Path(settings.LOCALE_PATHS[0]) / LANGUAGE / "LC_MESSAGES" / "django.po"
        if check:
            self._check(path)
        elif merge is not None or not options["compile"]:
            self._update(path, merge)
        if options["compile"] and path.exists():
            catalogue.compile_file(path, language=LANGUAGE)

    def _check(self, path):
        faults = list(catalogue.faults(catalogue.load(path, language=LANGUAGE), _sources()))
        for fault in faults[:SHOWN]:
            self.stdout.write(fault)
        if len(faults) > SHOWN:
            self.stdout.write(f"… and {len(faults) - SHOWN} more")
        if faults:
            raise CommandError(
                f"{len(faults)} strings need work: write the Arabic into locale/ar/LC_MESSAGES/django.po after "
                "`script/manage messages`, or merge JSON files with `script/manage messages --merge DIR`."
            )

    def _update(self, path, folder):
        sources = _sources()
        fragments = catalogue.read_fragments(folder) if folder else {}
        old = catalogue.load(path, language=LANGUAGE)
        fresh = catalogue.merge(old=old, sources=sources, fragments=fragments, language=LANGUAGE)
        catalogue.save(fresh, path, language=LANGUAGE)
        unknown = sorted(message for context, message in fragments if (context, message) not in sources)
        for message in unknown:
            self.stderr.write(f"no source has this string: {message!r}")
        missing = sum(1 for message in fresh if message.id and not all(message.string or [""]))
        self.stdout.write(f"{len(sources)} strings, {missing} without a translation")


def _sources():
    root = Path(settings.BASE_DIR)
    files = [file for name in PACKAGES for file in (root / name).rglob("*.py") if "migrations" not in file.parts]
    folders = [root / "templates", *(root / name / "templates" for name in PACKAGES)]
    files += [file for folder in folders for file in folder.rglob("*") if file.suffix in TEMPLATES]
    return catalogue.read_sources(root=root, files=files, templatize=lambda text, place: templatize(text, origin=place))
