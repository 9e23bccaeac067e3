"""What an admin is told before a server's first training."""

from __future__ import annotations

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
FILES_ALONE = (
    "This server has set that I read no channel's history, and learn from files alone "
    "(`settings learns`)."
)
NOTICE = (
    "An admin lets me learn from this channel, so that I can talk like this server. I keep no "
    "messages; a model stays. `/privacy show` tells more, `/privacy out` leaves you out."
)


def agreed(goes_on: bool) -> str:
    """Return what to say when somebody has agreed; `goes_on`: the training begins by itself."""
    end = "I begin." if goes_on else "Type the command again, and I begin."
    return f"Agreed, and written down. {end}"
