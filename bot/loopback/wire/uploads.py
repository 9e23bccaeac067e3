"""Request bodies: JSON alone, or JSON with files beside it."""

import json
import re
from dataclasses import dataclass
from urllib.parse import quote

from aiohttp import BodyPartReader, web

from bot.loopback.wire.api_errors import ApiError, invalid_field
from bot.loopback.wire.json_fields import Fields, fields_of

FILE_FIELD = re.compile(r"files\[(\d{1,9})\]")
UNSAFE_NAME = re.compile(r"[^\w.\-]+", re.ASCII)
PNG_SIGNATURE = b"\x89PNG\r\n\x1a\n"


@dataclass(frozen=True, slots=True)
class Upload:
    """A file of a request; `index` is what the JSON part calls it."""

    index: int
    filename: str
    content_type: str
    content: bytes


async def read_body(request: web.Request, *, max_file_bytes: int) -> tuple[Fields, list[Upload]]:
    """Return a request's JSON object and its files.

    Raises:
        ApiError: the JSON is damaged (50109), or a file is too large (40005).
    """
    if request.content_type != "multipart/form-data":
        return _object(await request.read()), []
    fields = Fields({})
    uploads: list[Upload] = []
    async for part in await request.multipart():
        if not isinstance(part, BodyPartReader):
            raise invalid_field("_", "MODEL_TYPE_CONVERT", "Nested parts are not allowed.")
        if part.name == "payload_json":
            fields = _object(bytes(await part.read()))
        else:
            uploads.append(await _read_file(part, len(uploads), max_file_bytes))
    return fields, uploads


async def read_array(request: web.Request) -> list[Fields]:
    """Return a request's JSON array of objects."""
    value = _parse(await request.read())
    if not isinstance(value, list):
        raise invalid_field("_", "LIST_TYPE_CONVERT", "Only lists are allowed.")
    return [fields_of(item, str(index)) for index, item in enumerate(value)]


def safe_filename(name: str) -> str:
    """Return a name that can stand in an address, as Discord rewrites it."""
    return quote(UNSAFE_NAME.sub("_", name).strip("._")[-100:] or "unnamed")


def image_size(content: bytes) -> tuple[int, int] | None:
    """Return the width and height of a PNG or GIF, None of anything else."""
    if content.startswith(PNG_SIGNATURE) and len(content) >= 24:
        return int.from_bytes(content[16:20], "big"), int.from_bytes(content[20:24], "big")
    if content[:6] in (b"GIF87a", b"GIF89a") and len(content) >= 10:
        return int.from_bytes(content[6:8], "little"), int.from_bytes(content[8:10], "little")
    return None


async def _read_file(part: BodyPartReader, position: int, max_file_bytes: int) -> Upload:
    numbered = FILE_FIELD.fullmatch(part.name or "")
    content = bytearray()
    while chunk := await part.read_chunk():
        content += chunk
        if len(content) > max_file_bytes:
            raise ApiError(413, 40005, "Request entity too large")
    return Upload(
        int(numbered[1]) if numbered else position,
        part.filename or "unnamed",
        part.headers.get("Content-Type", "application/octet-stream"),
        bytes(content),
    )


def _object(raw: bytes) -> Fields:
    return fields_of(_parse(raw)) if raw else Fields({})


def _parse(raw: bytes) -> object:
    try:
        return json.loads(raw)
    except (ValueError, RecursionError) as error:  # ValueError: also a number of 5,000 digits
        message = "The request body contains invalid JSON."
        raise ApiError(400, 50109, message) from error
