"""A person's client without a window: types, presses, and sees what a person would see."""

import asyncio
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from io import BytesIO
from types import TracebackType
from typing import Any, Self

import aiohttp

from bot.loopback.state.session import Op
from bot.loopback.wire.json_fields import Payload

WAIT_S = 30.0  # some milliseconds on a calm machine
TYPING_S = 0.2  # who opened a form hears of it before who sent it is told that it is open
PLACE = ("channel_id", "guild_id")
Test = Callable[[Payload], bool]
Files = Sequence[tuple[str, bytes]]


class RequestRefused(Exception):
    """A request was answered with an error; `status` and `code` say which."""

    def __init__(self, status: int, body: Payload) -> None:
        super().__init__(f"{status}: {body.get('message')}")
        self.status = status
        self.code = body.get("code")
        self.body = body


@dataclass(frozen=True, slots=True, eq=False)
class _Waiting:
    """Somebody waits for an event of a name that passes a test."""

    event: str
    where: Test
    found: asyncio.Future[Payload] = field(
        default_factory=lambda: asyncio.get_running_loop().create_future()
    )

    def takes(self, name: str, data: Payload) -> bool:
        """Tell whether an event is the one, and take it if it is."""
        if self.found.done() or name != self.event or not self.where(data):
            return False
        self.found.set_result(data)
        return True


class Person:
    """One logged-in person, from entering the context to leaving it.

    Args:
        url: the loopback Discord's address.
        token: whom to log in as.

    Attributes:
        events: what has come and nobody has waited for, oldest first.
    """

    def __init__(self, url: str, token: str) -> None:
        self._url = url
        self._token = token
        self._http: aiohttp.ClientSession | None = None
        self._reader: asyncio.Task[None] | None = None
        self._waiting: list[_Waiting] = []
        self._nonces = 0
        self.events: list[tuple[str, Payload]] = []
        self.session_id = ""

    async def __aenter__(self) -> Self:
        self._http = aiohttp.ClientSession(headers={"Authorization": self._token})
        socket = await self._http.ws_connect(f"{self._url}/gateway?v=10&encoding=json")
        await socket.send_json({"op": Op.IDENTIFY, "d": {"token": self._token, "properties": {}}})
        self._reader = asyncio.create_task(self._read(socket), name="person-gateway")
        ready = await self.expect("READY")
        self.session_id = str(ready["session_id"])
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if self._reader is not None:
            self._reader.cancel()
            await asyncio.gather(self._reader, return_exceptions=True)
        if self._http is not None:
            await self._http.close()

    async def _read(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        async with socket:
            async for frame in socket:
                message = json.loads(frame.data)
                if message["op"] == Op.DISPATCH:
                    self._hear(message["t"], message["d"])

    def _hear(self, name: str, data: Payload) -> None:
        """Hand an event to who has waited for it the longest, or keep it."""
        if not any(waiting.takes(name, data) for waiting in self._waiting):
            self.events.append((name, data))

    async def expect(
        self, event: str, where: Test = lambda _: True, *, timeout_s: float = WAIT_S
    ) -> Payload:
        """Return the first event of a name that passes a test, and take it from the list.

        Raises:
            TimeoutError: none came in time.
        """
        for index, (name, data) in enumerate(self.events):
            if name == event and where(data):
                del self.events[index]
                return data
        waiting = _Waiting(event, where)
        self._waiting.append(waiting)
        try:
            await asyncio.wait([waiting.found], timeout=timeout_s)
        finally:
            self._waiting.remove(waiting)
        if not waiting.found.done():
            raise TimeoutError(f"no {event} came within {timeout_s} s")
        return waiting.found.result()

    async def request(
        self, method: str, path: str, body: object = None, *, files: Files = ()
    ) -> Payload:
        """Return the answer to a REST request; an array comes under "items".

        Args:
            files: names and contents of what is sent beside the body.

        Raises:
            RequestRefused: it was answered with an error.
        """
        assert self._http is not None
        url = f"{self._url}/api/v10{path}"
        sent: dict[str, Any] = {"data": _form(body, files)} if files else {"json": body}
        async with self._http.request(method, url, **sent) as response:
            answer = {} if response.status == 204 else await response.json()
            if response.status >= 400:
                raise RequestRefused(response.status, answer)
        return {"items": answer} if isinstance(answer, list) else answer

    async def say(
        self, channel_id: int, content: str, *, files: Files = (), **fields: object
    ) -> Payload:
        """Send a message and return it."""
        path = f"/channels/{channel_id}/messages"
        return await self.request("POST", path, {"content": content, **fields}, files=files)

    async def commands(self, guild_id: int) -> dict[str, Payload]:
        """Return the commands on offer in a server, by name."""
        path = f"/guilds/{guild_id}/application-command-index"
        listed = (await self.request("GET", path))["application_commands"]
        assert isinstance(listed, list)
        return {command["name"]: command for command in listed}

    async def run(
        self,
        guild_id: int,
        channel_id: int,
        name: str,
        *options: Payload,
        target_id: int | None = None,
        kind: int = 2,
        files: Files = (),
    ) -> str:
        """Use a command and return the nonce that its events carry.

        Args:
            options: each with type, name and value.
            kind: 2 to run it, 4 to ask for the completion of the focused option.
            files: what attachment options name by their place, from 0.
        """
        command = (await self.commands(guild_id))[name]
        data: Payload = {
            "id": command["id"],
            "name": name,
            "type": command["type"],
            "options": list(options),
        }
        if target_id is not None:
            data["target_id"] = str(target_id)
        about: Payload = {"guild_id": str(guild_id), "channel_id": str(channel_id)}
        about["application_id"] = command["application_id"]
        return await self.interact(kind, about, data, files=files)

    async def press(self, message: Payload, custom_id: str, *values: str, kind: int = 2) -> str:
        """Use a button (kind 2) or choose in a menu (3, 5–8) and return the nonce."""
        data: Payload = {"component_type": kind, "custom_id": custom_id}
        if kind != 2:
            data["values"] = list(values)
        about: Payload = {"message_id": message["id"], "message_flags": message["flags"]}
        about |= {key: message[key] for key in PLACE if key in message}
        return await self.interact(3, about, data)

    async def submit(self, modal: Payload, **texts: str) -> str:
        """Fill in a form and return the nonce."""
        await asyncio.sleep(TYPING_S)
        inputs = [{"type": 4, "custom_id": name, "value": text} for name, text in texts.items()]
        rows = [{"type": 1, "components": [item]} for item in inputs]
        data: Payload = {"id": modal["id"], "custom_id": modal["custom_id"], "components": rows}
        return await self.interact(5, {"channel_id": modal["channel_id"]}, data)

    async def interact(self, kind: int, about: Payload, data: Payload, *, files: Files = ()) -> str:
        """Send an interaction and return its nonce."""
        self._nonces += 1
        nonce = f"{self.session_id}-{self._nonces}"
        sender = {"session_id": self.session_id, "nonce": nonce}
        body = {"type": kind, **sender, **about, "data": data}
        await self.request("POST", "/interactions", body, files=files)
        return nonce


def _form(body: object, files: Files) -> aiohttp.FormData:
    form = aiohttp.FormData()
    form.add_field("payload_json", json.dumps(body), content_type="application/json")
    for index, (name, content) in enumerate(files):
        form.add_field(f"files[{index}]", BytesIO(content), filename=name)
    return form
