"""Names under `localhost` are this machine, also where the system's resolver does not know it. So are those before its
address, which clients make of an endpoint and what they name before it."""

import socket

ENDS = (".localhost", ".127.0.0.1")


def resolve_local_names():
    """For this process, from now on."""
    known = socket.getaddrinfo

    def find(host, *arguments, **more):
        return known("127.0.0.1" if str(host).endswith(ENDS) else host, *arguments, **more)

    socket.getaddrinfo = find
