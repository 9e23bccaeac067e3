"""What members are told about what is held of them."""

from __future__ import annotations

from bot.storage.guild_settings import Learns
from bot.storage.privacy import Choice, Held
from bot.storage.staleness import Staleness

ELSEWHERE = (
    "I keep no messages, and nothing of this conversation. What I hold about you I hold for each "
    "server by itself: type `/privacy show` there to see it, `/privacy out` so that I learn "
    "nothing of yours, `/privacy erase` so that I forget you."
)
REBUILD_WAITS = (
    "A model without you, and others who asked, is already waiting to be made. When it is ready, "
    "the versions from before are deleted."
)
NO_REBUILD = (
    "I cannot make it anew by myself: the channels it was learned from are gone or closed to me, "
    "or it came from files, or files are all that I may learn from here. It is marked as out of "
    "date: ask an admin to delete it, or to train me again from the beginning (`train full`)."
)
REBUILD_REFUSED = (
    "Another training waits here at the moment, so I could not begin a new model: please ask again "
    "when it is done. Until then the present one is marked as out of date."
)
VOICE_ON = (
    "Members here may have me write in your way (`/generate as`) once I have been trained on some "
    "40 messages of yours after this. `/privacy voice off` ends that at once."
)
VOICE_OFF = "Nobody can have me write in your way any more, with no version of the model."
_MODES = {
    Learns.CHANNEL: "Here I may learn from everybody who has not opted out.",
    Learns.OPT_IN: "Here I learn only from members who agreed by `/privacy in`.",
    Learns.FILES: "Here I read no channel's history; I may learn from files an admin gives me.",
}


def held(found: Held, learns: Learns) -> str:
    """Return what is held about a member."""
    lines = ["**What I hold about you in this server**"]
    when = f" since <t:{int(found.since.timestamp())}:f>" if found.since else ""
    if found.choice is Choice.OUT:
        lines.append(f"· You have opted out{when}: I learn nothing of what you write.")
    elif found.choice is Choice.IN:
        lines.append(f"· You have agreed{when} that I learn from what you write.")
    else:
        lines.append("· You have decided nothing.")
    if found.voice:
        known = f"{_count(found.voice_versions, 'version')} of the model can"
        lines.append(f"· I may write in your way when members ask for it; {known}.")
    if found.consented:
        lines.append("· It was you who allowed trainings here.")
    if found.trainings:
        lines.append(f"· You asked for {_count(found.trainings, 'training')}.")
    if found.versions:
        lines.append(
            f"· {_count(found.versions, 'version')} of this server's model may know something you "
            "wrote. Who is in a model cannot be told, so I assume that you are."
        )
    lines += [
        "I keep no messages: they lie here while a training runs, and are deleted when it ends.",
        _MODES[learns],
        "`/privacy out` and `/privacy in` change that, `/privacy erase` makes me forget you, "
        "`/privacy voice` lets me write in your way or not.",
    ]
    return "\n".join(lines)


def opted_out(found: Held) -> str:
    """Return what opting out means."""
    text = "From now on I learn nothing of what you write in this server, old or new."
    if found.versions:
        text += (
            f" {_count(found.versions, 'version')} of the model learned before that and may know "
            "something of yours; I have marked them as out of date. A model cannot unlearn: "
            "`/privacy erase` has a new one made without you."
        )
    return text


def opted_in(learns: Learns) -> str:
    """Return what agreeing means."""
    if learns is Learns.CHANNEL:
        return "Later trainings may learn from what you write here. `/privacy out` ends that."
    return f"You agree that I learn from what you write here. {_MODES[learns]}"


def erased(rebuild: str | None = None) -> str:
    """Return what an erasure has done; `rebuild` says what becomes of the model."""
    text = (
        "Whatever named you here is deleted, but for one line that says that you opted out: "
        "without it I would learn from you again."
    )
    if rebuild is None:
        return f"{text} No version of the model has learned since before you opted out."
    return f"{text}\nA model cannot unlearn, and one here may know something of yours. {rebuild}"


def rebuild_question(versions: str) -> str:
    """Ask whether every version shall give way to a new model."""
    return (
        f"I can make a new model without you. When it is ready, {versions} of this server are "
        "deleted for everybody, named ones too. Shall I?"
    )


def rebuild_notice(versions: str) -> str:
    """Tell a server that its versions will give way to a new model."""
    return (
        "A member asked me to forget them, so I am making a new model without them. When it is "
        f"ready, I delete {versions}, as a model cannot unlearn."
    )


def rebuild_queued(place: int) -> str:
    """Return that a new model is on its way; `place` is how many trainings come before it."""
    comes = "comes" if place == 1 else "come"
    when = "it begins now" if place == 0 else f"{_count(place, 'training')} {comes} before it"
    return (
        f"A new one is being made without you: {when}. When it is ready, the versions from before "
        "are deleted; until then this server speaks with the present one."
    )


def _count(number: int, what: str) -> str:
    return f"one {what}" if number == 1 else f"{number} {what}s"


def stale_lines(staleness: Staleness, prefix: str) -> list[str]:
    """Return what makes a version out of date and what to do about it; nothing if it is not."""
    if not staleness.is_stale:
        return []
    reasons = []
    if staleness.opted_out:
        reasons.append(f"{_count(staleness.opted_out, 'member')} opted out")
    if staleness.deleted:
        reasons.append(f"{_count(staleness.deleted, 'learned message')} went")
    return [
        f"⚠️ It is out of date: since it learned, {' and '.join(reasons)}. A model cannot unlearn: "
        f"`{prefix}train full #channel` makes a new one without that."
    ]


AGREE, AGREE_AND_TELL, DECLINE = "Agree", "Agree, and tell the channels", "No"


QUESTION = """\
**Before I learn here for the first time**
**What I read:** the text of the channels or the file you name, back to the beginning. Not what \
bots wrote, nor members who opted out; keys, addresses and numbers of people are left out.
**What I keep:** the text while a training waits and runs; it is deleted when that ends. The \
model stays, and with it a filter that knows again what was said. A model can repeat what people \
wrote, and cannot unlearn it: it can only be made anew.
**What members can do:** `/privacy` shows what I hold about them; they can opt out there and have \
the model made anew without them. `/settings` has stricter ways: only members who agreed, or files \
alone.
**What Discord says:** its Developer Policy, rule 21, forbids training models on messages obtained \
from Discord unless Discord expressly permits it. Whoever hosts me is bound by that.
Somebody with Manage Server has to agree, once; I write down who and when."""


DECLINED = "Then I read nothing. `train` asks again."


NEEDS_MANAGER = "You need the permission Manage Server in this server to agree to that."


NOTICE = (
    "An admin lets me learn from this channel, so that I can talk like this server. I keep no "
    "messages; a model stays. `/privacy show` tells more, `/privacy out` leaves you out."
)


def agreed(goes_on: bool) -> str:
    """Return what to say when somebody has agreed; `goes_on`: the training begins by itself."""
    end = "I begin." if goes_on else "Type the command again, and I begin."
    return f"Agreed, and written down. {end}"
