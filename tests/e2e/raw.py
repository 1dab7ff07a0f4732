"""Unsigned requests on one connection, for tests that count every acknowledgement: nothing is retried or made up."""

import http.client
import itertools
import json
import threading
import urllib.parse


class Refused(Exception):
    """An answer that is an error."""


class Raw:
    """A connection to the cloud. A broken one raises OSError or http.client.HTTPException: then nobody knows."""

    def __init__(self, cloud, timeout=20):
        self.connection = http.client.HTTPConnection(cloud.url.removeprefix("http://"), timeout=timeout)

    def sqs(self, operation, **parameters):
        return self._json("AmazonSQS." + operation, parameters)

    def dynamodb(self, operation, **parameters):
        return self._json("DynamoDB_20120810." + operation, parameters)

    def sns(self, operation, **parameters):
        form = urllib.parse.urlencode({"Action": operation, "Version": "2010-03-31", **parameters})
        return self._send(form, {"Content-Type": "application/x-www-form-urlencoded"})

    def freeze(self):
        self._send(json.dumps({"frozen": True}), {}, "/_cloudlet/clock")

    def advance(self, seconds):
        self._send(json.dumps({"advance_seconds": seconds}), {}, "/_cloudlet/clock")

    def _json(self, target, parameters):
        headers = {"X-Amz-Target": target, "Content-Type": "application/x-amz-json-1.0"}
        answer = self._send(json.dumps(parameters), headers)
        return json.loads(answer) if answer else {}

    def _send(self, body, headers, path="/"):
        self.connection.request("POST", path, body, headers)
        response = self.connection.getresponse()
        answer = response.read()
        if response.status != 200:
            raise Refused(response.status, answer)
        return answer


UNSURE = (OSError, http.client.HTTPException)


class Survivors:
    """Clients that work on one cloud through all of its deaths, and what each of them found wrong."""

    def __init__(self, cloud):
        self.cloud = cloud
        self.alive, self.over = threading.Event(), threading.Event()
        self.wrong = []

    def run(self, work, number):
        """One client at work, which gets a connection and names of its own. It comes back whenever the cloud does."""
        try:
            names = (f"{number}-{count}" for count in itertools.count())
            while not self.over.is_set():
                self.alive.wait(0.1)
                try:
                    client = Raw(self.cloud)
                    while not self.over.is_set():
                        work(client, names)
                except UNSURE:
                    pass
        except Exception as error:
            self.wrong.append(error)
