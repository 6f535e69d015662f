"""``python -m tests.benchmarks.load``: a real server under 1, 8 and 64 clients; ends with 1 if a bar is missed.

Each client asks one gold question after the other, in an order of its own, and when it is refused it waits as long as
``Retry-After`` says. The clients run on the machine of the server and take some of its time.
"""

import argparse
import asyncio
import json
import os
import platform
import random
import re
import socket
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import numpy as np

from tests.benchmarks.bars import Bar, judged

REPOSITORY = Path(__file__).parents[2]
GOLD = REPOSITORY / "tests" / "gold" / "the-last-holdout.jsonl"
CLIENTS = (1, 8, 64)
WARM_UP = 10
"""Seconds after which memory is expected to stay."""


@dataclass
class Load:
    """What some clients met; seconds."""

    clients: int
    lasted: float = 0.0
    busy: float = 0.0
    """The share of all cores that the server used."""
    answered: list[float] = field(default_factory=list)
    refused: list[float] = field(default_factory=list)
    errors: Counter[str] = field(default_factory=Counter)

    @property
    def rate(self) -> float:
        return len(self.answered) / self.lasted

    def __str__(self) -> str:
        p50, p95, p99 = 1000 * np.percentile(self.answered or [np.nan], [50, 95, 99])
        errors = ", ".join(f"{what} {count}x" for what, count in self.errors.items()) or "none"
        return (
            f"{self.clients:3} clients: {self.rate:6.1f} answers/s   p50 {p50:6.0f} ms   p95 {p95:6.0f} ms   "
            f"p99 {p99:6.0f} ms   503 {len(self.refused)}x, slowest {1000 * max(self.refused, default=0):.0f} ms   "
            f"other errors: {errors}   the server uses {self.busy:.0%} of the cores"
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=60, help="how long each number of clients asks")
    seconds = parser.parse_args().seconds
    questions = [json.loads(line)["question"] for line in GOLD.read_text(encoding="utf-8").splitlines()]
    print(f"{processor()}, {os.cpu_count()} cores, Python {platform.python_version()}; {platform.system()}")
    print(f"{len(questions)} gold questions about the built-in article, over the top 8 passages; {seconds:g} s each")
    with tempfile.TemporaryDirectory() as folder, server(Path(folder)) as (address, process):
        loads, early = asyncio.run(measured(address, process.pid, questions, seconds))
        late = resident(process.pid)
    for load in loads:
        print(load)
    one, some, many = loads
    slowest = max((seconds for load in loads for seconds in load.refused), default=0.0)
    print(f"resident: {early:.0f} MB after {WARM_UP} s, {late:.0f} MB at the end")
    sys.exit(
        judged(
            Bar("8 clients over one", some.rate / one.rate, at_least=1.3),
            Bar("64 clients over 8", many.rate / some.rate, at_least=0.9),
            Bar("slowest 503, s", slowest, below=1.0),
            Bar("other errors", sum(load.errors.total() for load in loads), below=1),
            Bar("growth of memory, %", 100 * (late / early - 1), below=5.0),
        )
    )


async def measured(address: str, pid: int, questions: list[str], seconds: float) -> tuple[list[Load], float]:
    """The loads, and the memory after the first seconds of the first."""
    early = asyncio.create_task(resident_after(pid, min(WARM_UP, seconds)))
    loads = []
    for clients in CLIENTS:
        before = processor_seconds(pid)
        loads.append(await ask(address, clients, questions, seconds))
        loads[-1].busy = (processor_seconds(pid) - before) / (seconds * (os.cpu_count() or 1))
    return loads, await early


async def ask(address: str, clients: int, questions: list[str], seconds: float) -> Load:
    """So many clients at once; what comes after the time is up does not count."""
    load = Load(clients)
    limits = httpx.Limits(max_connections=clients, max_keepalive_connections=clients)
    begun = time.perf_counter()
    async with httpx.AsyncClient(base_url=address, timeout=60, limits=limits, trust_env=False) as http:
        asking = [client(http, load, shuffled(questions, number), begun + seconds) for number in range(clients)]
        await asyncio.gather(*asking)
    load.lasted = seconds
    return load


async def client(http: httpx.AsyncClient, load: Load, questions: Iterator[str], until: float) -> None:
    """Ask until the time is up."""
    while (begun := time.perf_counter()) < until:
        try:
            response = await http.post("/v1/ask", json={"question": next(questions)})
        except httpx.HTTPError as error:
            load.errors[type(error).__name__] += 1
            continue
        now = time.perf_counter()
        if response.status_code == 503 and "Retry-After" in response.headers:
            load.refused.append(now - begun)
            await asyncio.sleep(float(response.headers["Retry-After"]))
        elif response.status_code != 200:
            load.errors[f"status {response.status_code}"] += 1
        elif now <= until:
            load.answered.append(now - begun)


def shuffled(questions: list[str], seed: int) -> Iterator[str]:
    """All questions again and again, each time in another order."""
    chance = random.Random(seed)
    while True:
        yield from chance.sample(questions, len(questions))


@contextmanager
def server(folder: Path) -> Iterator[tuple[str, subprocess.Popen[bytes]]]:
    """``pincite serve`` with the built-in article and the shipped reader, as an installed one runs."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    settings = {name: value for name, value in os.environ.items() if not name.startswith("PINCITE_")}
    settings["PYTHONPATH"] = str(REPOSITORY)
    command = [sys.executable, "-m", "ui.cli", "serve", "--port", str(port)]
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(command, cwd=folder, env=settings, stderr=log, stdout=log)
    try:
        address = f"http://127.0.0.1:{port}"
        wait_for(address, process, folder / "log")
        yield address, process
    finally:
        process.terminate()
        process.wait(60)


def wait_for(address: str, process: subprocess.Popen[bytes], log: Path) -> None:
    """Until the server answers."""
    deadline = time.monotonic() + 600
    while time.monotonic() < deadline:
        if process.poll() is not None:
            break
        try:
            httpx.get(f"{address}/readyz", trust_env=False).raise_for_status()
        except httpx.HTTPError:
            time.sleep(0.2)
        else:
            return
    raise SystemExit(f"The server did not start:\n{log.read_text(errors='replace')}")


async def resident_after(pid: int, seconds: float) -> float:
    await asyncio.sleep(seconds)
    return resident(pid)


def resident(pid: int) -> float:
    """Megabytes of memory that the process holds (Linux)."""
    status = Path(f"/proc/{pid}/status").read_text(encoding="utf-8")
    (kilobytes,) = re.findall(r"VmRSS:\s+(\d+) kB", status)
    return int(kilobytes) / 1024


def processor_seconds(pid: int) -> float:
    """Time on any core that the process has used (Linux)."""
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def processor() -> str:
    found = re.search(r"model name\s*: (.+)", Path("/proc/cpuinfo").read_text(encoding="utf-8"))
    return found[1] if found else platform.machine()


if __name__ == "__main__":
    main()
