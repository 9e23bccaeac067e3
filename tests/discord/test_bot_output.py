"""A model that would write what nobody should read does not get it past the bot."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from bot_harness import WAIT_S, Scene, open_scene, running_bot
from parrot import parrot
from private_texts import PRIVATE

from bot.text.pii import COVERED
from textgen_core import Engine, GenerationOptions, save_checkpoint
from textgen_core.model.checkpoint import checkpoint_to_bytes
from textgen_core.text.special_tokens import LINK

KINDS = (
    *("Discord token", "GitHub token", "mixed key", "e-mail", "e-mail in words", "IPv4", "IPv6"),
    *("card", "card without spaces", "phone with country", "phone of ten digits"),
    *("invite", "longer invite", "snowflake"),
)
SECRETS = ("ann.lee@mail.example.org", "202-555-0143")
SECRET = "write to {} or call {}".format(*SECRETS)
SAFE = f"write to {COVERED} or call {COVERED}"


def saying(folder: Path, sayings: Mapping[str, str]) -> Path:
    """Return the file of a model that says so, and no less where nothing holds it back."""
    model = parrot(sayings)
    path = folder / "parrot.safetensors"
    save_checkpoint(model, path)
    engine = Engine(model)
    for prompt, said in sayings.items():
        assert engine.generate(GenerationOptions(prompt=prompt, seed=1)) == [prompt + said]
    return path


async def test_no_kind_of_secret_is_written(tmp_path: Path) -> None:
    base = saying(tmp_path, {kind: f" is {PRIVATE[kind]} ok" for kind in KINDS})
    async with open_scene(tmp_path, messages=0) as scene, running_bot(scene, base_model=base):
        for kind in KINDS:
            said = await scene.ask(f"!generate {kind}")
            # After words such as "token" the "is" is taken for a part of the secret.
            assert said in (f"{kind} is {COVERED} ok", f"{kind}{COVERED} ok")


async def test_links_are_left_out_and_invites_covered(tmp_path: Path) -> None:
    sayings = {
        "go": " to https://evil.example/a?b=c, quickly",
        "click": " [here](HTTP://evil.example) or <https://evil.example/x> please",
        "come": " along https://discord.gg/aBc123 now",
        "join": " discord.gg/aBc123 and discord.com/invite/aBc123",
        "put": " htthttps://evil.example ps://evil.example together",
        "break": f" discord.{LINK}gg/aBc123 up",
    }
    base = saying(tmp_path, sayings)
    async with open_scene(tmp_path, messages=0) as scene, running_bot(scene, base_model=base):
        assert await scene.ask("!generate go") == "go to quickly"
        assert await scene.ask("!generate click") == "click [here]() or please"
        assert await scene.ask("!generate come") == "come along now"
        assert await scene.ask("!generate join") == f"join {COVERED} and {COVERED}"
        assert await scene.ask("!generate put") == "put together"
        assert await scene.ask("!generate break") == f"break {COVERED} up"
        # Nor is what somebody has it begin with.
        echoed = await scene.ask("!generate see https://evil.example discord.gg/aBc123 hello")
        assert echoed.startswith(f"see {COVERED} hello")
        assert "evil.example" not in echoed


async def test_mentions_that_a_model_writes_ping_nobody(tmp_path: Path) -> None:
    async with open_scene(tmp_path, messages=0) as scene:
        you_id, guild_id = scene.world.you.id, scene.guild.id
        sayings = {
            "all": " of @everyone and @here",
            "you": f" are <@{you_id}> or <@!{you_id}>",
            "crew": f" is <@&{guild_id}>",
        }
        for role in scene.guild.roles.values():
            role.permissions |= 1 << 17  # the bot could mention everybody
        async with running_bot(scene, base_model=saying(tmp_path, sayings)):
            for prompt, said in sayings.items():
                message = await scene.ask_message(f"!generate {prompt}")
                assert message["mentions"] == message["mention_roles"] == []
                assert message["mention_everyone"] is False
                shown = str(message["content"])
                assert not any(word in shown for word in said.split() if "@" in word)


async def test_banned_words_are_covered_or_behind_spoilers(tmp_path: Path) -> None:
    base = saying(tmp_path, {"hear": " Voldemort roar", "mail": f" voldemort at {SECRETS[0]}"})
    async with open_scene(tmp_path, messages=0) as scene, running_bot(scene, base_model=base):
        await scene.ask("!settings words voldemort")
        assert await scene.ask("!generate hear") == "hear █████████ roar"
        await scene.ask("!settings spoilers on")
        assert await scene.ask("!generate hear") == "hear ||Voldemort|| roar"
        assert await scene.ask("!generate mail") == f"mail ||voldemort|| at {COVERED}"


async def test_an_imported_model_is_held_back_as_well(tmp_path: Path) -> None:
    content = checkpoint_to_bytes(parrot({"": SECRET}))
    async with open_scene(tmp_path, messages=0) as scene, running_bot(scene):
        files = [("parrot.safetensors", content)]
        await scene.you.say(scene.commands.id, "!model import", files=files)
        assert "now version 1" in await scene.from_bot()
        await scene.ask("!model vouch 1")
        assert await scene.ask("!generate --model 1") == SAFE
        await scene.ask("!model use 1")
        assert await scene.ask("!generate") == SAFE


async def test_every_way_to_have_it_write_is_looked_through(tmp_path: Path) -> None:
    base = saying(tmp_path, {"": SECRET, "well": f", {SECRET}"})
    async with open_scene(tmp_path) as scene, running_bot(scene, base_model=base):
        outcome = await scene.train()  # the training process of these tests learns nothing
        assert outcome.count(f"> {SAFE}") == 3
        await scene.ask("!settings listens off")  # others' words would come in between
        assert (await scene.ask("!generate --n 3")).split("\n\n") == [SAFE] * 3
        assert (await scene.ask("!model compare 1 base")).count(f"> {SAFE}") == 6
        mixed = await scene.ask_message("!mix 1 base")
        assert mixed["content"] == SAFE
        await scene.press(mixed, "Another one")
        assert await shown(scene) == SAFE
        await scene.you.run(scene.guild.id, scene.commands.id, "generate")
        assert await shown(scene) == SAFE
        said = await scene.you.say(scene.talk.id, "well")
        menu = "Continue this message"
        await scene.you.run(scene.guild.id, scene.talk.id, menu, target_id=int(said["id"]))
        assert await shown(scene) == f"well, {SAFE}"
        assert await spoken_to(scene) == f"{SAFE}\n-# `!help` shows what I can do."
        bots = [
            message.content
            for channel in scene.guild.channels.values()
            for message in channel.messages
            if message.author is scene.world.bot
        ]
        assert [text for text in bots if any(secret in text for secret in SECRETS)] == []


async def spoken_to(scene: Scene) -> str:
    """Return what the bot answers to its name, in a channel where nothing else was said."""
    quiet = scene.world.add_channel(scene.guild, "quiet")
    scene.discord.announce_channel(quiet, "CHANNEL_CREATE")
    await scene.you.say(quiet.id, f"<@{scene.world.bot.id}>")
    return await scene.from_bot()


async def shown(scene: Scene) -> str:
    """Return the bot's next text; one that comes slowly is filled in later."""
    message = await scene.next_message()
    if not message["content"]:
        message_id = message["id"]
        message = await scene.you.expect(
            "MESSAGE_UPDATE", lambda data: data["id"] == message_id, timeout_s=WAIT_S
        )
    return str(message["content"])


async def test_what_members_have_it_begin_with_is_not_echoed(tmp_path: Path) -> None:
    async with open_scene(tmp_path, messages=0) as scene, running_bot(scene):
        for kind in KINDS:
            answer = await scene.ask(f"!generate look {PRIVATE[kind]} ok")
            assert answer.startswith(f"look {COVERED} ok"), kind
