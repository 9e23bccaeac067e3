"""The words beside a picture of what the network sees in a line."""

from __future__ import annotations

from bot.models.inference import BASE
from textgen_core.neurons.report import Report
from textgen_core.neurons.surprise import END, Surprise, WorstPlace, shown

MAX_ALT_CHARS = 1024  # Discord's limit of a file's description


def caption(report: Report) -> str:
    """Tell what a picture shows, and what its colours mean."""
    _, bits = report.stages[-1]
    lines = [_figures(report)]
    worst = _worst(bits)
    if worst is not None:
        sentence = (
            "The hardest character to guess was “{char}”: I expected “{guess}”."
            if worst.guesses[0].text != END
            else "The hardest character to guess was “{char}”: I expected the line to end."
        )
        lines.append(sentence.format(char=_char(bits, worst), guess=worst.guesses[0].text))
    if not report.causal:
        lines.append(
            "-# Orange: what surprised me. This version reads a few characters at a time, so I "
            "can't show more."
        )
    else:
        lines.append(
            "-# Orange: what surprised me. Blue: what the guess at the framed character depended "
            "on. Green: where one unit of my network is active."
        )
    return "\n".join(lines)


def alternative(report: Report) -> str:
    """Return what a picture shows for people who don't see it."""
    label, bits = report.stages[-1]
    told = "The line “{line}”, each character coloured by how much it surprised {model}."
    parts = [told.format(line=shown(bits.text), model=_named(label))]
    parts.append(_figures(report).replace("**", ""))
    for strip in report.strips:
        places = [place for place, prob in enumerate(strip.probs) if prob > 0.5]
        active = "".join(shown(bits.text)[place] for place in places)
        sentence = "Unit {unit} tells “{property}” (AUC {auc:.3f}) and is active at “{active}”."
        if not places:
            sentence = "Unit {unit} tells “{property}” (AUC {auc:.3f}) and is silent here."
        cell = strip.cell
        parts.append(
            sentence.format(unit=cell.unit, property=cell.property, auc=cell.auc, active=active)
        )
    return " ".join(parts)[:MAX_ALT_CHARS]


def _figures(report: Report) -> str:
    label, bits = report.stages[-1]
    sentence = (
        "**The base model needed {base:.2f} bits per character for this line.**"
        if label == BASE
        else "**Version {label} needed {bits:.2f} bits per character for this line; the base model "
        "needed {base:.2f}.**"
    )
    base = report.stages[0][1].bits_per_char
    return sentence.format(label=label, bits=bits.bits_per_char, base=base)


def _worst(bits: Surprise) -> WorstPlace | None:
    return max(bits.worst, key=lambda worst: worst.bits, default=None)


def _char(bits: Surprise, worst: WorstPlace) -> str:
    return shown(bits.text[worst.char])


def _named(label: str) -> str:
    return "the base model" if label == BASE else f"version {label}"
