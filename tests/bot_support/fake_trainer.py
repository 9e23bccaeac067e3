"""A training process that learns nothing: it speaks the protocol, and fails on demand.

Run as `python fake_trainer.py MODE train CORPUS -o OUT --base BASE --seed N --json …`.

Modes:
    quick    ends at once; OUT is a copy of BASE.
    hold     stays in the middle until it is stopped; started again, it ends.
    deaf     as hold, but does not listen to SIGTERM.
    refuse   has an error event instead of a result.
    crash    ends with status 3 and without a word.
    strange  writes lines that are no events, then ends well.
    worse    ends at once; what it has learned is worse than what it began with.
    mixed    as worse, but only when there is a model to be compared with.
    killed   is killed as for want of memory; with smaller steps it ends well.
    starved  says that memory ran out, whatever the steps.
    hungry   takes 150 MB and stays; with smaller steps it ends well.
    steps    saves its state after each step, and ends well; see STEP_S.
    honest   as steps, but FAKE_BITS is what it scores.
    recipes  as quick, and the better the higher its learning rate; one of more epochs fails.

Tests that need it in the middle of its steps stop it there: see pace.py.
"""

from __future__ import annotations

import errno
import json
import os
import shutil
import signal
import sys
import threading
import time
from pathlib import Path

from pace import wait_for_turn

STEPS = 10
STEP_S = float(os.environ.get("FAKE_STEP_S", "0"))  # for kills at random moments


def write(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def say(event: str, **fields: object) -> None:
    write(json.dumps({"event": event, **fields}))


def progress(step: int) -> None:
    say(
        "progress",
        epoch=step / STEPS,
        epochs=1,
        step=step,
        steps=STEPS,
        train_bits_per_char=3.0,
        val_bits_per_char=2.9,
        elapsed_s=float(step),
        eta_s=float(STEPS - step),
    )


def wait_for_a_stop(*, deaf: bool) -> None:
    stop = threading.Event()
    signal.signal(signal.SIGTERM, signal.SIG_IGN if deaf else lambda *_: stop.set())

    def watch_stdin() -> None:
        while os.read(0, 1024):
            pass
        stop.set()

    threading.Thread(target=watch_stdin, daemon=True).start()
    progress(STEPS // 2)
    stop.wait()


def take_steps(part: Path | None) -> None:
    """Take all steps, or with a place for the state those that are left of them."""
    done = int(part.read_text(encoding="utf-8")) if part and part.exists() else 0
    for step in range(done + 1, STEPS + 1):
        wait_for_turn(step)
        progress(step)
        if part:
            time.sleep(STEP_S)
            new = part.with_suffix(".new")
            new.write_text(str(step), encoding="utf-8")
            new.replace(part)


def option(name: str) -> float:
    return float(sys.argv[sys.argv.index(name) + 1])


def main() -> int:
    mode, _, corpus, _, out, _, base = sys.argv[1:8]
    compared, smaller = "--against" in sys.argv, "--batch-targets" in sys.argv
    part = Path(out + ".part")
    messages = len(Path(corpus).read_text(encoding="utf-8").splitlines())
    resumed = part.exists()
    if mode == "refuse":
        say("error", message=f"the base model {base} is damaged: restore it")
        return 2
    if mode == "starved":
        say("error", message="memory ran out")
        return errno.ENOMEM
    if mode == "killed" and not smaller:
        os.kill(os.getpid(), signal.SIGKILL)
    if mode == "hungry" and not smaller:
        taken = b"x" * 150_000_000
        while taken:
            signal.pause()
    if mode == "crash":
        sys.stderr.write("a last word on standard error\n")
        return 3
    if mode == "recipes" and option("--epochs") > 6:
        return 3
    if mode == "strange":
        write("not JSON\n[1]\n" + json.dumps({"event": "unheard of"}))
    say(
        "start",
        messages=messages,
        train_messages=messages,
        val_messages=0,
        chars=10 * messages,
        device="cpu",
        epochs=1,
        resumed=resumed,
        val_bits_per_char=3.1,
    )
    if mode in ("hold", "deaf") and not resumed:
        part.write_text("half", encoding="utf-8")
        wait_for_a_stop(deaf=mode == "deaf")
        say("stopped", step=STEPS // 2, epoch=0.5)
        return 0
    take_steps(part if mode in ("steps", "honest") else None)
    shutil.copyfile(base, out)
    part.unlink(missing_ok=True)
    after = 3.2 if mode == "worse" or (mode == "mixed" and compared) else 2.5
    after = float(os.environ["FAKE_BITS"]) if mode == "honest" else after
    after = 2.5 - 100 * option("--learning-rate") if mode == "recipes" else after
    say(
        "done",
        checkpoint=out,
        bits_per_char_before=after + 0.6 if mode == "honest" else 3.1,
        bits_per_char_after=after,
        bits_per_char_against=3.0 if compared else None,
        train_s=1.5,
        epochs=1.0,
        reason="finished",
    )
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
