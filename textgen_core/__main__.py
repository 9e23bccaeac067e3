"""``python -m textgen_core`` is ``textgen``."""

import sys

from textgen_core.cli.main import main

sys.exit(main())
