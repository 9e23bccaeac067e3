"""Where bot and loopback Discord differ from the specification, and why that is right.

Discord's own word on it: "follow the docs, not the spec".
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Difference:
    """A change to a schema.

    Attributes:
        schema: its name.
        change: is laid over it; objects are merged, all else is replaced.
        why: the page of the documentation that has it so, or the reason.
    """

    schema: str
    change: Json
    why: str

    def apply(self, schemas: Json) -> None:
        """Change the schema among all."""
        _merge(schemas[self.schema], self.change)


def _merge(into: Json, change: Json) -> None:
    for key, value in change.items():
        if isinstance(value, dict) and isinstance(into.get(key), dict):
            _merge(into[key], value)
        else:
            into[key] = value


TTS = {"properties": {"tts": {"type": "boolean"}}}
NSFW = {"properties": {"nsfw": {"type": "boolean"}}}
SENT_WITH_EDITS = "discord.py sends it with edits as with new messages, and it means nothing there"
OF_COMMANDS = "interactions/application-commands, application command structure"

MEDIA_CHANNELS = Difference(
    "ChannelTypes",
    {"oneOf": [{"enum": [0, 1, 2, 3, 4, 5, 10, 11, 12, 13, 14, 15, 16]}]},
    "resources/channel, channel types: 16 is GUILD_MEDIA, which discord.py offers with forums",
)

PERMISSIONS = {
    "properties": {
        "default_member_permissions": {
            "type": ["integer", "string", "null"],
            "format": "snowflake",
            "pattern": "^[0-9]+$",
        }
    }
}
PERMISSIONS_AS_TEXT = tuple(
    Difference(schema, PERMISSIONS, f"{OF_COMMANDS}: documented as a text of digits")
    for schema in ("ApplicationCommandCreateRequest", "ApplicationCommandUpdateRequest")
)

# What the loopback Discord takes as well; the rest of these are fields that it does not look at.
TAKEN = (MEDIA_CHANNELS, *PERMISSIONS_AS_TEXT)
IN_REQUESTS = (
    *TAKEN,
    Difference("MessageEditRequestPartial", TTS, SENT_WITH_EDITS),
    Difference("IncomingWebhookUpdateRequestPartial", TTS, SENT_WITH_EDITS),
    Difference("IncomingWebhookUpdateForInteractionCallbackRequestPartial", TTS, SENT_WITH_EDITS),
    Difference(
        "RichEmbed",
        {"properties": {"flags": {"type": "integer"}}},
        "discord.py sends it with each embed, though only Discord sets it; it means nothing",
    ),
    Difference("ApplicationCommandUpdateRequest", NSFW, OF_COMMANDS),
    Difference("ApplicationCommandCreateRequest", NSFW, OF_COMMANDS),
    Difference(
        "SnowflakeType",
        {"type": ["string", "integer"], "format": "any"},
        "reference, snowflakes: taken as numbers as well, which discord.py sends",
    ),
)
IN_ANSWERS = (
    MEDIA_CHANNELS,
    Difference(
        "Error",
        {"properties": {"code": {"type": ["integer", "string"]}}},
        "reference, error messages: codes of fields are words",
    ),
    Difference(
        "RatelimitedResponse",
        {
            "allOf": [
                {
                    "type": "object",
                    "properties": {
                        "message": {"type": "string"},
                        "retry_after": {"type": "number"},
                        "global": {"type": "boolean"},
                        "code": {"type": "integer"},
                    },
                    "required": ["message", "retry_after", "global"],
                }
            ]
        },
        "topics/rate-limits: the code is optional",
    ),
)
QUERY_TRUTHS = ("true", "false", "1", "0")  # discord.py asks `with_response=1`
