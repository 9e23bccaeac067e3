"""docs/files.md lists the formats that are known, and no others."""

from __future__ import annotations

import re
from pathlib import Path
from typing import get_args

from cogs.views.train_requests import FileFormat
from textgen_core.text.formats.recognition import ALL_FORMS, FORMATS

PAGE = (Path(__file__).parent.parent / "docs" / "files.md").read_text(encoding="utf-8")


def test_the_page_lists_every_format() -> None:
    assert re.findall(r"^\| `([a-z-]+)` \|", PAGE, re.MULTILINE) != []
    shown = set(re.findall(r"^\| `([a-z-]+)` \|", PAGE, re.MULTILINE))
    assert shown == {form.id for form in ALL_FORMS}


def test_the_page_and_the_slash_command_name_what_can_be_forced() -> None:
    (listed,) = re.findall(r"`--format text`\s+\(([^)]+)\)", PAGE)
    assert tuple(re.findall(r"`(\w+)`", listed)) == FORMATS == get_args(FileFormat)
