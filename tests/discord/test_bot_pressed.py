"""Buttons, menus and forms ask for themselves who presses, and whether they still may."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from bot_harness import Scene, fake_trainer, running_bot
from pace import VARIABLE, Pace

from bot.loopback.person import Person
from bot.loopback.wire.json_fields import Payload
from bot.loopback.world.permissions import Permission
from bot.presentation.privacy import AGREE
from cogs.guess import GuessButton
from cogs.privacy import VoiceButton
from cogs.views.ban_buttons import BanButton
from cogs.views.cancel_button import CancelButton
from cogs.views.consent import ConsentButton
from cogs.views.deletion_buttons import DeleteButton, EraseButton
from cogs.views.details_button import DetailsButton
from cogs.views.help_pages import TopicButton
from cogs.views.model_files import PageButton
from cogs.views.persistent_items import PersistentItem
from cogs.views.settings_panel import SettingButton, SettingMenu
from cogs.views.text_buttons import TextButton
from cogs.views.train_requests import NO_LONGER

EPHEMERAL = 64
BUTTON, ROLE_MENU, CHANNEL_MENU = 2, 6, 8
MANAGER, MODERATOR = "Manage Server", "Manage Messages"
YOU, TALK = "{you}", "{talk}"
# Ids that nobody is shown, and what a member without any permission is told.
FORGED: dict[type[PersistentItem], dict[str, str]] = {
    CancelButton: {
        "train:cancel:1": "Only whoever started",
        "train:cancel:999999999999999999": "already ended",
    },
    BanButton: {
        "ban:yes:1": MODERATOR,
        "ban:edit:99999999999999999999": MODERATOR,
        "ban:no:1": MODERATOR,
    },
    DeleteButton: {
        "delete:yes:1": MANAGER,
        "delete:no:1": MANAGER,
        "delete:yes:9999999999": MANAGER,
    },
    PageButton: {f"page:{act}:1": MANAGER for act in ("plain", "phrases", "no")},
    EraseButton: {
        f"erase:yes:{YOU}": "Only the member",
        f"erase:no:{YOU}": "Only the member",
        "erase:yes:99999999999999999999": "Only the member",
    },
    ConsentButton: {f"consent:{answer}": MANAGER for answer in ("yes", "tell", "no")},
    SettingMenu: {f"set:{name}": MANAGER for name in ("channels", "roles", "announce")},
    SettingButton: {
        f"set:{name}": MANAGER
        for name in ("nsfw", "answers", "basics", "words", "reset", "hidden", "notice")
    },
    TextButton: {
        f"text:del:{YOU}:0:1..300.0.100.": MODERATOR,
        f"text:ban:{YOU}:0:1..300.0.100.": MODERATOR,
        f"text:again:{YOU}:0:9999..300.0.100.": "n must be 1 to 10",
        f"text:more:{YOU}:0:1..9999.0.100.": "length must be 1 to 1500",
        f"text:again:{YOU}:0:1.900.300.0.100.": "temperature must be 0 to 2",
        f"text:again:{YOU}:0:1..300.9999.999.9999999999": "no version",
        f"text:again:{YOU}:0:1..300.0.100..9999999999": "no version",
        f"text:again:{YOU}:0:1..300.0.100...99999999999999999999": "must be 0 to",
        f"text:again:{YOU}:0:1..300.0.100...{YOU}": "I can't write like",
    },
}
# Whoever presses these changes nothing that is not their own.
HARMLESS = {TopicButton, DetailsButton, VoiceButton, GuessButton}


def made_items(kind: type[PersistentItem] = PersistentItem) -> Iterator[type[PersistentItem]]:
    """Yield every kind of button and menu that there is."""
    for found in kind.__subclasses__():
        if found.__discord_ui_compiled_template__.pattern != "never":
            yield found
        yield from made_items(found)


@pytest.fixture
async def eve(scene: Scene) -> AsyncIterator[Person]:
    """A member without any permission."""
    user = scene.world.add_user("eve")
    scene.world.add_member(scene.guild, user)
    async with Person(scene.discord.url, user.token or "") as person:
        yield person


@pytest.fixture
async def max_(scene: Scene) -> AsyncIterator[Person]:
    """A member who may manage everything by a role, until `demote`."""
    user = scene.world.add_user("max")
    powers = Permission.MANAGE_GUILD | Permission.MANAGE_MESSAGES
    admins = scene.world.add_role(scene.guild, "Admins", powers)
    scene.world.add_member(scene.guild, user, roles=[admins])
    async with Person(scene.discord.url, user.token or "") as person:
        yield person


@pytest.fixture
def pace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Pace:
    """Stops the training process at a step."""
    made = Pace(tmp_path)
    monkeypatch.setenv(VARIABLE, str(made.path))
    return made


def demote(scene: Scene) -> None:
    """Take the role from max, of which Discord does not tell the bot."""
    for member in scene.guild.members.values():
        if member.user.name == "max":
            member.role_ids.clear()


def with_item(scene: Scene, custom_id: str) -> Payload:
    """Return a message of the bot with one button or menu under it."""
    message = scene.world.post(scene.commands, scene.world.bot, "Shall I?\n> a phrase")
    kind = kind_of(custom_id)
    item: Payload = {"type": kind, "id": 2, "custom_id": custom_id}
    item |= {"label": "x", "style": 2} if kind == BUTTON else {"min_values": 0, "max_values": 25}
    message.details.components = [{"type": 1, "id": 1, "components": [item]}]
    place = {"channel_id": str(scene.commands.id), "guild_id": str(scene.guild.id)}
    return {"id": str(message.id), "flags": 0, **place}


def kind_of(custom_id: str) -> int:
    menus = {"set:channels": CHANNEL_MENU, "set:announce": CHANNEL_MENU, "set:roles": ROLE_MENU}
    return menus.get(custom_id, BUTTON)


def state(scene: Scene) -> list[object]:
    """Return what a press could have changed."""
    tables = ("model", "guild", "server", "talk_channel", "channel_rule", "member_choice")
    rows = [scene.query(f"SELECT * FROM {table}") for table in tables]  # noqa: S608
    rows.append(scene.query("SELECT train_job_id, status FROM train_job"))
    return [*rows, sorted(map(str, (scene.folder / "data" / "models").rglob("*")))]


async def told(person: Person) -> str:
    answer = await person.expect("MESSAGE_CREATE", lambda data: bool(data["flags"] & EPHEMERAL))
    return str(answer["content"])


def test_every_button_and_menu_is_tried() -> None:
    # By name: a class in an extension is made again by each bot that loads it.
    tried = {kind.__name__ for kind in FORGED.keys() | HARMLESS}
    assert {kind.__name__ for kind in made_items()} == tried


async def test_made_up_ids_change_nothing_and_cost_a_sentence(
    scene: Scene, eve: Person, caplog: pytest.LogCaptureFixture
) -> None:
    async with running_bot(scene, member_per_minute=0):
        await scene.train()
        before = state(scene)
        for custom_ids in FORGED.values():
            for pattern, answer in custom_ids.items():
                custom_id = pattern.replace(YOU, str(scene.world.you.id))
                values = () if kind_of(custom_id) == BUTTON else (str(scene.talk.id),)
                message = with_item(scene, custom_id)
                await eve.press(message, custom_id, *values, kind=kind_of(custom_id))
                assert answer in await told(eve), custom_id
                assert state(scene) == before, custom_id
        await eve.press(with_item(scene, "help:999:next"), "help:999:next")
        await eve.expect("MESSAGE_UPDATE")
        assert state(scene) == before
        await eve.press(with_item(scene, "voice:on"), "voice:on")
        await told(eve)
        assert state(scene)[:5] == before[:5]
    assert "Traceback" not in caplog.text


async def test_a_form_is_not_taken_from_who_may_no_more(scene: Scene, max_: Person) -> None:
    async with running_bot(scene):
        before = state(scene)
        forms = []
        for act in ("set:basics", "set:words", "ban:edit:1"):
            await max_.press(with_item(scene, act), act)
            forms.append(await max_.expect("INTERACTION_MODAL_CREATE"))
        demote(scene)
        texts = ({"prefix": "?", "temperature": "1"}, {"words": "hello"})
        for form, filled in zip(forms, texts, strict=False):
            await max_.submit(form, **filled)
            assert MANAGER in await told(max_)
        await max_.submit(forms[2], words="hello")  # it asks once more, and that is refused
        question = await max_.expect("MESSAGE_UPDATE", lambda data: "hello" in data["content"])
        await scene.press(question, "Never again", max_)
        assert MODERATOR in await told(max_)
        assert state(scene) == before


async def test_a_question_is_not_answered_by_who_may_no_more(scene: Scene, max_: Person) -> None:
    async with running_bot(scene):
        await scene.train()
        await scene.train(how="full")
        before = state(scene)
        await max_.say(scene.commands.id, "!model delete 1")
        question = await scene.next_message()
        demote(scene)
        await scene.press(question, "Delete version 1", max_)
        assert MANAGER in await told(max_)
        assert state(scene) == before


async def test_a_training_is_not_stopped_by_who_may_no_more(
    scene: Scene, max_: Person, pace: Pace
) -> None:
    pace.stop_after(1)
    async with running_bot(scene, fake_trainer("steps")):
        await scene.ask(f"!train <#{scene.talk.id}>")
        running = await scene.you.expect("MESSAGE_UPDATE", lambda data: bool(data["components"]))
        demote(scene)
        await scene.press(running, "Stop training", max_)
        assert "Only whoever started" in await told(max_)
        pace.go_on()
        assert (await scene.outcome()).startswith("✅")


@pytest.mark.parametrize("command", ["!train all", "!train <#{talk}>"])
async def test_a_training_is_not_begun_for_who_may_train_no_more(
    scene: Scene, max_: Person, command: str
) -> None:
    """Between the question and its answer, which somebody else may give."""
    asks_all = command == "!train all"
    async with running_bot(scene, consent="given" if asks_all else "ask"):
        await max_.say(scene.commands.id, command.replace("{talk}", str(scene.talk.id)))
        question = await scene.next_message()
        demote(scene)
        if asks_all:
            await scene.press(question, "Learn from them", max_)
            assert await told(max_) == NO_LONGER
        else:
            await scene.press(question, AGREE)
            assert await told(scene.you) == NO_LONGER
        assert scene.query("SELECT * FROM train_job") == []
    assert scene.pages() <= 20  # the estimate's; nothing was collected
