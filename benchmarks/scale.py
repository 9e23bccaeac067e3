"""How far one machine reaches, and what more machines bring: many_servers.py and cluster.py.

Run: python benchmarks/scale.py [--json]
"""

from __future__ import annotations

import argparse
import asyncio

from cluster import training_elsewhere
from figures import print_figures
from many_servers import ACTIVE, PER_SECOND, SECONDS, SERVERS, measure

PROCESSES = 2  # of the bot: one interpreter answers some 80 a second


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    as_json = parser.parse_args().json
    figures, notes = asyncio.run(
        measure(
            servers=SERVERS,
            active=ACTIVE,
            per_second=PER_SECOND,
            seconds=SECONDS,
            processes=PROCESSES,
        )
    )
    figures += asyncio.run(training_elsewhere())
    print_figures(figures, notes, as_json=as_json)


if __name__ == "__main__":
    main()
