"""A web server of the test's own: it keeps what it is sent, and answers as it is told to."""

import json
import socket
import ssl
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Request:
    """What was sent."""

    def __init__(self, path, headers, body):
        self.path, self.headers, self.body = path, headers, body

    @property
    def kind(self):
        return self.headers.get("x-amz-sns-message-type")

    def json(self):
        return json.loads(self.body)


class Receiver:
    """A server at `url`. `answers` are used up one by one, then it answers 200."""

    def __init__(self, certificate=None):
        self.requests, self.answers = [], []
        self.released = threading.Event()
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                receiver._answer(self)

            do_GET = do_POST

            def log_message(self, *arguments):
                pass

        self.server = ThreadingHTTPServer(("localhost", 0), Handler)
        self.server.daemon_threads = True
        if certificate:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            certificate.configure_cert(context)
            self.server.socket = context.wrap_socket(self.server.socket, server_side=True)
        self.scheme = "https" if certificate else "http"
        self.url = f"{self.scheme}://localhost:{self.server.server_port}/hook"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def _answer(self, handler):
        body = handler.rfile.read(int(handler.headers.get("content-length", 0))).decode()
        self.requests.append(Request(handler.path, handler.headers, body))
        answer = self.answers.pop(0) if self.answers else 200
        if answer == "hang":
            self.released.wait(60)
        if answer in ("close", "hang"):
            handler.connection.shutdown(socket.SHUT_RDWR)
            handler.close_connection = True
            return
        status, headers = answer if isinstance(answer, tuple) else (answer, {})
        handler.send_response(status)
        for name, value in {"content-length": "2", **headers}.items():
            handler.send_header(name, value)
        handler.end_headers()
        handler.wfile.write(b"ok")

    def of(self, kind):
        return [request for request in self.requests if request.kind == kind]

    def notifications(self):
        return self.of("Notification")

    def close(self):
        self.released.set()
        self.server.shutdown()
        self.server.server_close()
