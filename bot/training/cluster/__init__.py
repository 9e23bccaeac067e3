"""Training on other machines, by Dask distributed; docs/operating.md tells how to set it up.

bot process ── JSON lines ──► bridge.py ── TLS ──► scheduler ◄── TLS ── worker: task.py
trainer.py                    (a child)            (Dask's)             training_machine.py
verifying.py                                                            └─ python -m textgen_core

`distributed` is imported in the bridge, the scheduler and the workers, never in the bot.
"""
