"""The containers' exact commands, run here against the embedded servers: no Docker engine is needed."""

import contextlib
import os
import re
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import psycopg2
import pytest
import yaml

from cxm.local import postgres, processes, testing
from cxm.local.home import CHECKOUT

SERVICES = yaml.safe_load((CHECKOUT / "docker-compose.yml").read_text())["services"]
DATABASE = f"compose_{os.environ.get('PYTEST_XDIST_WORKER', 'alone')}"
PATIENCE = 60  # seconds

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def environment(tmp_path_factory):
    """What the containers get, with addresses of here in place of theirs: production, not a laptop."""
    server = postgres.Server(testing.home(), durable=False)
    with contextlib.closing(postgres.connect(server, user="cxm")) as connection:
        connection.cursor().execute(f"DROP DATABASE IF EXISTS {DATABASE} WITH (FORCE)")
        connection.cursor().execute(f"CREATE DATABASE {DATABASE}")
    named = SERVICES["web"]["environment"]
    values = dict.fromkeys(named, "") | {
        "DATABASE_URL": server.url(database=DATABASE),
        "REDIS_URL": os.environ["REDIS_URL"],
        "EMAIL_URL": "smtp://127.0.0.1:1025",
        "SECRET_KEY": "".join(chr(65 + n % 57) for n in range(64)),
        "ALLOWED_HOSTS": "cxm.example,127.0.0.1",
        "CXM_BASE_URL": "https://cxm.example",
        "PROMETHEUS_MULTIPROC_DIR": str(tmp_path_factory.mktemp("metrics")),
    }
    yield values | {
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        "PYTHONPATH": str(CHECKOUT),
        "CXM_HOME": str(tmp_path_factory.mktemp("data")),
        "DJANGO_SETTINGS_MODULE": "cxm.settings",
        "GRANIAN_HOST": "127.0.0.1",
        "GRANIAN_PORT": str(processes.free_port()),
    }
    with contextlib.closing(postgres.connect(server, user="cxm")) as connection:
        connection.cursor().execute(f"DROP DATABASE IF EXISTS {DATABASE} WITH (FORCE)")


def run(service, environment):
    return subprocess.run(
        SERVICES[service]["command"], cwd=CHECKOUT, env=environment, capture_output=True, text=True, check=False
    )


@contextlib.contextmanager
def running(service, environment, log):
    with log.open("wb") as output:
        child = subprocess.Popen(
            SERVICES[service]["command"],
            cwd=CHECKOUT,
            env=environment,
            stdout=output,
            stderr=output,
            start_new_session=True,
        )
    try:
        yield child
    finally:
        child.terminate()
        child.wait(30)


def built(environment):
    """Begin the Dockerfile's own words that collect the static files, with the variables of the build and no others."""
    lines = re.sub(r"^\s*#.*\n", "", (CHECKOUT / "Dockerfile").read_text(), flags=re.MULTILINE)
    steps = lines.replace("\\\n", " ").rpartition("\nFROM ")[2].splitlines()
    before, run = next((steps[:n], step) for n, step in enumerate(steps) if "collectstatic" in step)
    given = dict(re.findall(r"(\w+)=(\S+)", " ".join(step for step in before if step.startswith("ENV "))))
    wanted = [
        part.strip()
        for part in run.removeprefix("RUN ").split("&&")
        if "collectstatic" in part or part.strip().startswith("export ")
    ]
    here = {name: environment[name] for name in ("PATH", "PYTHONPATH", "CXM_HOME")}
    return subprocess.Popen(["sh", "-c", " && ".join(wanted)], cwd=CHECKOUT, env=given | here)


@pytest.fixture(scope="module")
def services(environment, tmp_path_factory):
    """Migrate and collect the static files as the Dockerfile does, then start what serves, all at once."""
    collect = built(environment)
    answer = run("migrate", environment)
    assert answer.returncode == 0, answer.stderr
    assert collect.wait() == 0
    logs = tmp_path_factory.mktemp("logs")
    with contextlib.ExitStack() as stack:
        yield {
            name: (stack.enter_context(running(name, environment, logs / name)), logs / name)
            for name in ("worker", "web", "beat")
        }


def healthy(service, environment, services):
    """Ask the service's own health check until it is well."""
    child, log = services[service]
    words = SERVICES[service]["healthcheck"]["test"][1:]
    limit = time.monotonic() + PATIENCE
    while time.monotonic() < limit and child.poll() is None:
        if subprocess.run(words, cwd=CHECKOUT, env=environment, capture_output=True, check=False).returncode == 0:
            return True
        time.sleep(0.2)
    pytest.fail(f"{service} is not healthy:\n{log.read_text()[-2000:]}")


def test_worker_becomes_healthy(services, environment):
    assert healthy("worker", environment, services)


def test_web_becomes_healthy_and_serves_pages_in_production(services, environment):
    """With the static files under names of their content."""
    assert healthy("web", environment, services)
    page = fetch(environment, "/accounts/login/")
    styles = re.findall(r'href="(/static/css/[^"]+)"', page)

    assert all(re.fullmatch(r"/static/css/\w+\.[0-9a-f]{12}\.css", address) for address in styles)
    assert len([fetch(environment, address) for address in styles]) > 0


def fetch(environment, path):
    request = urllib.request.Request(f"http://127.0.0.1:{environment['GRANIAN_PORT']}{path}")
    request.add_header("Host", "cxm.example")
    request.add_header("X-Forwarded-Proto", "https")
    with urllib.request.urlopen(request, timeout=20) as answer:
        return answer.read().decode()


def test_beat_starts(services):
    child, log = services["beat"]
    limit = time.monotonic() + PATIENCE
    while "beat: Starting..." not in log.read_text() and child.poll() is None and time.monotonic() < limit:
        time.sleep(0.1)
    time.sleep(0.5)
    assert child.poll() is None, log.read_text()[-2000:]
    assert "beat: Starting..." in log.read_text()


@pytest.mark.parametrize("debug", ["0", "1"])
@pytest.mark.parametrize("key", ["", "short", "x" * 60])
def test_production_refuses_to_start_without_a_strong_key(environment, key, debug):
    answer = run("migrate", environment | {"SECRET_KEY": key, "CXM_DEBUG": debug})

    assert answer.returncode != 0
    assert "SECRET_KEY is missing or weak. Set SECRET_KEY" in answer.stderr


def test_the_role_made_for_the_container_is_no_superuser(environment):
    """The script of the postgres image makes the same role as the embedded server has."""
    script = (CHECKOUT / "script" / "docker-role.sh").read_text()
    with contextlib.closing(psycopg2.connect(environment["DATABASE_URL"])) as connection:
        cursor = connection.cursor()
        cursor.execute("SELECT rolsuper, rolcreaterole, rolcreatedb, rolconfig FROM pg_roles WHERE rolname = 'cxm'")
        made_here = cursor.fetchone()

    assert made_here == (False, True, True, ["createrole_self_grant=set, inherit"])
    assert "CREATE ROLE cxm LOGIN CREATEROLE CREATEDB PASSWORD" in script
    assert "ALTER ROLE cxm SET createrole_self_grant = 'set, inherit'" in script


def test_every_service_of_ours_gets_the_same_variables():
    ours = [service for service in SERVICES.values() if "build" in service]

    assert len(ours) == 4
    assert all(service["environment"] == ours[0]["environment"] for service in ours)


@pytest.mark.parametrize(
    ("behind", "expected"), [("0", "False None"), ("1", "True ('HTTP_X_FORWARDED_PROTO', 'https')")]
)
def test_a_proxy_in_front_is_believed_only_when_it_was_named(environment, behind, expected):
    words = "from cxm import settings; print(settings.BEHIND_PROXY, settings.SECURE_PROXY_SSL_HEADER)"
    given = environment | {"CXM_BEHIND_PROXY": behind}
    answer = subprocess.run([sys.executable, "-c", words], env=given, capture_output=True, text=True, check=True)

    assert answer.stdout.strip() == expected


def test_what_a_proxy_and_a_mailbox_need_can_be_given():
    given = SERVICES["web"]["environment"]

    assert {name: given.get(name) for name in ("CXM_BEHIND_PROXY", "INBOUND_ADDRESS", "INBOUND_URL")} == {
        "CXM_BEHIND_PROXY": "${CXM_BEHIND_PROXY:-0}",
        "INBOUND_ADDRESS": "${INBOUND_ADDRESS:-}",
        "INBOUND_URL": "${INBOUND_URL:-}",
    }
