"""!train on another machine, with the commands, certificates and training of an installation."""

from __future__ import annotations

from pathlib import Path

from bot_harness import (
    REAL_TRAINING_S,
    make_settings,
    open_scene,
    run_python,
    running_bot,
    until,
)
from cluster_harness import open_cluster

from bot.training.backends import open_trainer


async def test_a_channel_is_learned_by_a_worker_and_spoken_with(tmp_path: Path) -> None:
    certs = tmp_path / "certs"
    status, _, words = await run_python(tmp_path, "-m", "bot", "certs", str(certs))
    assert status == 0
    assert "keep ca-key.pem to yourself" in words
    assert {path.name for path in certs.iterdir()} == {
        *("ca.pem", "ca-key.pem", "scheduler.pem", "worker.pem", "bot.pem")
    }
    assert {path.stat().st_mode & 0o777 for path in certs.iterdir()} == {0o600}
    with open_cluster(tmp_path, certs=certs) as cluster:
        settings = make_settings(tmp_path, train_scheduler=cluster.url, train_certs=certs)
        async with open_scene(tmp_path, messages=100) as scene, open_trainer(settings) as trainer:
            async with running_bot(scene, trainer):
                waits = await scene.ask(f"!train <#{scene.talk.id}>")
                assert waits.endswith("It starts as soon as one is.")
                cluster.worker("attic")
                await scene.from_bot("MESSAGE_UPDATE", "🧠", timeout_s=REAL_TRAINING_S)
                outcome = await scene.outcome(timeout_s=REAL_TRAINING_S)
                assert outcome.startswith("✅ **Trained** on 100 messages")
                assert await scene.ask("!generate")
            assert scene.left_texts() == []
        await until(lambda: cluster.left_texts() == [])
        log = cluster.log("attic")
    assert "is ready for trainings" in log
    assert "message 1" not in log
    assert "Traceback" not in log
