"""What a person wants written, small enough to be kept in a button."""

from __future__ import annotations

from dataclasses import dataclass, replace

from bot.errors import UserError
from bot.locales.messages import N_, Message
from textgen_core import GenerationOptions

MAX_TEXTS = 10
MAX_PROMPT_CHARS = 500
MAX_LENGTH = 1500
MAX_ID = 2**63 - 1  # as many as the database can tell apart; Discord's are below
MIN_TEMPERATURE, MAX_TEMPERATURE = 0.1, 2.0
DEFAULT_TEMPERATURE = 0.7
DEFAULT_LENGTH = 300
WARMER = 0.2
REPETITION_PENALTY = 1.1  # gentle: texts without loops stay what they were


@dataclass(frozen=True, slots=True)
class TextRequest:
    """What a person asked for.

    Attributes:
        prompt: how each text begins.
        n: number of texts, 1 to 10.
        temperature: 0.1 to 2; None: the server's default.
        length: the longest a text may get after the prompt, 1 to 1,500 characters.
        top_k: 0 draws from all characters.
        top_p: 1 draws from all characters.
        seed: 0 gives new texts each time.
        model: number or name of a version, "base" or "0" for the base model; empty: the
            one that the server speaks with. Buttons keep numbers.
        mixed_with: another one, which takes turns with it at each word; empty for none.
        as_id: the member in whose way it is written; 0: nobody's.
    """

    prompt: str = ""
    n: int = 1
    temperature: float | None = None
    length: int = DEFAULT_LENGTH
    top_k: int = 0
    top_p: float = 1.0
    seed: int = 0
    model: str = ""
    mixed_with: str = ""
    as_id: int = 0

    def check(self) -> None:
        """Refuse what no command lets anybody ask for, and only a made-up button's id could.

        Raises:
            UserError: a value is outside its range.
        """
        for name, value, least, most in (
            ("n", self.n, 1, MAX_TEXTS),
            ("length", self.length, 1, MAX_LENGTH),
            ("temperature", self.temperature or DEFAULT_TEMPERATURE, 0, MAX_TEMPERATURE),
            (N_("the member's id"), self.as_id, 0, MAX_ID),
        ):
            if not least <= value <= most:
                raise UserError(
                    "That doesn't work: {name} must be {least} to {most:g}.",
                    name=Message(name),
                    least=least,
                    most=most,
                )

    def options(self) -> GenerationOptions:
        """Return the request as the engine takes it.

        Raises:
            UserError: a value is outside its range.
        """
        try:
            return GenerationOptions(
                n=self.n,
                prompt=self.prompt,
                temperature=DEFAULT_TEMPERATURE if self.temperature is None else self.temperature,
                top_k=self.top_k or None,
                top_p=self.top_p if self.top_p < 1 else None,
                max_chars=self.length,
                seed=self.seed or None,
                repetition_penalty=REPETITION_PENALTY,
                whole_sentences=True,
            )
        except ValueError as error:
            raise UserError("I can't do that: {reason}.", reason=f"{error}") from None

    @property
    def leaves_drawing_open(self) -> bool:
        """Whether it says nothing of how to draw, so that the best of several drafts will do."""
        is_plain = self.temperature is None and not self.top_k and self.top_p >= 1
        return is_plain and not self.seed and not self.mixed_with

    def warmed(self, degrees: float) -> TextRequest:
        """Return the request at another temperature, within the range."""
        now = DEFAULT_TEMPERATURE if self.temperature is None else self.temperature
        wanted = round(min(MAX_TEMPERATURE, max(MIN_TEMPERATURE, now + degrees)), 2)
        return replace(self, temperature=wanted)

    def with_prompt(self, prompt: str, *, n: int | None = None) -> TextRequest:
        """Return the request for new texts that begin so."""
        return replace(self, prompt=prompt, n=n or self.n, seed=0)

    def by(self, model: str) -> TextRequest:
        """Return the same request to another model."""
        return replace(self, model=model)

    def code(self) -> str:
        """Return everything but the prompt and the seed, in at most 56 characters.

        The models must be numbers, or empty.
        """
        temperature = "" if self.temperature is None else f"{100 * self.temperature:.0f}"
        values = (self.n, temperature, self.length, self.top_k, f"{100 * self.top_p:.0f}")
        # Old buttons have neither of the last two.
        last = ("", self.as_id) if self.as_id else (self.mixed_with,) if self.mixed_with else ()
        return ".".join(map(str, (*values, self.model, *last)))


def request_of(code: str, prompt: str = "") -> TextRequest:
    """Return the request that `TextRequest.code` wrote down.

    Raises:
        ValueError: it is no such code.
    """
    n, temperature, length, top_k, top_p, model, *last = code.split(".")
    mixed_with, as_id = (*last, "", "")[:2]
    return TextRequest(
        prompt=prompt,
        n=int(n),
        temperature=int(temperature) / 100 if temperature else None,
        length=int(length),
        top_k=int(top_k),
        top_p=int(top_p) / 100,
        model=model,
        mixed_with=mixed_with,
        as_id=int(as_id or 0),
    )
