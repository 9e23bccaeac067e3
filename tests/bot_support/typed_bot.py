"""Programs that run the bot as it is typed, against a loopback Discord, and what they print."""

from __future__ import annotations

# Discord's address.
START = """
import sys
from bot.cli.main import main
from bot.loopback.client_routes import client_routes

with client_routes(sys.argv[1]):
    raise SystemExit(main(sys.argv[2:]))
"""
# Discord's address, a training process's program and its mode.
SERVE = """
import sys
import bot.training.backends as places
from bot.cli.main import main
from bot.loopback.client_routes import client_routes
from bot.training.local_trainer import LocalTrainer

places.LocalTrainer = lambda **_: LocalTrainer((sys.executable, sys.argv[2], sys.argv[3]))
with client_routes(sys.argv[1]):
    raise SystemExit(main(["run"]))
"""


def last_line(text: str) -> str:
    return text.strip().splitlines()[-1]
