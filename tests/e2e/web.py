"""Requests as browsers send them: under any host name, without signatures, and without following redirections."""

import http.client
import urllib.parse


class Reply:
    def __init__(self, answer, body):
        self.status = answer.status
        self.headers = answer.headers
        self.body = body
        self.text = body.decode(errors="replace")


def visit(cloud, path, host=None, method="GET", body=None, **headers):
    """What `host` answers; `if_match` stands for the header `if-match`."""
    address = urllib.parse.urlsplit(cloud.url).netloc
    connection = http.client.HTTPConnection(address, timeout=20)
    headers = {name.replace("_", "-"): value for name, value in headers.items()}
    try:
        connection.request(method, path, body, {"host": host or address, **headers})
        answer = connection.getresponse()
        return Reply(answer, answer.read())
    finally:
        connection.close()
