"""Clients that ask a web server over kept connections, as many at once as wished."""

import http.client
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from urllib.parse import urlsplit


@dataclass(frozen=True)
class Call:
    """One request, ready to be sent."""

    path: str
    method: str = "GET"
    body: bytes | None = None
    headers: dict[str, str] = field(default_factory=dict)


@dataclass
class Load:
    """What a run gave."""

    seconds: float
    latencies: list[float]
    wrong: list[str]

    def percentile(self, share: float) -> float:
        """Return the latency in milliseconds that ``share`` of the calls did not exceed."""
        ordered = sorted(self.latencies)
        return ordered[min(len(ordered) - 1, int(len(ordered) * share))] * 1000


def run(
    address: str, calls: Sequence[Call], *, clients: int = 8, expect: Callable[[int, bytes], bool] | None = None
) -> Load:
    """Send all calls, each client the next one that nobody has taken, and read every answer to its end.

    Raises:
        RuntimeError: an answer that was not expected (200 where nothing else is said).
    """
    waiting = iter(calls)
    lock = threading.Lock()
    loads: list[list[float]] = [[] for _client in range(clients)]
    wrong: list[str] = []
    right = expect or (lambda status, _body: status == 200)
    gate = threading.Barrier(clients + 1)

    def client(latencies: list[float]) -> None:
        target = urlsplit(address)
        connection = http.client.HTTPConnection(target.hostname, target.port, timeout=60)
        connection.connect()
        gate.wait()
        while True:
            with lock:
                call = next(waiting, None)
            if call is None:
                break
            began = time.perf_counter()
            connection.request(call.method, call.path, call.body, call.headers)
            response = connection.getresponse()
            answer = response.read()
            latencies.append(time.perf_counter() - began)
            if not right(response.status, answer):
                wrong.append(f"{call.method} {call.path}: {response.status} {answer[:200]!r}")
        connection.close()

    threads = [threading.Thread(target=client, args=[latencies]) for latencies in loads]
    for thread in threads:
        thread.start()
    gate.wait()
    began = time.perf_counter()
    for thread in threads:
        thread.join()
    seconds = time.perf_counter() - began
    if wrong:
        raise RuntimeError(f"{len(wrong)} wrong answers, the first: {wrong[0]}")
    return Load(seconds, [latency for latencies in loads for latency in latencies], wrong)
