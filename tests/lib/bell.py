"""A bell. A program that a box runs in a sandbox sees no file of the test's, but where it has the network it can ring.

    bell = Bell(lambda: source.sql("..."))     what is to be done before it may go on; nothing if left out
    box.wrap("pg_dump", f'{VERSION}\\n{bell.ring}\\nexec $REAL "$@"')
    processes.wait_for(lambda: bell.rung, 30)

In the script $RUNG then says how often it has rung. What a script writes to bell.ear is in bell.heard.
"""

import socket
import threading

from . import tap


class Bell:
    def __init__(self, first=lambda: None):
        self.first, self.rung, self.heard, self.trouble = first, 0, "", None
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.ear = f"/dev/tcp/127.0.0.1/{self.socket.getsockname()[1]}"
        self.ring = f"exec 9<>{self.ear}; echo ring >&9; read -r RUNG <&9; exec 9>&-"
        threading.Thread(target=self._serve, daemon=True).start()
        tap.at_end(self._close)

    def _serve(self):
        while True:
            try:
                caller, _ = self.socket.accept()
            except OSError:
                return
            with caller, caller.makefile("rw") as stream:
                line = stream.readline()
                if line == "ring\n":
                    self._answer(stream)
                else:
                    self.heard += line + stream.read()

    def _answer(self, stream):
        self.rung += 1
        try:
            self.first()
        except Exception as trouble:  # it is told when the test ends: this thread is nobody's
            self.trouble = trouble
        stream.write(f"{self.rung}\n")

    def _close(self):
        self.socket.shutdown(socket.SHUT_RDWR)
        self.socket.close()
        if self.trouble:
            raise self.trouble
