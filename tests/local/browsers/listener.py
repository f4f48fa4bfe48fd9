"""Listens where nobody may come, and notes who does."""

from __future__ import annotations

import contextlib
import re
import socket
import threading

_ANSWER = (
    b"HTTP/1.1 200 OK\r\nAccess-Control-Allow-Origin: *\r\nAccess-Control-Allow-Methods: *\r\n"
    b"Access-Control-Allow-Headers: *\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"
)


class Listener:
    """Notes everything that comes to its ports, over TCP and UDP, on every address of this machine.

    ``ports`` holds a free one, and 80 and 443 where this process may have them: on those the port rule says nothing.
    ``hits`` says transport, address and the first bytes.
    """

    def __init__(self) -> None:
        self.hits: list[str] = []
        self.addresses = ["127.0.0.1", "::1", *_own_addresses()]
        self._sockets: list[socket.socket] = []
        self.ports = [self._listen(0)]
        for port in (80, 443):
            with contextlib.suppress(OSError):
                self.ports.append(self._listen(port))

    def mechanisms(self) -> set[str]:
        """The paths that were asked for, without their slash."""
        return {found[1] for hit in self.hits if (found := re.search(r"b'[A-Z]+ /([\w-]+)", hit))}

    def close(self) -> None:
        for each in self._sockets:
            with contextlib.suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
            each.close()

    def _listen(self, port: int) -> int:
        for address in ["0.0.0.0", "::"]:  # noqa: S104 - every address is the point
            for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM):
                bound = _bound(address, port, kind)
                port = bound.getsockname()[1]
                self._sockets.append(bound)
                work = self._accept if kind == socket.SOCK_STREAM else self._receive
                threading.Thread(target=work, args=(bound,), daemon=True).start()
        return port

    def _accept(self, listening: socket.socket) -> None:
        while True:
            try:
                connection, _ = listening.accept()
            except OSError:
                return
            threading.Thread(target=self._note, args=(connection,), daemon=True).start()

    def _note(self, connection: socket.socket) -> None:
        with connection, contextlib.suppress(OSError):
            address = connection.getsockname()[0]
            connection.settimeout(2)
            try:
                data = connection.recv(2048)
            except OSError:
                data = b""
            self.hits.append(f"tcp {address} {data[:80]!r}")
            connection.sendall(_ANSWER)

    def _receive(self, bound: socket.socket) -> None:
        while True:
            try:
                data, _ = bound.recvfrom(2048)
            except OSError:
                return
            if data:
                self.hits.append(f"udp {data[:20]!r}")


def _bound(address: str, port: int, kind: socket.SocketKind) -> socket.socket:
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    bound = socket.socket(family, kind)
    try:
        if family == socket.AF_INET6:
            bound.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        bound.bind((address, port))
        if kind == socket.SOCK_STREAM:
            bound.listen(128)
    except OSError:
        bound.close()
        raise
    return bound


def _own_addresses() -> list[str]:
    """The machine's addresses besides loopback: what it would speak from. Nothing is sent."""
    found = []
    for family, far in ((socket.AF_INET, "198.51.100.1"), (socket.AF_INET6, "2001:db8::1")):
        with contextlib.suppress(OSError), socket.socket(family, socket.SOCK_DGRAM) as probe:
            probe.connect((far, 9))
            found.append(probe.getsockname()[0])
    return found
