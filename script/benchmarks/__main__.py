"""`script/bench [NAME…] [--json FILE]`: runs benchmarks, prints a table, says which first lines are missed."""

import argparse
import contextlib
import importlib
import json
import math
import os
import platform
import subprocess
import sys
import tempfile
from pathlib import Path

import django
import psutil
import psycopg2
import redis

from benchmarks import frame
from cxm.local import launch, postgres, services
from cxm.local.home import CHECKOUT, Home, Trouble, say

HERE = Path(__file__).parent
TEMPLATE = "bench_template"


def main() -> int:
    options = parse()
    if options.inner:
        return measure_here(options)
    names = options.names or registered()
    unknown = sorted(set(names) - set(registered()))
    if unknown:
        say(f"No such benchmark: {', '.join(unknown)}. There are: {', '.join(registered())}.")
        return 2
    home = Home(Home.from_environment().root / "bench").made()
    try:
        with services.using(home, given={}) as urls:
            make_template(home, urls)
            figures = [found for name in names if (found := attempted(home, urls, name, options))]
    except Trouble as trouble:
        say(str(trouble))
        return 1
    report = {"machine": machine(), "benchmarks": figures}
    print(table(figures, report["machine"]))
    if options.json:
        options.json.write_text(json.dumps(report, indent=2) + "\n")
    return 0 if len(figures) == len(names) and all(entry["first_line_reached"] for entry in figures) else 1


def attempted(home: Home, urls: dict[str, str], name: str, options: argparse.Namespace) -> dict | None:
    """A benchmark's figures; None where it failed: what the others measure is worth reading all the same."""
    try:
        return figure(home, urls, name, options)
    except Trouble as trouble:
        say(str(trouble))
        return None


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="script/bench", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(registered()) or "(none yet)")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures here as JSON")
    parser.add_argument("--repeats", type=int, default=5, help="laps of each, at least 5 for figures worth quoting")
    parser.add_argument("--scale", type=float, default=1.0, help="a share of the full size, for a quick look")
    parser.add_argument("--no-growth", action="store_true", help="leave out the run at a tenth of the size")
    parser.add_argument("--inner", nargs=2, metavar=("SIZE", "FILE"), help=argparse.SUPPRESS)
    return parser.parse_args()


def registered() -> list[str]:
    return sorted(file.stem for file in HERE.glob("*.py") if file.stem != "frame" and not file.stem.startswith("_"))


def load(name: str):
    return importlib.import_module(f"benchmarks.{name}")


# --- one measurement, in a process of its own ---------------------------------------------------


def measure_here(options: argparse.Namespace) -> int:
    size, target_file = int(options.inner[0]), Path(options.inner[1])
    django.setup()
    module = load(options.names[0])
    bench = frame.Bench(name=options.names[0], size=size, target=module.TARGET, repeats=options.repeats)
    result = module.run(bench).as_json()
    described = {"title": module.TITLE, "floor_is": module.FLOOR, "unit": module.UNIT}
    described |= {"first_line": module.TARGET.first_line, "goal": module.TARGET.goal, "most": module.TARGET.most}
    described["facts_at_most"] = limits = getattr(module, "MOST", {})
    described["first_line_reached"] = module.TARGET.reached(result["ratio"]) and all(
        result["facts"][fact] <= most for fact, most in limits.items()
    )
    described["full_size"] = module.SIZE
    target_file.write_text(json.dumps(result | described))
    return 0


def figure(home: Home, urls: dict[str, str], name: str, options: argparse.Namespace) -> dict:
    """The benchmark at its full size, and the exponent of its growth from a tenth of it."""
    size = max(10, int(size_of(name) * options.scale))
    full = measured(home, urls, name, size, options.repeats)
    full["name"] = name
    if not options.no_growth:
        small = measured(home, urls, name, size // 10, min(3, options.repeats))
        full["growth"] = math.log(full["figure"]["seconds"] / small["figure"]["seconds"]) / math.log(
            size / (size // 10)
        )
        full["floor_growth"] = math.log(full["floor"]["seconds"] / small["floor"]["seconds"]) / math.log(
            size / (size // 10)
        )
    return full


def size_of(name: str) -> int:
    """SIZE as the module writes it; read without importing, because importing needs Django set up."""
    for line in (HERE / f"{name}.py").read_text().splitlines():
        if line.startswith("SIZE ="):
            return int(line.split("=")[1].split("#")[0].strip().replace("_", ""))
    raise Trouble(f"script/benchmarks/{name}.py must have a line like `SIZE = 500_000`.")


def measured(home: Home, urls: dict[str, str], name: str, size: int, repeats: int) -> dict:
    database = f"bench_{name}"
    own = fresh_database(home, urls, database)
    with tempfile.NamedTemporaryFile(suffix=".json") as answer:
        words = [sys.executable, "-m", "benchmarks", name, "--repeats", str(repeats), "--inner", str(size), answer.name]
        try:
            if subprocess.run(words, env=environment(home, own), check=False).returncode:
                raise Trouble(f"The benchmark {name} failed at size {size:,}; the lines above say why.")
            return json.loads(Path(answer.name).read_text())
        finally:
            administer(home, f"DROP DATABASE IF EXISTS {database} WITH (FORCE)")


# --- servers ------------------------------------------------------------------------------------


def environment(home: Home, urls: dict[str, str]) -> dict[str, str]:
    given = {name: value for name, value in os.environ.items() if name not in {"EMAIL_URL", "CXM_BASE_URL"}}
    variables = launch.environment(home, urls, given=given)
    variables["PYTHONPATH"] = os.pathsep.join([str(HERE.parent), variables["PYTHONPATH"]])
    return variables


def administer(home: Home, statement: str) -> None:
    with contextlib.closing(postgres.connect(postgres.Server(home), user="cxm")) as connection:
        connection.cursor().execute(statement)


def make_template(home: Home, urls: dict[str, str]) -> None:
    say("Making an empty database with all tables …")
    administer(home, f"DROP DATABASE IF EXISTS {TEMPLATE} WITH (FORCE)")
    administer(home, f"CREATE DATABASE {TEMPLATE}")
    own = urls | {"DATABASE_URL": postgres.Server(home).url(database=TEMPLATE)}
    words = launch.manage("migrate", "--no-input", "--verbosity", "0")
    if subprocess.run(words, env=environment(home, own), stdout=sys.stderr, check=False).returncode:
        raise Trouble("The tables could not be made; the lines above say why.")


def fresh_database(home: Home, urls: dict[str, str], name: str) -> dict[str, str]:
    administer(home, f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
    administer(home, f"CREATE DATABASE {name} TEMPLATE {TEMPLATE}")
    with redis.Redis.from_url(urls["REDIS_URL"]) as broker:
        broker.flushdb()
    return urls | {"DATABASE_URL": postgres.Server(home).url(database=name)}


# --- telling ------------------------------------------------------------------------------------


def machine() -> dict:
    model = next(
        (line.split(":", 1)[1].strip() for line in cpu_lines() if line.startswith("model name")), platform.processor()
    )
    return {
        "processor": model,
        "cores": psutil.cpu_count(),
        "memory_gb": round(psutil.virtual_memory().total / 2**30, 1),
        "system": platform.platform(),
        "python": platform.python_version(),
        "django": django.get_version(),
        "postgresql": postgres.program_version(),
        "psycopg2": psycopg2.__version__,
        "load_average": os.getloadavg(),
    }


def cpu_lines() -> list[str]:
    path = Path("/proc/cpuinfo")
    return path.read_text().splitlines() if path.exists() else []


def table(figures: list[dict], about: dict) -> str:
    lines = [
        "",
        f"{about['processor']}, {about['cores']} cores, {about['memory_gb']} GB, {about['system']}, "
        f"Python {about['python']}, PostgreSQL {about['postgresql']}, load {about['load_average'][0]:.1f}",
        "Median (least–most) a second; ratio = figure ÷ floor; growth = exponent from a tenth of the size.",
        "",
        "| bench | size | floor | figure | ratio | first line | goal | growth |",
        "|---|---|---|---|---|---|---|---|",
    ]
    lines += [row(entry) for entry in figures]
    lines += [f"  {entry['name']}: {told(entry, fact)}" for entry in figures for fact in entry["facts"]]
    return "\n".join(lines)


def told(entry: dict, fact: str) -> str:
    value, most = entry["facts"][fact], entry["facts_at_most"].get(fact)
    if most is None:
        return f"{fact} = {value}"
    return f"{fact} = {value} (≤ {most:g} {'reached' if value <= most else 'MISSED'})"


def row(entry: dict) -> str:
    def spread(part: dict) -> str:
        return f"{part['median']:,.1f} ({part['least']:,.1f}–{part['most']:,.1f}) {entry['unit']}/s"

    target = frame.Target(entry["first_line"], entry["goal"], entry["most"])
    sign, mark = ("≤" if target.most else "≥"), ("reached" if target.reached(entry["ratio"]) else "MISSED")
    line, goal = (
        ("–", "–") if target.first_line is None else (f"{sign} {target.first_line:g} {mark}", f"{sign} {target.goal:g}")
    )
    growth = f"{entry['growth']:.2f} (floor {entry['floor_growth']:.2f})" if "growth" in entry else "–"
    return (
        f"| {entry['name']} | {entry['size']:,} | {spread(entry['floor'])} | {spread(entry['figure'])} "
        f"| {entry['ratio']:.3f} | {line} | {goal} | {growth} |"
    )


if __name__ == "__main__":
    os.chdir(CHECKOUT)
    sys.exit(main())
