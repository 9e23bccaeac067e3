"""Asks a running bot how it is: `python -m bot.operations.healthcheck`, for containers.

It runs every half minute, so it imports nothing but the standard library.
"""

from __future__ import annotations

import http.client
import os
import sys
from contextlib import closing

ANSWER_S = 8.0
DEFAULT = "127.0.0.1:9464"
ANYWHERE = ("0.0.0.0", "[::]")


def ask(address: str) -> tuple[int, str]:
    """Return the exit status and what the bot answers; 0 where there is nothing to ask."""
    if not address:
        return 0, "HEALTH_ADDRESS is empty"
    host, _, port = address.rpartition(":")
    if host in ANYWHERE:
        host = "127.0.0.1" if host == ANYWHERE[0] else "[::1]"
    try:
        where = http.client.HTTPConnection(host.strip("[]"), int(port), timeout=ANSWER_S)
        with closing(where) as connection:
            connection.request("GET", "/healthz")
            answer = connection.getresponse()
            text = answer.read().decode("utf-8", errors="replace")
    except (OSError, ValueError, http.client.HTTPException) as error:
        return 1, f"{address} does not answer: {error}"
    return (0 if answer.status == http.client.OK else 1), text


if __name__ == "__main__":
    status, text = ask(os.environ.get("HEALTH_ADDRESS", DEFAULT).strip())
    sys.stdout.write(text + "\n")
    sys.exit(status)
