"""A TCP proxy before a source, for slow lines and lines that break.

    proxy = Proxy(source, delay_ms=25)          # each way: a round trip costs 50 ms
    box.add(source, through=proxy)
    proxy.cut_after = 100_000                   # bytes from the source over all connections, then every one is reset
    proxy.stalled = True                        # nothing gets through any more, nothing is closed
"""

import asyncio
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
