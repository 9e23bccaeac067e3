"""``python -m textgen_bot`` is ``textgen-bot``."""

from textgen_bot import main

raise SystemExit(main())
