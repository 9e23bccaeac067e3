"""What members are told about what is held of them."""

from __future__ import annotations

from collections.abc import Collection

from bot.locales.messages import N_, _, listed, ngettext
from bot.storage.guild_settings import Learns
from bot.storage.privacy import Choice, Held
from bot.storage.staleness import Staleness
from bot.text.discord_markup import with_prefix
from bot.text.formatting import moment

ELSEWHERE = N_(
    "I keep no messages, and nothing from this conversation. What I hold about you is separate for "
    "each server, so type these there: `!privacy` shows it, `!privacy out` stops me learning from "
    "you, `!privacy erase` makes me forget you."
)
REBUILD_WAITS = N_(
    "A new model without you (and others who asked) is already in the queue. When it's ready, I'll "
    "delete the old versions."
)
NO_REBUILD = N_(
    "I can't make a new one by myself: I can no longer read the channels it was learned from, or "
    "it came from files. I've marked it as out of date. Ask an admin to delete it, or to start "
    "over with `!train full #channel`."
)
REBUILD_REFUSED = N_(
    "Other trainings are waiting here, so I couldn't start a new model. Please ask again when they "
    "are done. Until then the current model is marked as out of date."
)
VOICE_ON = N_(
    "From the next training that includes about 40 of your messages, members can ask me to write "
    "like you (`!generate as @you`). `!privacy voice off` ends that at once."
)
VOICE_OFF = N_("Nobody can ask me to write like you any more, with any version.")
LIVE_HERE = N_(
    "· Live learning is on in {channels}: what is written there is counted at once, encrypted, and "
    "I take up what at least two people wrote. Deleting a message takes its share back."
)
_MODES = {
    Learns.CHANNEL: N_("In this server I may learn from everyone who hasn't opted out."),
    Learns.OPT_IN: N_("In this server I learn only from members who typed `!privacy in`."),
    Learns.FILES: N_("In this server I don't read channels; I only learn from an admin's files."),
}


def held(found: Held, learns: Learns, live: Collection[int] = ()) -> str:
    """Return what is held about a member; `live` are the channels that are counted as they come."""
    lines = [_("**What I hold about you in this server**"), _chosen(found)]
    if found.voice:
        lines.append(
            ngettext(
                "· Members may ask me to write like you; {count:,} version of my model can.",
                "· Members may ask me to write like you; {count:,} versions of my model can.",
                found.voice_versions,
            )
        )
    if found.consented:
        lines.append(_("· You allowed trainings in this server."))
    if found.trainings:
        lines.append(
            ngettext(
                "· You started {count:,} training.",
                "· You started {count:,} trainings.",
                found.trainings,
            )
        )
    if found.versions:
        lines.append(
            ngettext(
                "· {count:,} version of this server's model may have learned from you. I can't "
                "look inside a model, so I assume so.",
                "· {count:,} versions of this server's model may have learned from you. I can't "
                "look inside a model, so I assume so.",
                found.versions,
            )
        )
    if live:
        channels = " ".join(f"<#{channel_id}>" for channel_id in sorted(live))
        lines.append(_(LIVE_HERE, channels=channels))
    lines += [
        _("I don't keep messages: a training reads them, and they are deleted when it ends."),
        _(_MODES[learns]),
        _(
            "`!privacy out` stops me learning from you and `!privacy in` allows it, `!privacy "
            "erase` makes me forget you, `!privacy voice on` lets members ask for texts in your "
            "style."
        ),
    ]
    return "\n".join(lines)


def _chosen(found: Held) -> str:
    since = moment(found.since) if found.since else ""
    if found.choice is Choice.OUT:
        if since:
            return _("· You've opted out since {moment}: I learn nothing you write.", moment=since)
        return _("· You've opted out: I learn nothing you write.")
    if found.choice is Choice.IN:
        if since:
            return _(
                "· You've agreed since {moment} that I learn from what you write.", moment=since
            )
        return _("· You've agreed that I learn from what you write.")
    return _("· You haven't opted in or out.")


def opted_out(found: Held) -> str:
    """Return what opting out means."""
    text = _("From now on I learn nothing you write in this server, old or new.")
    if not found.versions:
        return text
    known = ngettext(
        "{count:,} version of the model may have learned from you before; I've marked it as out "
        "of date. A model can't unlearn, but `!privacy erase` has a new one made without you.",
        "{count:,} versions of the model may have learned from you before; I've marked them as "
        "out of date. A model can't unlearn, but `!privacy erase` has a new one made without you.",
        found.versions,
    )
    return f"{text} {known}"


def opted_in(learns: Learns) -> str:
    """Return what agreeing means."""
    if learns is Learns.CHANNEL:
        return _("Future trainings may learn from what you write here. `!privacy out` ends that.")
    thanks = _("Thanks, I may now learn from what you write here.")
    return f"{thanks} {_(_MODES[learns])}"


def erased(rebuild: str | None = None) -> str:
    """Return what an erasure has done; `rebuild` says what becomes of the model."""
    text = _(
        "I've deleted everything that identifies you here, except a record of your opt-out: "
        "without it I would learn from you again."
    )
    if rebuild is None:
        never = _("You were never in a model here.")
        return f"{text} {never}"
    assumed = _("A model can't unlearn, and one here may have learned from you.")
    return f"{text}\n{assumed} {rebuild}"


def rebuild_question(versions: str) -> str:
    """Ask whether every version shall give way to a new model."""
    return _(
        "I can make a new model without you. When it's ready, I delete {versions} for everyone, "
        "named ones too. Shall I?",
        versions=versions,
    )


def rebuild_notice(versions: str) -> str:
    """Tell a server that its versions will give way to a new model."""
    return _(
        "A member asked me to forget them, so I'm making a new model without them. When it's "
        "ready, I'll delete {versions}, because a model can't unlearn.",
        versions=versions,
    )


def rebuild_queued(place: int) -> str:
    """Return that a new model is on its way; `place` is how many trainings come before it."""
    if place == 0:
        return _(
            "I'm making a new one without you (starting now). When it's ready, I delete the old "
            "versions; until then I talk with the current one."
        )
    return ngettext(
        "I'm making a new one without you ({count:,} training comes first). When it's ready, I "
        "delete the old versions; until then I talk with the current one.",
        "I'm making a new one without you ({count:,} trainings come first). When it's ready, I "
        "delete the old versions; until then I talk with the current one.",
        place,
    )


def stale_lines(staleness: Staleness, prefix: str) -> list[str]:
    """Return what makes a version out of date and what to do about it; nothing if it is not."""
    if not staleness.is_stale:
        return []
    reasons = []
    if staleness.opted_out:
        reasons.append(
            ngettext(
                "{count:,} member opted out", "{count:,} members opted out", staleness.opted_out
            )
        )
    if staleness.deleted:
        reasons.append(
            ngettext(
                "{count:,} message I learned from was deleted",
                "{count:,} messages I learned from were deleted",
                staleness.deleted,
            )
        )
    # Translators: {reasons} is such as "2 members opted out and 1 message I learned from was
    # deleted".
    told = _(
        "⚠️ Out of date: since that training, {reasons}. A model can't unlearn; `!train full "
        "#channel` makes a new one without them.",
        reasons=listed(reasons),
    )
    return [with_prefix(told, prefix)]


AGREE, AGREE_AND_TELL, DECLINE = N_("Agree"), N_("Agree and tell the channels"), N_("No")


QUESTION = N_(
    """\
**Before I learn here for the first time**
**What I read:** the channels or the file you name, back to the beginning. I skip bots, members \
who opted out, and keys, addresses and phone numbers.
**What I keep:** messages only while a training waits and runs. What stays is a model, and a \
filter that recognises what was said so that I don't repeat it. A model can still repeat phrases, \
and it can't unlearn: it can only be made again.
**Only if an admin turns it on:** `!train live` counts new messages as they come, encrypted, and \
`!train every` trains at night.
**What members can do:** `!privacy` shows what I hold about them. They can opt out, and have the \
model made again without them. `!settings learns` has stricter modes: only members who agreed, or \
only files.
**What Discord says:** its Developer Policy (rule 21) forbids training models on messages obtained \
from Discord unless Discord expressly permits it. Whoever hosts me is bound by that.
Someone with Manage Server has to agree, once. I'll remember who and when."""
)


DECLINED = N_("All right, I won't read anything. Typing `!train` asks again.")


NEEDS_MANAGER = N_("Only someone with Manage Server can agree to that.")


NOTICE = N_(
    "An admin asked me to learn from this channel, so that I can talk like this server. I don't "
    "keep the messages, only a model. `!privacy` tells you more, `!privacy out` leaves you out."
)


def agreed(goes_on: bool) -> str:
    """Return what to say when somebody has agreed; `goes_on`: the training begins by itself."""
    if goes_on:
        return _("Thanks, noted. I'm starting now.")
    return _("Thanks, noted. Type the command again, and I'll start.")
