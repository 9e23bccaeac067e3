"""The state behind the loopback Discord: channel files, pages of history, permissions."""

import gzip
import json
import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.loopback.world.fill import ChannelFileError, fill_from_file
from bot.loopback.world.message_store import MessageStore
from bot.loopback.world.model import Message, Overwrite, User
from bot.loopback.world.permissions import ALL_PERMISSIONS, Permission
from bot.loopback.world.snowflake import SnowflakeSource, snowflake_at, unix_ms_of
from bot.loopback.world.world import World

ROWS = [
    {"id": "1", "author": "ann", "timestamp": "2018-10-24T16:44:36Z", "content": "hi"},
    {"id": "2", "author": "ben", "timestamp": "2018-10-24T16:44:36Z", "content": "hello"},
    {"id": "3", "author": "ann", "timestamp": "2018-10-24T16:44:30Z", "content": "late"},
    {"id": "4", "author": "ann", "timestamp": "2020-01-01T00:00:00Z", "content": "x", "bot": True},
]


@pytest.mark.parametrize("name", ["channel.jsonl", "channel.jsonl.gz"])
def test_a_channel_is_filled_from_a_file(tmp_path, world, guild, channel, name):
    path = tmp_path / name
    text = "\n".join(json.dumps(row) for row in ROWS)
    path.write_bytes(gzip.compress(text.encode()) if name.endswith("gz") else text.encode())
    assert fill_from_file(world, channel, path) == 4
    messages = list(channel.messages)
    assert [message.content for message in messages] == ["hi", "hello", "late", "x"]
    ids = [message.id for message in messages]
    assert ids == sorted(set(ids))
    assert unix_ms_of(ids[0]) == 1_540_399_476_000
    assert [message.author.bot for message in messages] == [False, False, False, True]
    assert messages[0].author is messages[2].author
    assert messages[0].author is not messages[3].author
    assert messages[0].author.id in guild.members


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        (b'{"author": "a"', "line 1: not JSON"),
        (b'{"author": "a", "content": "b"}', "line 1: no timestamp"),
        (b"\xff\xfe", "cannot be read"),
    ],
)
def test_a_damaged_file_is_named_with_its_line(tmp_path, world, channel, content, complaint):
    path = tmp_path / "bad.jsonl"
    path.write_bytes(content)
    with pytest.raises(ChannelFileError, match=complaint):
        fill_from_file(world, channel, path)


def test_a_truncated_archive_is_refused(tmp_path, world, channel):
    path = tmp_path / "bad.jsonl.gz"
    path.write_bytes(gzip.compress(json.dumps(ROWS[0]).encode())[:-10])
    with pytest.raises(ChannelFileError, match=r"bad\.jsonl\.gz"):
        fill_from_file(world, channel, path)


def test_two_channels_never_share_a_message_id(world, guild, channel):
    other = world.add_channel(guild, "other")
    world.fill_channel(channel, ROWS)
    world.fill_channel(other, ROWS)
    ids = [message.id for place in (channel, other) for message in place.messages]
    assert len(set(ids)) == 8


def test_fifty_thousand_messages_are_cheap(world, channel):
    rows = (
        {"author": f"a{n % 500}", "timestamp": "2020-01-01T00:00:00Z", "content": f"{n:060}"}
        for n in range(50_000)
    )
    tracemalloc.start()
    try:
        assert world.fill_channel(channel, rows) == 50_000
        held_bytes = tracemalloc.get_traced_memory()[0]
    finally:
        tracemalloc.stop()
    assert held_bytes < 40_000_000


@given(
    ids=st.sets(st.integers(1, 60), max_size=40),
    anchor=st.integers(0, 61),
    limit=st.integers(1, 50),
)
def test_pages_are_what_sorting_and_slicing_gives(ids, anchor, limit):
    author = User(1, "a")
    store: MessageStore[Message] = MessageStore()
    for number in sorted(ids):
        store.append(Message(number, author, ""))
    older = sorted((n for n in ids if n < anchor), reverse=True)[:limit]
    newer = sorted(n for n in ids if n > anchor)[:limit][::-1]
    assert [m.id for m in store.before(anchor, limit)] == older
    assert [m.id for m in store.after(anchor, limit)] == newer
    assert [m.id for m in store.latest(limit)] == sorted(ids, reverse=True)[:limit]
    found = store.get(anchor)
    assert (found.id if found else None) == (anchor if anchor in ids else None)
    assert (store.remove(anchor) is not None) == (anchor in ids)
    assert [m.id for m in store] == sorted(ids - {anchor})


def test_messages_must_come_in_order():
    store: MessageStore[Message] = MessageStore()
    store.append(Message(5, User(1, "a"), ""))
    with pytest.raises(ValueError, match="must increase"):
        store.append(Message(5, User(1, "a"), ""))


def test_snowflakes_increase_and_tell_their_time():
    source = SnowflakeSource()
    ids = [source.make() for _ in range(10_000)]
    assert ids == sorted(set(ids))
    assert unix_ms_of(snowflake_at(1_700_000_000_123, worker=7)) == 1_700_000_000_123
    assert source.make(new_millisecond=True) >> 22 > ids[-1] >> 22


class TestPermissions:
    @pytest.fixture
    def mia(self, world: World, guild) -> User:
        user = world.add_user("mia")
        world.add_member(guild, user)
        return user

    def test_the_owner_may_everything(self, world, channel):
        channel.overwrites.append(Overwrite(world.you.id, 1, deny=Permission.SEND_MESSAGES))
        assert world.permissions_in(channel, world.you) == ALL_PERMISSIONS

    def test_an_administrator_passes_over_overwrites(self, world, guild, channel, mia):
        role = world.add_role(guild, "admin", Permission.ADMINISTRATOR)
        guild.members[mia.id].role_ids.append(role.id)
        channel.overwrites.append(Overwrite(guild.id, 0, deny=Permission.VIEW_CHANNEL))
        assert world.permissions_in(channel, mia) == ALL_PERMISSIONS

    def test_the_nearer_overwrite_wins(self, world, guild, channel, mia):
        first = world.add_role(guild, "first")
        second = world.add_role(guild, "second")
        guild.members[mia.id].role_ids += [first.id, second.id]
        send = Permission.SEND_MESSAGES
        channel.overwrites.append(Overwrite(guild.id, 0, deny=send))
        assert not world.permissions_in(channel, mia) & send
        channel.overwrites.append(Overwrite(first.id, 0, allow=send))
        assert world.permissions_in(channel, mia) & send
        channel.overwrites.append(Overwrite(second.id, 0, deny=send))
        assert world.permissions_in(channel, mia) & send  # of equal roles allowing wins
        channel.overwrites.append(Overwrite(mia.id, 1, deny=send))
        assert not world.permissions_in(channel, mia) & send

    def test_who_may_not_look_may_nothing(self, world, guild, channel, mia):
        channel.overwrites.append(Overwrite(mia.id, 1, deny=Permission.VIEW_CHANNEL))
        assert world.permissions_in(channel, mia) == 0

    def test_who_may_not_write_may_not_attach(self, world, guild, channel, mia):
        channel.overwrites.append(Overwrite(mia.id, 1, deny=Permission.SEND_MESSAGES))
        granted = world.permissions_in(channel, mia)
        assert granted & Permission.READ_MESSAGE_HISTORY
        assert not granted & Permission.ATTACH_FILES

    def test_strangers_may_nothing(self, world, channel):
        assert world.permissions_in(channel, world.add_user("stranger")) == 0
