"""Listens for HTTP on 127.0.0.1 and hands every request to a function that responds.

HTTP/1.1 with keep-alive. Head and body leave in one write and without Nagle's delay, so that a
client on this machine never waits for an acknowledgement.
"""

import json
import socket
import struct
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from dora.demo.github.messages import Request, Response

Responder = Callable[[Request], Response]
_ENTERPRISE = "/api/v3"


class Listener(ThreadingHTTPServer):
    """The listening socket and its open connections; *stopping* is set once it is to stop."""

    daemon_threads = False
    block_on_close = True
    request_queue_size = 256  # more than GitHub lets a client have in flight

    def __init__(self, port: int = 0) -> None:
        super().__init__(("127.0.0.1", port), _Handler)
        self.answering: Responder = lambda _: Response(503)
        self.stopping = threading.Event()
        self._open: set[socket.socket] = set()

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self.server_address[1]}"

    @contextmanager
    def running(self, answering: Responder) -> Iterator[None]:
        """Answer requests in threads until left; then every connection is closed."""
        self.answering = answering
        thread = threading.Thread(target=self.serve_forever, args=(0.02,), name="stand-in")
        thread.start()
        try:
            yield
        finally:
            self.stopping.set()
            self.shutdown()
            thread.join()
            for connection in list(self._open):
                with suppress(OSError):
                    connection.shutdown(socket.SHUT_RDWR)
            self.server_close()

    def get_request(self) -> tuple[socket.socket, Any]:
        """Accept a connection and remember it."""
        connection, address = super().get_request()
        self._open.add(connection)
        return connection, address

    def shutdown_request(self, request: Any) -> None:
        """Close a connection and forget it."""
        self._open.discard(request)
        super().shutdown_request(request)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Ignore a client that went away; anything else is a bug and is reported."""
        if not isinstance(sys.exception(), OSError):
            super().handle_error(request, client_address)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = -1  # buffered: flushed once an answer is whole
    disable_nagle_algorithm = True
    server: Listener

    def version_string(self) -> str:
        """Name the server as GitHub does."""
        return "github.com"

    def __getattr__(self, name: str) -> Callable[[], None]:
        """Answer every method of HTTP alike: what there is not is 404, as at GitHub."""
        if name.startswith("do_"):
            return self._respond
        raise AttributeError(name)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base class's name
        """Print nothing: an address may hold a secret."""

    def _respond(self) -> None:
        length = int(self.headers.get("content-length") or 0)
        body = self.rfile.read(length)
        response = self.server.answering(self._request(body))
        if response.reset:
            self._reset()
            return
        self.send_response(response.status)
        for name, value in response.headers.items():
            self.send_header(name, value)
        self.send_header("content-length", str(len(response.body)))
        self.end_headers()
        if response.keep < 1:
            self.close_connection = True
        if self.command != "HEAD":
            self.wfile.write(response.body[: int(len(response.body) * response.keep)])
        self.wfile.flush()

    def _request(self, body: bytes) -> Request:
        address = urlsplit(self.path)
        path, prefix = address.path, ""
        if path.startswith(_ENTERPRISE + "/"):
            path, prefix = path.removeprefix(_ENTERPRISE), _ENTERPRISE
        elif path == "/api/graphql":
            path, prefix = "/graphql", _ENTERPRISE
        try:
            parsed = json.loads(body) if body else {}
        except ValueError:
            parsed = {}
        kind, _, token = (self.headers.get("authorization") or "").partition(" ")
        return Request(
            method=self.command,
            path=path.rstrip("/") or "/",
            query=dict(parse_qsl(address.query)),
            body=parsed if isinstance(parsed, dict) else {},
            token=token.strip() if kind.casefold() in {"bearer", "token"} else "",
            base_url=self.server.url + prefix,
        )

    def _reset(self) -> None:
        """Close so that the client sees a reset: lingering for no time discards what is unsent."""
        self.close_connection = True
        linger = struct.pack("ii", 1, 0)
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        self.connection.close()
