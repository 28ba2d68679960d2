"""Who is told: a web server over TLS that keeps what it hears, and answers as a test wants it to.

    listener = Listener()
    listener.url("/hook")                  https://localhost:PORT/hook
    listener.answer["/hook"] = 503         or (429, {"Retry-After": "600"}, "text"); HANG: none at all
    listener.heard("/hook")                [Heard(method, path, headers, body, at), ...]
    listener.stop(); listener.start()      down for a while, and back on the same port
"""

import collections
import http.server
import ssl
import threading
import time

from . import processes, tap, tls

HANG = "hang"

Heard = collections.namedtuple("Heard", "method path headers body at")


class Listener:
    def __init__(self, host="localhost"):
        self.host, self.port = host, 0
        self.answer, self._heard, self._server = {}, [], None
        self._lock, self._over = threading.Lock(), threading.Event()
        self.start()
        tap.at_exit(self.stop)

    def url(self, path):
        return f"https://{self.host}:{self.port}{path}"

    def heard(self, path=None):
        with self._lock:
            return [one for one in self._heard if path in (None, one.path)]

    def wait(self, path, count=1, seconds=30):
        """Until so much was heard there; all of it."""
        processes.wait_for(lambda: len(self.heard(path)) >= count, seconds, every=0.05,
                           saying=f"{path} was not called {count} times; heard: {self.heard()}")
        return self.heard(path)

    def forget(self):
        with self._lock:
            self._heard.clear()

    def _handle(self, request):
        body = request.rfile.read(int(request.headers.get("Content-Length") or 0)).decode()
        with self._lock:
            self._heard.append(Heard(request.command, request.path, request.headers, body, time.monotonic()))
        answer = self.answer.get(request.path, 200)
        if answer == HANG:
            self._over.wait(120)
            return
        status, headers, text = answer if isinstance(answer, tuple) else (answer, {}, "ok")
        request.send_response(status)
        for name, value in headers.items():
            request.send_header(name, value)
        request.send_header("Content-Length", str(len(text)))
        request.end_headers()
        request.wfile.write(text.encode())

    def start(self):
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            timeout = 60

            def do_GET(self):
                outer._handle(self)

            do_POST = do_GET

            def log_message(self, *_):
                pass

        class Server(http.server.ThreadingHTTPServer):
            def get_request(self):
                # the handshake is the thread's, so that one client cannot hold up the others
                client, address = self.socket.accept()
                client.settimeout(60)
                return context.wrap_socket(client, server_side=True, do_handshake_on_connect=False), address

            def handle_error(self, *_):
                pass  # a client that went away

        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*tls.authority().server(self.host))
        self._over.clear()
        self._server = Server(("127.0.0.1", self.port), Handler)
        self.port = self._server.server_address[1]
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()

    def stop(self):
        if self._server:
            self._over.set()
            self._server.shutdown()
            self._server.server_close()
            self._server = None
