"""The words beside a picture of what the network sees in a line."""

from __future__ import annotations

from bot.locales.messages import _
from bot.models.inference import BASE
from textgen_core.neurons.report import Report
from textgen_core.neurons.surprise import END, Surprise, WorstPlace, shown

MAX_ALT_CHARS = 1024  # Discord's limit of a file's description


def caption(report: Report) -> str:
    """Tell what a picture shows, and what its colours mean."""
    bits = report.stages[-1][1]
    lines = [_figures(report)]
    worst = _worst(bits)
    if worst is not None:
        char, guess = _char(bits, worst), worst.guesses[0].text
        lines.append(
            _("The hardest character to guess was “{char}”: I expected the line to end.", char=char)
            if guess == END
            else _(
                "The hardest character to guess was “{char}”: I expected “{guess}”.",
                char=char,
                guess=guess,
            )
        )
    if not report.causal:
        lines.append(
            _(
                "-# Orange: what surprised me. This version reads a few characters at a time, so I "
                "can't show more."
            )
        )
    else:
        lines.append(
            _(
                "-# Orange: what surprised me. Blue: what the guess at the framed character "
                "depended on. Green: where one unit of my network is active."
            )
        )
    return "\n".join(lines)


def alternative(report: Report) -> str:
    """Return what a picture shows for people who don't see it."""
    label, bits = report.stages[-1]
    parts = [_line(label, shown(bits.text)), _figures(report).replace("**", "")]
    for strip in report.strips:
        places = [place for place, prob in enumerate(strip.probs) if prob > 0.5]
        active = "".join(shown(bits.text)[place] for place in places)
        told = {"unit": strip.cell.unit, "property": strip.cell.property, "auc": strip.cell.auc}
        parts.append(
            _(
                "Unit {unit} tells “{property}” (AUC {auc:.3f}) and is active at “{active}”.",
                active=active,
                **told,
            )
            if places
            else _("Unit {unit} tells “{property}” (AUC {auc:.3f}) and is silent here.", **told)
        )
    return " ".join(parts)[:MAX_ALT_CHARS]


def _line(label: str, line: str) -> str:
    if label == BASE:
        return _(
            "The line “{line}”, each character coloured by how much it surprised the base model.",
            line=line,
        )
    return _(
        "The line “{line}”, each character coloured by how much it surprised version {version}.",
        line=line,
        version=label,
    )


def _figures(report: Report) -> str:
    label, bits = report.stages[-1]
    base = report.stages[0][1].bits_per_char
    if label == BASE:
        return _(
            "**The base model needed {base:.2f} bits per character for this line.**", base=base
        )
    return _(
        "**Version {version} needed {bits:.2f} bits per character for this line; the base model "
        "needed {base:.2f}.**",
        version=label,
        bits=bits.bits_per_char,
        base=base,
    )


def _worst(bits: Surprise) -> WorstPlace | None:
    return max(bits.worst, key=lambda worst: worst.bits, default=None)


def _char(bits: Surprise, worst: WorstPlace) -> str:
    return shown(bits.text[worst.char])
