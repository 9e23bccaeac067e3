"""The training process is started, heard, stopped and outlived."""

from __future__ import annotations

import asyncio
import os
import sys
from dataclasses import replace
from pathlib import Path

import psutil
import pytest
from bot_harness import fake_trainer, make_base

from bot.errors import OutOfMemoryError, TrainerError, UserError
from bot.runtime.subprocesses import ChildLimits
from bot.training.local_trainer import LocalTrainer
from bot.training.trainer import TrainDone, TrainEvent, TrainProgress, TrainRequest, TrainStarted


@pytest.fixture
def request_(tmp_path: Path) -> TrainRequest:
    corpus = tmp_path / "corpus.jsonl"
    corpus.write_text('{"content": "hello"}\n' * 60, encoding="utf-8")
    return TrainRequest(corpus=corpus, out=tmp_path / "out.safetensors", base=make_base(tmp_path))


async def started(
    mode: str, request: TrainRequest, grace_s: float = 10.0
) -> asyncio.Task[TrainDone]:
    """Return a training that has reached its middle."""
    halfway = asyncio.Event()
    training = asyncio.create_task(
        fake_trainer(mode, stop_grace_s=grace_s).train(
            request, lambda event: halfway.set() if isinstance(event, TrainProgress) else None
        )
    )
    await halfway.wait()
    return training


async def test_events_come_in_order_and_the_checkpoint_lies_there(request_: TrainRequest) -> None:
    events: list[TrainEvent] = []
    done = await fake_trainer().train(request_, events.append)
    assert isinstance(events[0], TrainStarted)
    assert events[0].messages == 60
    steps = [event.step for event in events if isinstance(event, TrainProgress)]
    assert steps == list(range(1, 11))
    assert (done.bits_per_char_before, done.bits_per_char_after) == (3.1, 2.5)
    assert request_.out.read_bytes() == request_.base.read_bytes()


async def test_lines_that_are_no_events_are_passed_over(
    request_: TrainRequest, caplog: pytest.LogCaptureFixture
) -> None:
    done = await fake_trainer("strange").train(request_, lambda _: None)
    assert done.reason == "finished"
    assert "no event" in caplog.text
    assert "not JSON" not in caplog.text


async def test_a_refusal_is_told_in_the_childs_words(request_: TrainRequest) -> None:
    with pytest.raises(UserError, match=r"is damaged: restore it"):
        await fake_trainer("refuse").train(request_, lambda _: None)


async def test_a_silent_death_is_an_error_and_its_last_words_are_logged(
    request_: TrainRequest, caplog: pytest.LogCaptureFixture
) -> None:
    with pytest.raises(TrainerError, match="status 3"):
        await fake_trainer("crash").train(request_, lambda _: None)
    assert "a last word on standard error" in caplog.text


async def test_a_cancelled_training_saves_its_state_and_goes_on_later(
    request_: TrainRequest,
) -> None:
    training = await started("hold", request_)
    training.cancel()
    with pytest.raises(asyncio.CancelledError):
        await training
    assert not request_.out.exists()
    events: list[TrainEvent] = []
    await fake_trainer("hold").train(request_, events.append)
    assert isinstance(events[0], TrainStarted)
    assert events[0].resumed
    assert request_.out.exists()


async def test_a_child_that_does_not_listen_is_killed(
    request_: TrainRequest, caplog: pytest.LogCaptureFixture
) -> None:
    training = await started("deaf", request_, grace_s=0.2)
    training.cancel()
    with pytest.raises(asyncio.CancelledError):
        await training
    assert "is killed" in caplog.text


async def test_two_processes_never_write_the_same_checkpoint(request_: TrainRequest) -> None:
    first = await started("hold", request_)
    with pytest.raises(TrainerError, match="still running"):
        await fake_trainer(stop_grace_s=0.2).train(request_, lambda _: None)
    second = asyncio.create_task(fake_trainer().train(request_, lambda _: None))
    first.cancel()
    assert (await second).reason == "finished"


async def test_the_token_is_not_in_the_childs_environment(
    request_: TrainRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DISCORD_TOKEN", "secret")
    training = await started("hold", request_)
    (child,) = psutil.Process().children()
    environment = child.environ()
    assert "PATH" in environment
    assert "secret" not in environment.values()
    assert "secret" not in child.cmdline()
    training.cancel()
    with pytest.raises(asyncio.CancelledError):
        await training


async def test_training_leaves_the_processor_to_the_chat(request_: TrainRequest) -> None:
    training = await started("hold", request_)
    (child,) = psutil.Process().children()
    assert child.nice() == 19
    assert os.getpgid(child.pid) == child.pid
    training.cancel()
    with pytest.raises(asyncio.CancelledError):
        await training


async def test_an_event_without_its_fields_is_an_error(tmp_path: Path) -> None:
    script = 'print(\'{"event": "done"}\')'
    trainer = LocalTrainer((sys.executable, "-c", script))
    request = TrainRequest(tmp_path / "corpus", tmp_path / "out", tmp_path / "base")
    with pytest.raises(TrainerError, match="bits_per_char_before"):
        await trainer.train(request, lambda _: None)


async def test_a_training_is_compared_where_there_is_something_to_compare_with(
    request_: TrainRequest,
) -> None:
    alone = await fake_trainer().train(request_, lambda _: None)
    compared = await fake_trainer().train(replace(request_, against=request_.base), lambda _: None)
    assert (alone.bits_per_char_against, compared.bits_per_char_against) == (None, 3.0)


@pytest.mark.parametrize("mode", ["killed", "starved"])
async def test_a_death_for_want_of_memory_is_told_from_others(
    request_: TrainRequest, mode: str
) -> None:
    with pytest.raises(OutOfMemoryError, match="because memory ran out"):
        await fake_trainer(mode).train(request_, lambda _: None)


async def test_smaller_steps_can_be_asked_for(request_: TrainRequest) -> None:
    done = await fake_trainer("killed").train(replace(request_, batch_targets=256), lambda _: None)
    assert done.reason == "finished"


async def test_more_memory_than_allowed_ends_the_process(request_: TrainRequest) -> None:
    trainer = fake_trainer("hungry", limits=ChildLimits(memory_mb=100))
    with pytest.raises(OutOfMemoryError, match=r"\(100 MB\).*TRAIN_MEMORY_MB"):
        await trainer.train(request_, lambda _: None)
    assert psutil.Process().children() == []


async def test_as_much_memory_as_allowed_does_not(request_: TrainRequest) -> None:
    done = await fake_trainer(limits=ChildLimits(memory_mb=100, timeout_s=60)).train(
        request_, lambda _: None
    )
    assert done.reason == "finished"


async def test_a_process_that_hangs_is_ended(request_: TrainRequest) -> None:
    trainer = fake_trainer("deaf", limits=ChildLimits(timeout_s=0.5))
    with pytest.raises(TrainerError, match=r"longer than allowed.*TRAIN_TIMEOUT_S"):
        await trainer.train(request_, lambda _: None)
    assert psutil.Process().children() == []


def oom_score(process: str) -> int:
    return int(Path(f"/proc/{process}/oom_score_adj").read_text(encoding="ascii"))


@pytest.mark.skipif(sys.platform != "linux", reason="the OOM killer is Linux's")
async def test_the_machine_ends_the_training_before_the_bot(request_: TrainRequest) -> None:
    training = await started("hold", request_)
    (child,) = psutil.Process().children()
    assert oom_score(str(child.pid)) > oom_score("self")
    training.cancel()
    with pytest.raises(asyncio.CancelledError):
        await training
