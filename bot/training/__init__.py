"""From a queued job to a published model: the queue, the job, the training process.

Values go up (JobProgress, JobOutcome); words are made in ``presentation``. Knows nothing of
Discord. Start with ``queue_worker.py`` (what runs when), then ``job_runner.py`` (one job,
whatever happens) and ``pipeline.py`` (its steps). ``trainer.py`` is the interface behind
which ``local_trainer.py`` or ``cluster/`` trains.
"""
