"""What tests of WebSocket APIs share: APIs with routes, functions that tell what they see, and clients."""

import contextlib
import json
import queue
import threading
import urllib.parse
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from conftest import Cloud
from functions import create
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect as open_socket

SECONDS_MAX = 30
# Tells the test's server of each event, and answers as the event wants it.
CODE = """
import json, os, urllib.request

def handler(event, context):
    kind = event["requestContext"]["eventType"]
    told = {"event": event, "kind": kind}
    urllib.request.urlopen(os.environ["TELL"], json.dumps(told).encode()).read()
    if kind == "CONNECT":
        wants = (event.get("queryStringParameters") or {}).get("wants", "200")
        if wants == "raise":
            raise ValueError("no")
        headers = {"Sec-WebSocket-Protocol": "trips"} if "Sec-WebSocket-Protocol" in event["headers"] else {}
        return {"statusCode": int(wants), "headers": headers}
    if kind == "MESSAGE":
        body = event["body"]
        if "raise" in body:
            raise ValueError("no")
        if "nothing" in body:
            return None
        return {"statusCode": 200, "body": json.dumps({"route": event["requestContext"]["routeKey"], "heard": body[:99], "size": len(body)})}
    return {"statusCode": 200}
"""


class Listener:
    """A server that hears what functions tell and integrations send, in order."""

    def __init__(self):
        self.heard = queue.Queue()
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers.get("content-length") or 0)).decode()
                headers = {name.lower(): value for name, value in self.headers.items()}
                outer.heard.put({"path": self.path, "headers": headers, "body": body})
                answer = json.dumps({"path": self.path, "echo": body}).encode()
                self.send_response(404 if "/missing" in self.path else 200)
                self.send_header("Content-Length", str(len(answer)))
                self.end_headers()
                self.wfile.write(answer)

            def log_message(self, *_):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def next(self):
        return self.heard.get(timeout=SECONDS_MAX)

    def event(self, kind):
        """The next event of that kind."""
        while True:
            told = json.loads(self.next()["body"])
            if told["kind"] == kind:
                return told["event"]

    def end(self):
        self.server.shutdown()
        self.server.server_close()


@contextlib.contextmanager
def listening():
    listener = Listener()
    try:
        yield listener
    finally:
        listener.end()


class Api:
    """A WebSocket API with a stage that deploys by itself."""

    def __init__(self, cloud, name, selection="$request.body.action", **settings):
        self.cloud = cloud
        self.client = cloud.client("apigatewayv2")
        made = self.client.create_api(Name=name, ProtocolType="WEBSOCKET", RouteSelectionExpression=selection)
        self.id, self.endpoint = made["ApiId"], made["ApiEndpoint"]
        self.client.create_stage(ApiId=self.id, StageName="dev", AutoDeploy=True, **settings)

    def integration(self, kind, **settings):
        return self.client.create_integration(ApiId=self.id, IntegrationType=kind, **settings)["IntegrationId"]

    def route(self, key, integration, answers=False, **settings):
        if answers:
            settings["RouteResponseSelectionExpression"] = "$default"
        made = self.client.create_route(ApiId=self.id, RouteKey=key, Target=f"integrations/{integration}", **settings)
        if answers:
            self.client.create_route_response(ApiId=self.id, RouteId=made["RouteId"], RouteResponseKey="$default")
        return made["RouteId"]

    def function(self, name, listener, code=CODE):
        made = create(self.cloud.client("lambda"), name, code, Environment={"Variables": {"TELL": listener.url}})
        return f"arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/{made['FunctionArn']}/invocations"

    def whole(self, name, listener):
        """All routes lead to one function, and clients hear what it answers."""
        to = self.integration("AWS_PROXY", IntegrationUri=self.function(name, listener))
        for key in ["$connect", "$disconnect"]:
            self.route(key, to)
        for key in ["$default", "send"]:
            self.route(key, to, answers=True)
        return self

    def connect(self, path="/dev", **more):
        port = urllib.parse.urlsplit(self.cloud.url).port
        return open_socket(f"ws://{self.id}.execute-api.us-east-1.localhost:{port}{path}", **more)

    def management(self, stage="dev", **more):
        port = urllib.parse.urlsplit(self.cloud.url).port
        url = f"http://{self.id}.execute-api.us-east-1.localhost:{port}/{stage}"
        return manager(self.cloud, url, **more)


def manager(cloud, url, **more):
    """A client of the management API at that address."""
    made = Cloud(cloud.data)
    made.url = url
    return made.client("apigatewaymanagementapi", **more)


def heard(socket):
    return json.loads(socket.recv(timeout=SECONDS_MAX))


def ending(socket):
    """How the server ended a connection."""
    try:
        while True:
            socket.recv(timeout=SECONDS_MAX)
    except ConnectionClosed as closed:
        return closed.rcvd and (closed.rcvd.code, closed.rcvd.reason)
