"""Prometheus, its exporters and promtool, started for a test and ended by their process ids."""

import json
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlencode
from urllib.request import urlopen

#: Seconds until a program must listen, and until Prometheus must have seen what was pushed.
SOON = 60.0
STARTS = 5  #: another program may take the port that was free

Series = dict[tuple[str, frozenset[tuple[str, str]]], float]


def program(name: str) -> str:
    """Where a program is; a test without it fails."""
    found = shutil.which(name)
    assert found, f"{name} is missing: .ci/run installs it"
    return found


def promtool(*arguments: str | Path, given: bytes = b"") -> tuple[int, str]:
    """The exit status of promtool, and all that it said."""
    done = subprocess.run(  # noqa: S603  # a fixed program
        [program("promtool"), *map(str, arguments)],
        input=given,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        check=False,
    )
    return done.returncode, done.stdout.decode()


@contextmanager
def pushgateway(*options: str | Path) -> Iterator[str]:
    """A Pushgateway that keeps nothing, whatever the default of a distribution; its address."""
    with _running("prometheus-pushgateway", ("--persistence.file=", *options)) as url:
        yield url


@contextmanager
def node_exporter(folder: Path) -> Iterator[str]:
    """A node exporter that gives the files of *folder* and nothing else; its address."""
    options = (
        "--collector.disable-defaults",
        "--collector.textfile",
        f"--collector.textfile.directory={folder}",
        "--web.disable-exporter-metrics",
    )
    with _running("prometheus-node-exporter", options) as url:
        yield url


@contextmanager
def prometheus(folder: Path, gateway: str) -> Iterator[str]:
    """A Prometheus that asks *gateway* four times a second; its address."""
    settings = folder / "prometheus.yml"
    settings.write_text(
        "global: {scrape_interval: 250ms, scrape_timeout: 250ms}\n"
        "scrape_configs:\n"
        "  - job_name: pushgateway\n"
        "    honor_labels: true\n"
        f"    static_configs: [{{targets: ['{gateway.removeprefix('http://')}']}}]\n"
    )
    options = (f"--config.file={settings}", f"--storage.tsdb.path={folder / 'data'}")
    with _running("prometheus", options) as url:
        yield url


@contextmanager
def _running(name: str, options: Sequence[str | Path]) -> Iterator[str]:
    """A program on a free port, once it says that it is ready."""
    for _ in range(STARTS):
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            address = f"127.0.0.1:{free.getsockname()[1]}"
        started = subprocess.Popen(  # noqa: S603  # a fixed program
            [program(name), f"--web.listen-address={address}", *map(str, options)],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )
        try:
            if _is_ready(started, address, "/" if "node" in name else "/-/ready"):
                yield f"http://{address}"
                return
        finally:
            started.terminate()
            said, _ = started.communicate(timeout=SOON)
    raise AssertionError(f"{name} does not start: {said.decode()}")


def _is_ready(started: subprocess.Popen[bytes], address: str, path: str) -> bool:
    """Whether the program came to listen; False where it ended instead."""
    until = time.monotonic() + SOON
    while time.monotonic() < until and started.poll() is None:
        try:
            with socket.create_connection(_host_and_port(address), timeout=1) as connection:
                connection.sendall(f"GET {path} HTTP/1.0\r\n\r\n".encode())
                answer = connection.recv(100)
            if answer.startswith((b"HTTP/1.0 2", b"HTTP/1.0 401")):
                return True
        except OSError:
            pass
        time.sleep(0.05)
    return False


def _host_and_port(address: str) -> tuple[str, int]:
    """Host and port."""
    host, _, port = address.rpartition(":")
    return host, int(port)


def query(url: str, expression: str) -> Series:
    """What Prometheus answers now: name and labels of each series, and its value."""
    with urlopen(f"{url}/api/v1/query?{urlencode({'query': expression})}") as answer:  # noqa: S310
        result = json.load(answer)["data"]["result"]
    return {
        (one["metric"].pop("__name__", ""), frozenset(one["metric"].items())): float(
            one["value"][1]
        )
        for one in result
    }


def seen(url: str, wanted: Series) -> Series:
    """All series of an organization, as soon as they are those wanted; else what there is later."""
    (organization,) = {dict(labels)["organization"] for _, labels in wanted}
    until = time.monotonic() + SOON
    while True:
        found = {
            key: number
            for key, number in query(url, '{__name__=~"dora_.+"}').items()
            if ("organization", organization) in key[1]
        }
        if found == wanted or time.monotonic() > until:
            return found
        time.sleep(0.1)
