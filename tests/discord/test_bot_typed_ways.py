"""Further ways in which people type commands: each is understood, or refused in a sentence.

What is nobody's command for this bot is met with silence: other bots listen to `!` as well.
"""

from __future__ import annotations

import pytest
from bot_harness import Scene, fake_trainer, running_bot

HELP = "What you can ask"
STARTS = "starts in a moment"
SILENCE = None


async def is_silent(scene: Scene, typed: str) -> bool:
    """Say whether the bot's next words are an answer to something that was asked later."""
    scene.you.events.clear()
    await scene.you.say(scene.commands.id, typed)
    return "I'm here" in await scene.ask(f"<@{scene.world.bot.id}> ping")


def filled_in(scene: Scene, text: str) -> str:
    role = next(role for role in scene.guild.roles.values() if role.managed)
    names = {"BOT": scene.world.bot.id, "ROLE": role.id, "YOU": scene.world.you.id}
    names |= {"TALK": scene.talk.id, "COMMANDS": scene.commands.id}
    for name, found in names.items():
        text = text.replace(f"{{{name}}}", str(found))
    return text


NAMES = {
    "！help": HELP,
    "!ＨＥＬＰ": HELP,
    "!\u00a0help": HELP,
    "\u200b!help": HELP,
    "\ufeff!\u200bhelp": HELP,
    "!hel\u200bp": HELP,
    "!help\ufe0f": HELP,
    "!help?": HELP,
    "!help.": HELP,
    "!help me please": HELP,
    "!help\n": HELP,
    "!train\u3000status": "Nothing is training",
    "!train\nstatus.": "Nothing is training",
    "!train_status": "Nothing is training",
    "!trainstatus": "Nothing is training",
    "!Train-Status": "Nothing is training",
    "<@{BOT}>, help": HELP,
    "<@{BOT}>: help": HELP,
    "<@{BOT}> !help": HELP,
    "<@{BOT}> /help": HELP,
    "hey <@{BOT}> !help": HELP,
    "<@&{ROLE}>, help": HELP,
    "<@&{ROLE}> !help": HELP,
    "!genrate hello": "Did you mean `!generate`?",
    "!hlep": "Did you mean `!help`?",
    "!setings": "Did you mean `!settings`?",
    "!help generat": "Did you mean `!help generate`?",
    "!models": SILENCE,
    "!mode": SILENCE,
    "!heal": SILENCE,
    "!": SILENCE,
    "!?": SILENCE,
    "!!help": SILENCE,
    "`!help`": SILENCE,
    "```\n!help\n```": SILENCE,
    "“!help”": SILENCE,
    "> !help": SILENCE,
    "||!help||": SILENCE,
    "say !help": SILENCE,
    "/help": SILENCE,
    "@bot help": SILENCE,
}


async def test_names_of_commands(scene: Scene) -> None:
    async with running_bot(scene, member_per_minute=0):
        for typed, expected in NAMES.items():
            if expected is SILENCE:
                assert await is_silent(scene, typed), typed
            else:
                assert expected in await scene.ask(filled_in(scene, typed)), typed


TRAININGS = {
    "!train#talk": ["{TALK}"],
    "!train in #talk please": ["{TALK}"],
    "!train the “talk” channel.": ["{TALK}"],
    "!train (#talk)": ["{TALK}"],
    "!train `#talk`": ["{TALK}"],
    "!train \\<#{TALK}>": ["{TALK}"],
    "!train \u2068<#{TALK}>\u2069": ["{TALK}"],
    "!train this channel": ["{COMMANDS}"],
    "!train here": ["{COMMANDS}"],
    "!train #talk and #commands": ["{TALK}", "{COMMANDS}"],
    "!train #talk last 3 days": ["{TALK}"],
    "!train #talk since yesterday": ["{TALK}"],
    "!train #talk --last three days": ["{TALK}"],
    "!train #talk --last 1h30": ["{TALK}"],
    "!train #talk --last 1 wk": ["{TALK}"],
    "!train #talk --since 2024-01-01": ["{TALK}"],
    "!train #talk with threads": ["{TALK}"],
    "!train #talk ||--threads||": ["{TALK}"],
    "!train #talk `--last 3d`": ["{TALK}"],
    "!train #talk --no-threads": ["{TALK}"],
    "!train #talk --max 100 messages": ["{TALK}"],
    "!train #talk max 1k": ["{TALK}"],
}
SCOPES = {
    "since yesterday": {"since_id": True},
    "last 3 days": {"since_id": True},
    "`--last 3d`": {"since_id": True},
    "--since": {"since_id": True},
    "with threads": {"threads": 1},
    "||--threads||": {"threads": 1},
    "--no-threads": {"threads": 0},
    "--max 100": {"max_messages": 100},
    "max 1k": {"max_messages": 1000},
}


NEWEST = "SELECT threads, since_id, max_messages FROM train_job ORDER BY train_job_id DESC LIMIT 1"
CHANNELS = (
    "SELECT channel_id FROM job_channel WHERE train_job_id = (SELECT MAX(train_job_id)"
    " FROM train_job)"
)


async def test_channels_and_how_much_of_them(scene: Scene) -> None:
    async with running_bot(scene, fake_trainer("refuse"), train_max_a_day=1000):
        for typed, channels in TRAININGS.items():
            assert STARTS in await scene.ask(filled_in(scene, typed)), typed
            (scope,) = scene.query(NEWEST)
            found = scene.query(CHANNELS)
            wanted = {int(filled_in(scene, channel)) for channel in channels}
            assert {channel_id for (channel_id,) in found} == wanted, typed
            values = dict(zip(("threads", "since_id", "max_messages"), scope, strict=True))
            for part, expected in SCOPES.items():
                for name, value in expected.items() if part in typed else ():
                    is_as_meant = bool(values[name]) if value is True else values[name] == value
                    assert is_as_meant, (typed, values)
            await scene.outcome()


REFUSED = {
    "!generate --temprature 1": "did you mean `--temperature`? It takes a number from 0.1 to 2",
    "!generate -t 0.7": "did you mean `--temperature`? It takes a number from 0.1 to 2, as in",
    "!generate -temprature 1": "did you mean `--temperature`?",
    "!generate --count 3": "did you mean `--n`? It takes a whole number from 1 to 10, as in",
    "!generate --style @ann": "did you mean `--as`?",
    "!generate well --known": "it has `--n 3`, `--temperature 0.9`",
    "!generate --n three": "a whole number from 1 to 10, as in `--n 3`",
    "!generate **--n 99**": "from 1 to 10",
    "!generate --as nobody": "`!generate as @ann about cats`",
    "!train #talk --limit 100": "did you mean `--max`?",
    "!train #talk --days 30": "did you mean `--last`? It takes a duration, as in `--last 30d`",
    "!train #talk --last 30": "as a duration. Try `30m`",
    "!train #talk #nowhere": "“#nowhere”",
    "!train everything": "Did you mean `!train all`?",
    "!train stop": "Did you mean `!train cancel`?",
    "!train canel": "Did you mean `!train cancel`?",
    "!talk off": "Did you mean `!talk answers off`?",
    "!talk 2 %": "Did you mean `!talk rate 2%`?",
    "!talk deny #talk #commands": "so I did nothing",
    "!talk every 6": "as a duration",
    "!model 3": "Did you mean `!model use 3`?",
    "!model undo": "Did you mean `!model rollback`?",
    "!model rename 3 two words": "I don't know what “words” means here, so I did nothing",
    "!model list two": "I expected a number for page",
    "!privacy delete": "Did you mean `!privacy erase`?",
    "!privacy policy": "`!privacy out`",
    "!settings temp 1": "Did you mean `temperature`?",
    "!settings prefix /": "but not / @ # <",
    "!settings channels #talk #nowhere": "doesn't work for `channels`",
    "!settings reset temprature": "Did you mean `temperature`?",
    "!ping\n!about": "one command a message",
    "!ping pong": "I don't know what “pong” means here",
}


async def test_what_is_refused_says_how_it_is_typed(scene: Scene) -> None:
    async with running_bot(scene, fake_trainer("refuse"), member_per_minute=0):
        for typed, expected in REFUSED.items():
            assert expected in await scene.ask(filled_in(scene, typed)), typed
    assert scene.query("SELECT COUNT(*) FROM train_job") == [(0,)]


DONE = {
    "!talk answers yes please": "I'll answer",
    "!talk answers OFF!": "I won't answer",
    "!talk answers enabled": "I'll answer",
    "!talk rate 2% in #talk": "2% of messages in <#{TALK}>",
    "!talk rate #talk 2 %": "2% of messages in <#{TALK}>",
    "!talk every hour": "every 1 h in <#{COMMANDS}>",
    "!talk mute for 2 hours": "2 h",
    "!talk mute 1h30 please": "1 h 30 min",
    "!talk unmute now": "I'm back",
    "!talk_mute 2h": "2 h",
    "!talk deny here": "<#{COMMANDS}>",
    "!talk allow (#commands)": "<#{COMMANDS}>",
    "!settings prefix “!”": "`prefix` `!`",
    "!settings --temperature 0.9": "**0.9**",
    "!settings temperature to 80%": "**0.8**",
    "!settings temperature 0,9.": "**0.9**",
    "!settings channels commands, #talk": "<#{TALK}>",
    "!settings channels all": "`channels` **all**",
    "!settings reset temperature": "**0.7**",
    "!privacy voice YES": "write like you",
    "!privacy opt-out": "I learn nothing you write",
    "!privacy opt in": "may learn from what you write",
}


async def test_what_is_meant_is_done(scene: Scene) -> None:
    async with running_bot(scene, member_per_minute=0):
        for typed, expected in DONE.items():
            assert filled_in(scene, expected) in await scene.ask(filled_in(scene, typed)), typed
        assert "`prefix` `?`" in await scene.ask('!settings prefix "?"')
        assert "`prefix` `!`" in await scene.ask("?settings reset")


WRITTEN = {
    "!generate: hello --length 20": ("hello", 1),
    "!generate, hello --length 20": ("hello", 1),
    "!generate hello --N 2 --length 20": ("hello", 2),
    "!generate hello -n=2 --length 20": ("hello", 2),
    "!generate n=2 hello --length=20": ("hello", 2),
    "!generate hello --n\u200b 2 --len 20": ("hello", 2),
    "!generate hello ||--n 2|| --length 20 chars": ("hello", 2),
    "!generate hello **--n 2** --length 20characters": ("hello", 2),
    "!generate hello --n <2> --temp .5 --max 20": ("hello", 2),
    "!generate hello --temperature=70% --length 20": ("hello", 1),
    "!generate hello\n\n--n (2)\n--length 20": ("hello", 2),
    "!generate a -b c --length 20": ("a -b c", 1),
    "!generate x--n 2 --length 20": ("x--n 2", 1),
    "<@{BOT}> generate hello --n 2x --length 20": ("hello", 2),
}


async def test_options_never_become_part_of_a_text(scene: Scene) -> None:
    async with running_bot(scene, member_per_minute=0, server_per_minute=0):
        for typed, (prompt, count) in WRITTEN.items():
            said = await scene.ask(filled_in(scene, typed))
            assert said.casefold().startswith(prompt), (typed, said)
            assert "--" not in said.replace(prompt, ""), (typed, said)
            assert said.casefold().count(prompt) == count, (typed, said)


async def test_a_mention_with_words_like_a_command_is_talk(scene: Scene) -> None:
    async with running_bot(scene, member_per_minute=0, server_per_minute=0):
        for words in ("talk to me", "about cats", "guess what", "ping me later maybe"):
            said = await scene.ask(f"<@{scene.world.bot.id}> {words}")
            assert said, words
            assert "When I talk" not in said, words
            assert "don't know what" not in said, words


async def test_a_command_is_edited_until_it_is_right(scene: Scene) -> None:
    async with running_bot(scene):
        channel = scene.commands.id
        asked = await scene.you.say(channel, "!genrate --n 2 --length 20")
        path = f"/channels/{channel}/messages/{asked['id']}"
        assert "Did you mean" in await scene.from_bot()
        await scene.you.request("PATCH", path, {"content": "!generate --n 99 --length 20"})
        assert "from 1 to 10" in await scene.from_bot()
        await scene.you.request("PATCH", path, {"content": "!ping"})
        assert "I'm here" in await scene.from_bot()


async def test_a_file_is_taken_by_the_command_alone(scene: Scene) -> None:
    file = ("chat.txt", "\n".join(f"line {number}" for number in range(60)).encode())
    async with running_bot(scene, fake_trainer("refuse")):
        await scene.you.say(scene.commands.id, "", files=[file])
        bare = await scene.you.say(scene.commands.id, "nothing here")
        reference = {"message_id": bare["id"]}
        await scene.you.say(scene.commands.id, "!train file", message_reference=reference)
        assert "There is no file to learn from" in await scene.from_bot()
        await scene.you.say(scene.commands.id, "!train file please", files=[file])
        assert STARTS in await scene.from_bot()


@pytest.mark.parametrize("prefix", ["?", "bot!", "猫"])
async def test_other_prefixes_are_typed_as_loosely(scene: Scene, prefix: str) -> None:
    async with running_bot(scene, prefix=prefix):
        for typed in (
            f"{prefix}help?",
            f"\u200b{prefix} Help",
            f"<@{scene.world.bot.id}> {prefix}help",
        ):
            assert HELP in await scene.ask(typed), typed
