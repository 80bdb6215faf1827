"""A server on this machine that records what it is sent and gives the answers of a list."""

import gzip
import socket
import struct
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

HTML = b"<html><head><title>Sign in</title></head><body>Sign in to the proxy</body></html>"


@dataclass(frozen=True)
class Sent:
    """One request, its body unpacked; *size* is what went over the wire."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes
    size: int


@dataclass(frozen=True)
class Answer:
    """One answer; with *reset* the connection is reset instead."""

    status: int = 200
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    reset: bool = False
    after: float = 0.0  #: seconds until it comes


RESET = Answer(reset=True)


@dataclass
class Server:
    """What was sent; the first of *answers* is the next one, *honest* gives those after."""

    url: str
    honest: Callable[[Sent], Answer]
    sent: list[Sent] = field(default_factory=list)
    answers: list[Answer] = field(default_factory=list)

    def answer(self, sent: Sent) -> Answer:
        """The answer to a request."""
        self.sent.append(sent)
        return self.answers.pop(0) if self.answers else self.honest(sent)


@contextmanager
def recording(honest: Callable[[Sent], Answer] = lambda _: Answer()) -> Iterator[Server]:
    """A running server on a free port."""
    lock = threading.Lock()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        wbufsize = -1  # an answer leaves in one piece, and at once
        disable_nagle_algorithm = True

        def _respond(self) -> None:
            raw = self.rfile.read(int(self.headers.get("content-length") or 0))
            headers = {name.lower(): text for name, text in self.headers.items()}
            is_packed = headers.get("content-encoding") == "gzip"
            body = gzip.decompress(raw) if is_packed else raw
            with lock:
                given = made.answer(Sent(self.command, self.path, headers, body, len(raw)))
            if given.reset:
                self.close_connection = True
                linger = struct.pack("ii", 1, 0)
                self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
                self.connection.close()
                return
            time.sleep(given.after)
            self.send_response(given.status)
            for name, text in given.headers.items():
                self.send_header(name, text)
            self.send_header("content-length", str(len(given.body)))
            self.end_headers()
            self.wfile.write(given.body)
            self.wfile.flush()

        do_PUT = do_POST = do_GET = do_PATCH = _respond  # noqa: N815  # the base class's names

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # likewise
            """Print nothing."""

    class Quiet(ThreadingHTTPServer):
        def handle_error(self, request: object, client_address: object) -> None:
            """A connection that was reset is as it should be."""

    listener = Quiet(("127.0.0.1", 0), Handler)
    made = Server(f"http://127.0.0.1:{listener.server_address[1]}", honest)
    thread = threading.Thread(target=listener.serve_forever, args=(0.02,))
    thread.start()
    try:
        yield made
    finally:
        listener.shutdown()
        thread.join()
        with suppress(OSError):
            listener.server_close()
