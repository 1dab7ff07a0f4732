"""What tests of HTTP APIs share: servers behind routes, and clients before them."""

import contextlib
import http.client
import json
import threading
import urllib.parse
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from botocore.exceptions import ClientError


class Server:
    """Answers what it was asked, and whatever is put under a path."""

    def __init__(self):
        self.pages = {}
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                body = self.rfile.read(int(self.headers.get("content-length") or 0)).decode()
                headers = {name.lower(): value for name, value in self.headers.items()}
                seen = {"path": self.path, "method": self.command, "headers": headers, "body": body}
                answer = json.dumps(outer.pages.get(self.path, seen)).encode()
                if "/big" in self.path:
                    answer = b"b" * (9 << 20)
                self.send_response(418 if "/teapot" in self.path else 200)
                self.send_header("X-Back", "end")
                self.send_header("Access-Control-Allow-Origin", "https://theirs")
                self.send_header("Content-Length", str(len(answer)))
                self.end_headers()
                self.wfile.write(answer)

            do_POST = do_OPTIONS = do_GET

            def log_message(self, *_):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def end(self):
        self.server.shutdown()
        self.server.server_close()


@contextlib.contextmanager
def started():
    """Starts servers, and ends them."""
    with contextlib.ExitStack() as ends:

        def start():
            server = Server()
            ends.callback(server.end)
            return server

        yield start


def ask(cloud, api, method, path, body=None, headers=None):
    address = urllib.parse.urlsplit(cloud.url)
    connection = http.client.HTTPConnection(address.hostname, address.port, timeout=60)
    connection.request(method, path, body, {"Host": f"{api}.execute-api.localhost", **(headers or {})})
    answer = connection.getresponse()
    return answer.status, answer.headers, answer.read().decode()


def to_web(apis, api, key, uri, **settings):
    of_route = {name: settings.pop(name) for name in list(settings) if name.startswith("Auth")}
    method = settings.pop("IntegrationMethod", "ANY")
    made = apis.create_integration(
        ApiId=api, IntegrationType="HTTP_PROXY", IntegrationMethod=method, IntegrationUri=uri, PayloadFormatVersion="1.0", **settings
    )
    route = apis.create_route(ApiId=api, RouteKey=key, Target=f"integrations/{made['IntegrationId']}", **of_route)
    return made["IntegrationId"], route["RouteId"]


def refused(call, code, **parameters):
    with pytest.raises(ClientError) as refusal:
        call(**parameters)
    assert refusal.value.response["Error"]["Code"] == code
