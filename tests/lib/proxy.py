"""A TCP proxy before a source, for slow lines and lines that break.

    proxy = Proxy(source, delay_ms=25)          # each way: a round trip costs 50 ms
    box.add(source, through=proxy)
    proxy.cut_after = 100_000                   # bytes from the source over all connections, then every one is reset
    proxy.stalled = True                        # nothing gets through any more, nothing is closed
"""

import asyncio
import base64
import socket
import struct
import threading

from . import postgres, tap


class Proxy:
    def __init__(self, server, delay_ms=0, cut_after=None, stall_after=None):
        self.target, self.delay = server, delay_ms / 1000
        self.cut_after, self.stall_after, self.stalled, self.refusing = cut_after, stall_after, False, False
        self.connections = self.bytes = 0  # so far; bytes are those from the source
        self.port, self._open, ready = postgres.free_port(), set(), threading.Event()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run, args=(ready,), daemon=True)
        self._thread.start()
        ready.wait()
        tap.at_exit(self.close)

    def _run(self, ready):
        asyncio.set_event_loop(self._loop)
        self._server = self._loop.run_until_complete(asyncio.start_server(self._accept, "127.0.0.1", self.port))
        self._loop.call_soon(ready.set)
        self._loop.run_forever()

    async def _accept(self, client_in, client_out):
        self.connections += 1
        if self.refusing:
            return _reset(client_out)
        try:
            source_in, source_out = await asyncio.open_connection("127.0.0.1", self.target.port)
        except OSError:
            return _reset(client_out)
        both = {client_out, source_out}
        self._open |= both
        ways = [asyncio.ensure_future(self._pass(client_in, source_out, False)),
                asyncio.ensure_future(self._pass(source_in, client_out, True))]
        try:
            await asyncio.gather(*ways)
        except OSError:
            pass
        for way in ways:
            way.cancel()
        for writer in both:
            writer.close()
        self._open -= both

    async def _pass(self, reader, writer, counted):
        """One way of one connection. Reading goes on while earlier bytes are still under way."""
        under_way = asyncio.Queue(maxsize=4096)
        sender = asyncio.ensure_future(self._send(under_way, writer))
        try:
            while data := await reader.read(65536):
                if counted:
                    self.bytes += len(data)
                    if self.cut_after is not None and self.bytes > self.cut_after:
                        self.cut()
                        return
                    if self.stall_after is not None and self.bytes > self.stall_after:
                        self.stalled = True
                await under_way.put((self._loop.time() + self.delay, data))
            await under_way.put((self._loop.time() + self.delay, None))
            await sender
        finally:
            sender.cancel()

    async def _send(self, under_way, writer):
        while True:
            due, data = await under_way.get()
            await asyncio.sleep(due - self._loop.time())
            while self.stalled:
                await asyncio.sleep(0.05)
            if data is None:
                if writer.can_write_eof():
                    writer.write_eof()
                return
            writer.write(data)
            await writer.drain()

    def cut(self):
        """Reset every connection, now."""
        for writer in list(self._open):
            self._loop.call_soon_threadsafe(_reset, writer)

    def close(self):
        asyncio.run_coroutine_threadsafe(self._end(), self._loop).result(5)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(5)

    async def _end(self):
        tasks = asyncio.all_tasks() - {asyncio.current_task()}
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def _reset(writer):
    """Close with RST, as a line that breaks does."""
    raw = writer.get_extra_info("socket")
    if raw is not None:
        try:
            raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        except OSError:
            pass
    writer.transport.abort()


class ConnectProxy:
    """A web proxy that makes tunnels by CONNECT (RFC 9110, section 9.3.6); every name leads to 127.0.0.1.

    'login' is "user:password" where it wants one. 'asked' are the targets so far, refused ones too.
    """

    def __init__(self, login=None, answer=b"HTTP/1.1 200 Connection established\r\n\r\n"):
        self.login, self.answer, self.asked = login, answer, []
        self.port = postgres.free_port()
        self._listener = socket.create_server(("127.0.0.1", self.port), backlog=16)
        threading.Thread(target=self._accept, daemon=True).start()
        tap.at_exit(self._listener.close)
        tap.at_exit(self._listener.shutdown, socket.SHUT_RDWR)

    @property
    def url(self):
        return f"http://{self.login + '@' if self.login else ''}127.0.0.1:{self.port}"

    def _accept(self):
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._tunnel, args=(client,), daemon=True).start()

    def _tunnel(self, client):
        with client:
            head = b""
            while b"\r\n\r\n" not in head:
                more = client.recv(4096)
                if not more:
                    return
                head += more
            method, target, *_ = head.decode("latin-1").split(" ")
            self.asked.append(target)
            wanted = base64.b64encode((self.login or "").encode()).decode()
            if method != "CONNECT":
                return client.sendall(b"HTTP/1.1 405 Method Not Allowed\r\nContent-Length: 0\r\n\r\n")
            if self.login and f"proxy-authorization: basic {wanted}".lower() not in head.decode("latin-1").lower():
                return client.sendall(b"HTTP/1.1 407 Proxy Authentication Required\r\nProxy-Authenticate: Basic\r\nContent-Length: 0\r\n\r\n")
            try:
                server = socket.create_connection(("127.0.0.1", int(target.rpartition(":")[2])))
            except OSError:
                return client.sendall(b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n")
            with server:
                client.sendall(self.answer)
                back = threading.Thread(target=_pour, args=(server, client), daemon=True)
                back.start()
                _pour(client, server)
                back.join()


def _pour(source, sink):
    try:
        while data := source.recv(1 << 16):
            sink.sendall(data)
        sink.shutdown(socket.SHUT_WR)
    except OSError:
        pass
