"""!model as a person sees it, through the real client."""

from __future__ import annotations

from typing import Any

import pytest
from bot_harness import Scene, fake_trainer, running_bot
from random_checkpoints import random_checkpoint
from versions import WORDS, attach, files, model_bytes, said_by, say

from bot.loopback.person import Person
from textgen_core import save_checkpoint


async def test_versions_are_listed_described_chosen_and_left(scene: Scene) -> None:
    async with running_bot(scene):
        assert await scene.ask("!model") == "**base** · the voice I came with · **in use**"
        for _ in range(3):
            await scene.train(how="full")
        first, second, third, base = (await scene.ask("!model list")).splitlines()
        assert first.startswith("**3** · 250 messages · 2.50 bits per character · <t:")
        assert first.endswith("**in use**")
        assert second.startswith("**2**")
        assert third.startswith("**1**")
        assert base == "**base** · the voice I came with"
        described = await scene.ask("!model info")
        assert "**Version 3** · **in use**" in described
        assert "starting from version 2" in described
        assert "3.00 before, **2.50** now" in described
        # The messages of the scene are of the first hours of 2024.
        assert f"<#{scene.talk.id}>: 250 messages, <t:1704067200:D> to <t:1704082" in described
        assert "starting from the base model" in await scene.ask("!model info 1")
        assert await scene.ask("!model rollback") == "I now talk with version 2."
        assert await scene.ask("!model use v3") == "I now talk with version 3."
        assert await scene.ask("!model use base") == "I now talk with the base model."
        assert "I talk with the base model" in await scene.ask("!model rollback")
        assert "**base** · **in use**" in await scene.ask("!model info")
        assert await scene.ask("!model use 1") == "I now talk with version 1."
        assert await scene.ask("!model rollback") == "I now talk with the base model."
    async with running_bot(scene):
        assert "**base** · the voice I came with · **in use**" in await scene.ask("!model")


async def test_a_long_list_has_pages(scene: Scene) -> None:
    async with running_bot(scene) as bot:
        for number in range(10):
            record = await bot.services.models.add(guild_id=scene.guild.id, path_of=str)
            await bot.services.models.publish(record, None, live=False)
            await bot.services.models.rename(record, f"voice{number}")
        first = await scene.ask("!model")
        assert first.splitlines()[0].startswith("**10** voice9 · from a file")
        assert first.endswith("-# Page 1 of 2. Next: `!model list 2`")
        assert (await scene.ask("!model list 2")).startswith("**base**")
        assert await scene.ask("!model list 3") == "There is no page 3; the list has 2 pages."


@pytest.mark.parametrize(
    "command", ["use 9", "info 9", "delete nonsense", "export 9", "rename 9 x"]
)
async def test_an_unknown_version_is_told_in_one_sentence(scene: Scene, command: str) -> None:
    async with running_bot(scene):
        answer = await scene.ask(f"!model {command}")
    assert "This server has no version" in answer
    assert "\n" not in answer


async def test_a_named_version_is_kept_and_can_write_at_any_time(scene: Scene) -> None:
    async with running_bot(scene, keep_versions=1) as bot:
        await scene.train()
        record = await bot.services.models.current(scene.guild.id)
        assert record is not None
        save_checkpoint(random_checkpoint(seed=5), scene.folder / "data" / record.path)
        assert await scene.ask("!model rename 1 Memes") == "Version 1 is now called Memes."
        for _ in range(3):
            await scene.train(how="full")
        assert files(scene) == {"1.safetensors", "3.safetensors", "4.safetensors"}
    async with running_bot(scene, keep_versions=1):
        base = (scene.folder / "base-0.safetensors").read_bytes()
        assert await say(scene, "--model memes") == said_by(model_bytes(5))
        assert await say(scene) == await say(scene, "--model base") == said_by(base)
        assert "no version “nonsense”" in await say(scene, "--model nonsense")
        assert "no version “@\u200beveryone”" in await scene.ask("!generate --model @everyone")
        assert await scene.ask("!model rename memes") == "Version 1 no longer has a name."
        await scene.train(how="full")
        assert files(scene) == {"4.safetensors", "5.safetensors"}


@pytest.mark.parametrize("name", ["7", "v7", "base", "two words", "a" * 33, "@everyone", "-x"])
async def test_names_that_are_none_are_refused(scene: Scene, name: str) -> None:
    async with running_bot(scene):
        await scene.train()
        answer = await scene.ask(f'!model rename 1 "{name}"')
    assert answer.startswith(f"“{name}” can't be a name.")


async def delete(scene: Scene, called: str) -> None:
    """Delete a version, and say so when asked again."""
    question = await scene.ask_message(f"!model delete {called}")
    (yes,) = [
        item["label"]
        for row in question["components"]
        for item in row["components"]
        if item["label"].startswith("Delete version")
    ]
    await scene.press(question, yes)
    assert "version" in await scene.from_bot("MESSAGE_UPDATE", "I've deleted")


async def test_who_may_delete_is_asked_when_the_button_is_pressed(scene: Scene) -> None:
    """A question stays for as long as its message: rights may be lost, versions come and go."""
    member = scene.world.add_user("member")
    scene.world.add_member(scene.guild, member)
    notices = scene.world.add_channel(scene.guild, "notices")
    async with running_bot(scene), Person(scene.discord.url, member.token or "") as person:
        for _ in range(3):
            await scene.train(how="full")
        await scene.ask(f"!settings announce <#{notices.id}>")
        question = await scene.ask_message("!model delete 1")
        await scene.press(question, "Delete version 1", person)
        refused = await person.expect("MESSAGE_CREATE", lambda data: bool(data["flags"] & 64))
        assert "Manage Server" in refused["content"]
        assert len(files(scene)) == 3
        await scene.ask("!model use 1")
        await scene.press(question, "Delete version 1")
        assert "I'm using version 1" in await scene.from_bot()
        await scene.ask("!model use 3")
        await scene.press(question, "Delete version 1")
        assert "deleted version 1 of my model" in await scene.from_bot("MESSAGE_CREATE", "<@")
        assert files(scene) == {"2.safetensors", "3.safetensors"}


async def test_the_version_in_use_is_not_deleted(scene: Scene) -> None:
    async with running_bot(scene):
        for _ in range(3):
            await scene.train(how="full")
        assert "I'm using version 3" in await scene.ask("!model delete 3")
        question = await scene.ask_message("!model delete 2")
        assert question["content"].startswith("Delete version 2, made <t:")
        await scene.press(question, "Keep it")
        await scene.from_bot("MESSAGE_UPDATE", "All right, nothing is deleted.")
        assert len(files(scene)) == 3
        await delete(scene, "2")
        assert files(scene) == {"1.safetensors", "3.safetensors"}
        assert await scene.ask("!model rollback") == "I now talk with version 1."


async def test_what_changes_something_needs_manage_server(scene: Scene) -> None:
    member = scene.world.add_user("member")
    scene.world.add_member(scene.guild, member)
    async with running_bot(scene), Person(scene.discord.url, member.token or "") as person:
        await scene.train()

        async def ask(command: str) -> str:
            await person.say(scene.commands.id, command)
            return await scene.from_bot()

        for command in ("use base", "rollback", "rename 1 x", "delete 1", "export", "import"):
            assert "Manage Server" in await ask(f"!model {command}")
        assert "**in use**" in await ask("!model")
        assert "**in use**" in await ask("!model info")


async def test_versions_are_offered_while_one_types(scene: Scene) -> None:
    async with running_bot(scene) as bot:
        for number in range(30):
            record = await bot.services.models.add(guild_id=scene.guild.id, path_of=str)
            await bot.services.models.publish(record, None, live=False)
            if number % 10 == 0:
                await bot.services.models.rename(record, f"voice{number}")

        async def offered(command: str, *options: dict[str, Any]) -> list[tuple[str, str]]:
            where = (scene.guild.id, scene.commands.id)
            nonce = await scene.you.run(*where, command, *options, kind=4)
            answer = await scene.you.expect(
                "APPLICATION_COMMAND_AUTOCOMPLETE_RESPONSE", lambda data: data["nonce"] == nonce
            )
            return [(choice["name"], choice["value"]) for choice in answer["choices"]]

        def typed(name: str, text: str) -> dict[str, Any]:
            return {"type": 3, "name": name, "value": text, "focused": True}

        everything = await offered(
            "model", {"type": 1, "name": "info", "options": [typed("version", "")]}
        )
        assert len(everything) == 25
        assert everything[0] == ("30", "30")
        named = await offered(
            "model", {"type": 1, "name": "use", "options": [typed("version", "VOICE")]}
        )
        assert named == [
            ("21 (voice20)", "voice20"),
            ("11 (voice10)", "voice10"),
            ("1 (voice0)", "voice0"),
        ]
        assert await offered("generate", typed("model", "base")) == [("base", "base")]


async def test_buttons_go_on_with_the_version_of_the_text_above(scene: Scene) -> None:
    async with running_bot(scene):
        for name, seed in (("one", 3), ("two", 4)):
            await attach(scene, f"!model import {name}", m__safetensors=model_bytes(seed))
            await scene.ask(f"!model vouch {name}")
        await scene.you.say(scene.commands.id, "!generate --model two --length 40 --n 2")
        bot_id = str(scene.world.bot.id)
        message = await scene.you.expect(
            "MESSAGE_CREATE", lambda data: data["author"]["id"] == bot_id
        )
        ids = [item["custom_id"] for row in message["components"] for item in row["components"]]
        assert all(custom_id.endswith(".2") for custom_id in ids)
        await delete(scene, "two")
        await scene.you.press(message, ids[0])
        assert "This server has no version “2”" in await scene.from_bot()


async def test_a_version_of_an_nsfw_channel_speaks_in_such_only(scene: Scene) -> None:
    """Whichever is in use; and its samples are not shown elsewhere either."""
    scene.talk.nsfw = True
    async with running_bot(scene, fake_trainer("worse")):
        outcome = await scene.train()
        assert "switches to the new one anyway." in outcome
        assert "\n> " not in outcome
        assert "NSFW" not in await say(scene)
        assert "only write in NSFW channels" in await say(scene, "--model 1")
        assert "NSFW" not in await say(scene, "--model base")


async def test_a_damaged_version_is_not_taken_into_use(scene: Scene) -> None:
    async with running_bot(scene) as bot:
        await scene.train(how="full")
        await scene.train(how="full")
        former = await bot.services.models.find(scene.guild.id, "1")
        assert former is not None
    (scene.folder / "data" / former.path).write_bytes(b"nonsense")
    async with running_bot(scene) as bot:
        answer = await scene.ask("!model rollback")
        assert answer == "The file of version 1 is damaged, so I'm keeping the version I had."
        live = await bot.services.models.current(scene.guild.id)
        assert live is not None
        assert live.version == 2


async def test_texts_under_way_while_the_voice_changes_all_come(scene: Scene) -> None:
    """Ten changes of voice under forty texts; each text is wholly of one voice."""
    async with running_bot(scene, member_per_minute=0, server_per_minute=0):
        contents = [model_bytes(seed) for seed in (3, 4)]
        for content in contents:
            await attach(scene, "!model import", m__safetensors=content)
        for version in (1, 2):
            await scene.ask(f"!model vouch {version}")
        await scene.ask("!model use 1")
        scene.you.events.clear()
        commands = []
        for number in range(10):
            commands += [f"!generate {WORDS}"] * 4 + [f"!model use {number % 2 + 1}"]
        for command in commands:
            await scene.you.say(scene.commands.id, command)
        answers = [await scene.from_bot() for _ in commands]
    voices = {said_by(content) for content in contents}
    texts = [text.replace("\u200b", "") for text in answers if "I now talk with" not in text]
    assert len(texts) == 40
    assert set(texts) <= voices


async def test_two_versions_are_compared(scene: Scene) -> None:
    async with running_bot(scene):
        await scene.train()
        await scene.train(how="full")
        await scene.ask("!model rename 1 memes")
        answer = await scene.ask("!model compare memes base hello @everyone!")
        first, *said = answer.splitlines()
        assert first.startswith("**1** memes · 250 messages · 2.50 bits per character · <t:")
        assert said[3] == "**base** · the voice I came with"
        texts = [line for line in said if line.startswith("> ")]
        assert len(texts) == 6
        assert all(text.startswith("> hello @\u200beveryone!") for text in texts)
        # The training process of these tests learns nothing, so equal seeds show.
        assert texts[:3] == texts[3:]
        assert len(answer) <= 2000
        assert "**in use**" in await scene.ask("!model compare 1 2")
        assert "no version “9”" in await scene.ask("!model compare 9 base")


async def test_what_a_place_may_not_read_is_left_out_of_a_comparison(scene: Scene) -> None:
    scene.talk.nsfw = True
    async with running_bot(scene):
        await scene.train()
        answer = await scene.ask("!model compare 1 base")
    lines = answer.splitlines()
    assert lines[0].startswith("**1** · 250 messages")
    assert "NSFW" in lines[1]
    assert len([line for line in lines if line.startswith("> ")]) == 3
