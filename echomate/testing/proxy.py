"""A TCP proxy that can be told to fail: real sockets between Echomate and a service."""

import contextlib
import socket
import struct
import threading
import time
from collections.abc import Iterator
from typing import Self

CHUNK = 65536
ABORT = struct.pack("ii", 1, 0)


class Proxy:
    """Passes bytes on to a port of this machine, until told otherwise; `heal()` ends every fault."""

    def __init__(self, target_port: int) -> None:
        self.target = ("127.0.0.1", target_port)
        self._delay = 0.0
        self._answer_bytes_left: int | None = None
        self._flowing = threading.Event()
        self._flowing.set()
        self._lock = threading.Lock()
        self._sockets: set[socket.socket] = set()
        self._listener: socket.socket | None = None
        self.port = 0
        self._listen()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def refuse(self) -> None:
        """Connections are refused, and those that are open are cut."""
        self._stop_listening()
        self._cut_all()

    def hang(self) -> None:
        """Connections are accepted, and nothing passes any more."""
        self._flowing.clear()

    def cut_after(self, answer_bytes: int) -> None:
        """Connections are cut after so many bytes of answers: with 0, a request arrives, its answer not."""
        self._answer_bytes_left = answer_bytes

    def delay(self, seconds: float) -> None:
        """Every answer comes so much later."""
        self._delay = seconds

    def heal(self) -> None:
        self._delay = 0.0
        self._answer_bytes_left = None
        self._flowing.set()
        if self._listener is None:
            self._listen()

    def close(self) -> None:
        self.refuse()
        self._flowing.set()

    def _listen(self) -> None:
        listener = socket.create_server(("127.0.0.1", self.port))
        self.port = listener.getsockname()[1]
        self._listener = listener
        threading.Thread(target=self._accept, args=(listener,), daemon=True).start()

    def _stop_listening(self) -> None:
        listener, self._listener = self._listener, None
        if listener:
            with contextlib.suppress(OSError):
                listener.shutdown(socket.SHUT_RDWR)  # wakes the thread that accepts
            listener.close()

    def _accept(self, listener: socket.socket) -> None:
        while True:
            try:
                client, _ = listener.accept()
            except OSError:
                return
            threading.Thread(target=self._connect, args=(listener, client), daemon=True).start()

    def _connect(self, listener: socket.socket, client: socket.socket) -> None:
        try:
            server = socket.create_connection(self.target, timeout=5)
        except OSError:
            client.close()
            return
        for end in (client, server):
            end.settimeout(None)
            end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        with self._lock:
            self._sockets |= {client, server}
            is_late = self._listener is not listener
        if is_late:  # those that were open are cut already
            self._cut(client, server)
            return
        threading.Thread(target=self._pass_requests, args=(client, server), daemon=True).start()
        self._pass_answers(server, client)

    def _pass_requests(self, client: socket.socket, server: socket.socket) -> None:
        with self._ending(client, server):
            while chunk := client.recv(CHUNK):
                self._flowing.wait()
                server.sendall(chunk)

    def _pass_answers(self, server: socket.socket, client: socket.socket) -> None:
        with self._ending(client, server):
            while chunk := server.recv(CHUNK):
                self._flowing.wait()
                if self._delay:
                    time.sleep(self._delay)
                passing = self._allowed(chunk)
                client.sendall(passing)
                if len(passing) < len(chunk):
                    return

    def _allowed(self, chunk: bytes) -> bytes:
        with self._lock:
            if self._answer_bytes_left is None:
                return chunk
            passing = chunk[: self._answer_bytes_left]
            self._answer_bytes_left -= len(passing)
            return passing

    @contextlib.contextmanager
    def _ending(self, *ends: socket.socket) -> Iterator[None]:
        try:
            with contextlib.suppress(OSError):
                yield
        finally:
            self._cut(*ends)

    def _cut_all(self) -> None:
        with self._lock:
            ends = list(self._sockets)
        self._cut(*ends)

    def _cut(self, *ends: socket.socket) -> None:
        """Reset the connections, so that the other side learns it at once."""
        with self._lock:
            ours = [end for end in ends if end in self._sockets]
            self._sockets -= set(ours)
        for end in ours:
            with contextlib.suppress(OSError):
                end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, ABORT)
                end.shutdown(socket.SHUT_RDWR)
            end.close()
