"""A proxy before a server, through which chosen answers arrive byte by byte."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import requests

#: Seconds between two bytes: too few to be a lost connection.
DROP = 0.05


class Line(ThreadingHTTPServer):
    """What listens in the server's place."""

    daemon_threads = True

    def __init__(self, url: str, drips: Callable[[bytes], bool], drop: float) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.behind = url
        self.drips = drips
        self.drop = drop
        self.dripped = 0
        self.stopping = threading.Event()

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self.server_address[1]}"

    def handle_error(self, *_: object) -> None:
        """Say nothing of a client that went away."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Line

    def log_message(self, *_: object) -> None:
        """Print nothing."""

    def do_POST(self) -> None:
        """Hand the request on, and the answer back."""
        asked = self.rfile.read(int(self.headers["content-length"]))
        headers = {name: self.headers[name] for name in ("authorization", "content-type")}
        answer = requests.post(
            self.server.behind + self.path, data=asked, headers=headers, timeout=10
        )
        self.send_response(answer.status_code)
        self.send_header("content-length", str(len(answer.content)))
        self.end_headers()
        if not self.server.drips(asked):
            self.wfile.write(answer.content)
            return
        self.server.dripped += 1
        for byte in answer.content:
            self.wfile.write(bytes([byte]))
            self.wfile.flush()
            if self.server.stopping.wait(self.server.drop):
                break
        self.close_connection = True


@contextmanager
def dripping(url: str, drips: Callable[[bytes], bool], *, drop: float = DROP) -> Iterator[Line]:
    """A line to the server at *url*; answers to what *drips* says of drop by drop."""
    line = Line(url, drips, drop)
    threading.Thread(target=line.serve_forever, args=(0.02,), daemon=True).start()
    try:
        yield line
    finally:
        line.stopping.set()
        with suppress(OSError):
            line.shutdown()
        line.server_close()
        time.sleep(DROP)
