"""How large the page is that a model is exported to, how soon and how fast it writes.

Run: python benchmarks/web.py [base large …] [--rounds 5] [--json]

Needs Chromium, which is driven headless; the page comes from a server on the loopback. The first
character is on the screen so many milliseconds after the browser was told the address, which
counts the download and the module's compilation as well.
"""

from __future__ import annotations

import argparse
import functools
import os
import shutil
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from statistics import median

from figures import Figure, print_figures
from playwright.sync_api import Browser, sync_playwright

from textgen_core import load_checkpoint
from textgen_core.export.web import web_files
from textgen_core.model.bundled import model_path

CHROMIUM_NAMES = ("chromium", "chromium-browser", "google-chrome")
TEXTS, CHARS = 6, 400
LARGEST_BYTES = 1_500_000  # of base, in all
LATEST_MS = 300.0
SLOWEST = {"base": 1_500, "large": 150}  # characters a second
FIRST = """() => performance.getEntriesByName('textgen-first-character')[0].startTime"""
SPEED = f"""async () => {{
  const {{ Engine }} = await import('./textgen.js');
  const read = (name) => fetch(name).then((answer) => answer.arrayBuffer());
  const engine = new Engine(await read('model.safetensors'), await read('products.wasm'));
  let chars = 0;
  const begun = performance.now();
  for (let seed = 0; seed < {TEXTS}; seed++) {{
    chars += engine.text({{ prompt: 'I think ', seed, maxChars: {CHARS} }}).length;
  }}
  return (1000 * chars) / (performance.now() - begun);
}}"""


class Quiet(SimpleHTTPRequestHandler):
    """Serves a folder without a line for each request."""

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


@contextmanager
def served(folder: Path) -> Iterator[str]:
    """Serve a folder on the loopback; yield its address."""
    handler = functools.partial(Quiet, directory=str(folder))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}/"
        server.shutdown()


def measure(browser: Browser, name: str, folder: Path, rounds: int) -> list[Figure]:
    """Return the figures of one model."""
    checkpoint = load_checkpoint(model_path(name))
    files = web_files(checkpoint, Path(name).stem)
    (single,) = web_files(checkpoint, Path(name).stem, single=True).values()
    for file, data in files.items():
        (folder / file).write_bytes(data)
    (folder / "single.html").write_bytes(single)
    first: dict[str, list[float]] = {"": [], "single.html": []}
    speeds = []
    with served(folder) as address:
        for _ in range(rounds):
            for page_name, spent in first.items():
                context = browser.new_context()
                page = context.new_page()
                page.goto(f"{address}{page_name}#p=hello&s=1")
                page.locator("#mirror .ghost").first.wait_for()
                spent.append(page.evaluate(FIRST))
                if not page_name:
                    speeds.append(page.evaluate(SPEED))
                context.close()
    most = LARGEST_BYTES / 1e6 if name == "base" else None
    latest = LATEST_MS if name == "base" else None
    least = SLOWEST.get(name)
    slow = 1e6 / least if least else None
    speed = median(speeds)
    return [
        Figure(f"{name}: all files of the folder", _mb(sum(map(len, files.values()))), "MB", most),
        Figure(f"{name}: the single file", _mb(len(single)), "MB", most),
        Figure(f"{name}: first character, folder", round(median(first[""])), "ms", latest),
        Figure(
            f"{name}: first character, single file",
            round(median(first["single.html"])),
            "ms",
            latest,
        ),
        Figure(f"{name}: a character ({speed:,.0f} a second)", round(1e6 / speed), "µs", slow),
    ]


def _mb(size: int) -> float:
    return round(size / 1e6, 2)


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("models", nargs="*", default=["base", "large"])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    path = os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, CHROMIUM_NAMES)), None)
    if path is None:
        raise SystemExit("no Chromium: apt-get install chromium, or name it in CHROMIUM")
    figures: list[Figure] = []
    with sync_playwright() as playwright, tempfile.TemporaryDirectory() as folder:
        browser = playwright.chromium.launch(
            executable_path=path, args=["--no-sandbox", "--disable-gpu"]
        )
        for name in options.models:
            figures += measure(browser, name, Path(folder), options.rounds)
        version = browser.version
        browser.close()
    print_figures(figures, {"browser": f"Chromium {version}"}, as_json=options.json)


if __name__ == "__main__":
    main()
