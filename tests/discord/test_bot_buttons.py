"""The buttons under generated texts, as persons press them."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest
from bot_harness import Scene, make_base, running_bot

from bot.generation.request import TextRequest, request_of
from bot.loopback.person import Person
from bot.loopback.world.permissions import Permission
from cogs.views.persistent_items import lasting
from cogs.views.text_buttons import FORMER_BUTTONS, Shown, TextButton

COMMAND = "!generate hello --length 60 --seed 4"


@pytest.fixture
async def tom(scene: Scene) -> AsyncIterator[Person]:
    """A member without any right beyond everybody's."""
    user = scene.world.add_user("tom")
    scene.world.add_member(scene.guild, user)
    async with Person(scene.discord.url, user.token or "") as person:
        yield person


def buttons_of(message: dict[str, Any]) -> list[dict[str, Any]]:
    return [button for row in message["components"] for button in row["components"]]


def labels(message: dict[str, Any]) -> list[str]:
    return [button["label"] for button in buttons_of(message)]


def temperature_of(message: dict[str, Any]) -> float | None:
    return request_of(buttons_of(message)[0]["custom_id"].split(":")[4]).temperature


async def gone(scene: Scene, message: dict[str, Any]) -> None:
    """Wait until a message is deleted; questions about it are as well."""
    await scene.you.expect("MESSAGE_DELETE", lambda data: data["id"] == message["id"])


async def more(
    scene: Scene, message: dict[str, Any], person: Person | None = None
) -> dict[str, Any]:
    """Press More…, and return what else can be done, as that person alone sees it."""
    await scene.press(message, "More…", person)
    return await (person or scene.you).expect("MESSAGE_CREATE", lambda data: data["flags"] & 64)


async def test_again_writes_another_text_with_the_same_beginning(scene: Scene) -> None:
    async with running_bot(scene):
        first = await scene.ask_message(COMMAND)
        assert labels(first) == ["Another one", "Continue", "More…"]
        assert len(first["components"]) == 1
        await scene.press(first, "Another one")
        again = await scene.next_message()
        before = await scene.next_message("MESSAGE_UPDATE")
    assert (before["id"], before["components"]) == (first["id"], [])
    assert again["content"].startswith("hello")
    assert again["content"] != first["content"]
    assert labels(again) == labels(first)


async def test_buttons_work_after_a_restart(scene: Scene) -> None:
    base = make_base(scene.folder)
    async with running_bot(scene, base_model=base):
        first = await scene.ask_message(COMMAND)
    async with running_bot(scene, base_model=base):
        await scene.press(first, "Another one")
        again = await scene.next_message()
        assert again["content"].startswith("hello")
        await scene.press(await more(scene, again), "Delete")
        await gone(scene, again)


async def test_continue_goes_on_where_the_text_ended(scene: Scene) -> None:
    async with running_bot(scene):
        first = await scene.ask_message(COMMAND)
        await scene.press(first, "Continue")
        longer = await scene.next_message()
    assert longer["content"].startswith(first["content"])
    assert len(longer["content"]) > len(first["content"])


async def test_continue_takes_the_last_of_several_texts(scene: Scene) -> None:
    async with running_bot(scene):
        first = await scene.ask_message("!generate ab --n 3 --length 20 --seed 4")
        await scene.press(first, "Continue")
        longer = await scene.next_message()
    assert longer["content"].startswith(first["content"].rpartition("\n\n")[2])


async def test_wilder_and_calmer_change_the_temperature_within_its_range(scene: Scene) -> None:
    async with running_bot(scene):
        message = await scene.ask_message("!generate --temperature 1.7 --length 20")
        for _ in range(2):
            await scene.press(await more(scene, message), "Wilder")
            message = await scene.next_message()
        assert temperature_of(message) == 2.0
        menu = await more(scene, message)
        assert [b["label"] for b in buttons_of(menu) if b.get("disabled")] == ["Wilder"]
        await scene.press(menu, "Calmer")
        calmer = await scene.next_message()
    assert temperature_of(calmer) == 1.8


async def test_buttons_of_earlier_releases_still_work(scene: Scene, tom: Person) -> None:
    shown = Shown(scene.world.you.id, len("hello"), TextRequest(length=60))
    async with running_bot(scene) as bot:
        message = await scene.ask_message(COMMAND)
        channel: Any = bot.get_channel(scene.commands.id)

        async def former() -> dict[str, Any]:
            view = lasting(TextButton(act, shown) for act in FORMER_BUTTONS)
            await channel.get_partial_message(int(message["id"])).edit(view=view)
            return await scene.you.expect("MESSAGE_UPDATE", lambda data: data["components"])

        await scene.press(await former(), "ban", tom)
        refusal = await tom.expect("MESSAGE_CREATE", lambda data: data["flags"] & 64)
        assert "Manage Messages" in refusal["content"]
        await scene.press(await former(), "hot")
        assert (await scene.next_message())["content"].startswith("hello")
        await scene.you.expect("MESSAGE_UPDATE", lambda data: not data["components"])
        await scene.press(await former(), "del")
        await gone(scene, message)


async def test_only_the_asker_and_moderators_may_delete(scene: Scene, tom: Person) -> None:
    async with running_bot(scene):
        message = await scene.ask_message(COMMAND)
        assert labels(await more(scene, message, tom)) == ["Wilder", "Calmer"]
        await tom.say(scene.commands.id, COMMAND)
        toms = await scene.next_message()
        assert labels(await more(scene, toms, tom)) == ["Wilder", "Calmer", "Delete"]
        await scene.press(await more(scene, toms), "Delete")  # "you" own the server
        await gone(scene, toms)
        await scene.press(await more(scene, message), "Delete")
        await gone(scene, message)


async def test_a_moderator_bans_a_phrase_which_is_never_written_again(
    scene: Scene, tom: Person
) -> None:
    words = "!generate hello there --length 60 --seed 4"
    base = make_base(scene.folder)
    async with running_bot(scene, base_model=base):
        message = await scene.ask_message(words)
        assert "Never say this" not in labels(await more(scene, message, tom))
        menu = await more(scene, message)
        await scene.press(menu, "Never say this")
        question = await scene.next_message("MESSAGE_UPDATE")
        assert question["id"] == menu["id"]
        assert question["flags"] & 64
        await scene.press(question, "Other words…")
        form = await scene.you.expect("INTERACTION_MODAL_CREATE")
        await scene.you.submit(form, words="Hello")
        question = await scene.next_message("MESSAGE_UPDATE")
        await scene.press(question, "Never again")
        assert "never write this here" in await scene.from_bot("MESSAGE_UPDATE", "I'll never")
        await gone(scene, message)
        assert (await scene.ask(words)).startswith("█████")
    async with running_bot(scene, base_model=base):
        assert (await scene.ask(words)).startswith("█████")
        elsewhere = scene.world.add_guild("Elsewhere")
        there = scene.world.add_channel(elsewhere, "there")
        scene.discord.announce_guild(elsewhere)
        await scene.you.say(there.id, words)
        await scene.from_bot("MESSAGE_CREATE", "hello")


async def test_a_text_with_a_banned_phrase_is_drawn_again(scene: Scene) -> None:
    async with running_bot(scene) as bot:
        before = await scene.ask("!generate --seed 4 --length 30")
        await bot.services.servers.ban(scene.guild.id, before[:20])
        after = await scene.ask("!generate --seed 4 --length 30")
    assert before[:20] not in after
    assert "█" not in after


async def test_a_banned_phrase_may_stand_behind_a_spoiler_instead(scene: Scene) -> None:
    async with running_bot(scene) as bot:
        before = await scene.ask("!generate --seed 4 --length 30")
        phrase = before[:20].strip()
        await bot.services.servers.ban(scene.guild.id, phrase)
        assert "on" in await scene.ask("!settings spoilers on")
        assert f"||{phrase}||" in await scene.ask("!generate --seed 4 --length 30")


async def test_cancelling_bans_nothing(scene: Scene) -> None:
    async with running_bot(scene) as bot:
        message = await scene.ask_message(COMMAND)
        await scene.press(await more(scene, message), "Never say this")
        await scene.press(await scene.next_message("MESSAGE_UPDATE"), "Leave it")
        assert await scene.from_bot("MESSAGE_UPDATE") == "All right, nothing is banned."
        assert (await bot.services.servers.of(scene.guild.id)).phrases == ()


async def test_a_message_is_gone_on_from_by_its_menu(scene: Scene) -> None:
    async with running_bot(scene):
        said = await scene.you.say(scene.talk.id, "once upon a time")
        await scene.you.run(
            scene.guild.id, scene.talk.id, "Continue this message", target_id=int(said["id"])
        )
        answer = await scene.next_message()
        assert answer["content"].startswith("once upon a time")
        assert len(answer["content"]) > len("once upon a time")
        assert "Another one" in labels(answer)


async def test_a_slow_answer_shows_that_it_is_under_way(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cogs.views.responses.PATIENCE_S", 0.0)
    async with running_bot(scene):
        await scene.you.say(scene.commands.id, "!generate")
        await scene.you.expect("TYPING_START")
        await scene.from_bot()
        await scene.you.run(scene.guild.id, scene.commands.id, "generate")
        thinking = await scene.next_message()
        assert thinking["content"] == ""
        answer = await scene.next_message("MESSAGE_UPDATE")
        assert answer["id"] == thinking["id"]


async def test_buttons_need_no_more_than_the_rights_to_answer(scene: Scene) -> None:
    """A slash command's answer is deleted through the interaction, not the channel."""
    async with running_bot(scene):
        await scene.you.run(scene.guild.id, scene.commands.id, "generate")
        message = await scene.next_message()
        for role in scene.guild.roles.values():
            role.permissions &= ~Permission.SEND_MESSAGES
        await scene.press(message, "Another one")
        again = await scene.next_message()
        await scene.press(await more(scene, again), "Delete")
        await gone(scene, again)


@pytest.mark.parametrize(
    "whose",
    [{}, {"model": "99999"}, {"model": "99999", "mixed_with": "99998"}, {"as_id": 2**64 - 1}],
)
def test_a_buttons_id_fits_whatever_is_asked_for(whose: dict[str, Any]) -> None:
    request = TextRequest("x" * 500, 10, 1.95, 1500, 500, 0.95, 2**53 - 1, **whose)
    custom_id = Shown(2**64 - 1, 1500, request).custom_id("again")
    assert len(custom_id) <= 100
    assert request_of(custom_id.split(":")[4], request.prompt) == request.with_prompt(
        request.prompt
    )
