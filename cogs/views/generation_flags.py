"""What can be asked for of any text that the bot writes."""

from __future__ import annotations

from typing import Any

from discord.ext import commands

from bot.errors import UserError
from bot.generation.request import (
    DEFAULT_LENGTH,
    MAX_LENGTH,
    MAX_PROMPT_CHARS,
    MAX_TEMPERATURE,
    MAX_TEXTS,
    MIN_TEMPERATURE,
    TextRequest,
)
from bot.text.typed_options import MARK

Prompt = commands.Range[str, 0, MAX_PROMPT_CHARS]


def prompt_flag() -> Any:
    """Return the flag that needs no name; it is not inherited, so each class names it."""
    return commands.flag(default="", positional=True, description="How the text begins")


class WritingFlags(commands.FlagConverter, prefix=MARK, delimiter=" "):
    """How to write; `hello --n 3 --temperature 0.9`."""

    # Zeros and ones stand for "not set": of a Range that may be None, discord.py makes a
    # slash option for text.
    prompt: Prompt = prompt_flag()
    n: commands.Range[int, 1, MAX_TEXTS] = commands.flag(
        default=1, description=f"How many texts (1–{MAX_TEXTS})"
    )
    temperature: commands.Range[float, 0.0, MAX_TEMPERATURE] = commands.flag(
        default=0.0,
        description="Lower is tamer, higher is wilder (0.1–2; default: this server's setting)",
    )
    length: commands.Range[int, 1, MAX_LENGTH] = commands.flag(
        aliases=["max_chars"],
        default=DEFAULT_LENGTH,
        description=f"The most characters a text may have (1–{MAX_LENGTH})",
    )
    top_k: commands.Range[int, 0, 500] = commands.flag(
        default=0, description="For experts: choose among the k most likely characters (0: all)"
    )
    top_p: commands.Range[float, 0.01, 1.0] = commands.flag(
        default=1.0, description="For experts: choose among the most likely share (0.01–1)"
    )
    seed: commands.Range[int, 0, 2**53 - 1] = commands.flag(
        default=0, description="The same number gives the same text (0: a new one each time)"
    )

    def request(self, *, model: str = "", mixed_with: str = "") -> TextRequest:
        """Return what is asked of a model, or of two.

        Raises:
            UserError: the temperature is too low.
        """
        if 0 < self.temperature < MIN_TEMPERATURE:
            raise UserError(
                "A temperature of {temperature:g} doesn't work. It can be {least:g} to {most:g}.",
                temperature=self.temperature,
                least=MIN_TEMPERATURE,
                most=MAX_TEMPERATURE,
            )
        return TextRequest(
            prompt=self.prompt,
            n=self.n,
            temperature=self.temperature or None,
            length=self.length,
            top_k=self.top_k,
            top_p=self.top_p,
            seed=self.seed,
            model=model,
            mixed_with=mixed_with,
        )
