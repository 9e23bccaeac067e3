"""How a loopback Discord behaves."""

from dataclasses import dataclass, field
from pathlib import Path

from bot.loopback.state.rate_limits import RateLimits

PAGE_FOLDER = Path(__file__).parents[1] / "page"


@dataclass(frozen=True, slots=True)
class SandboxOptions:
    """Where it listens, which limits hold, and what the bot's owner has switched on.

    Attributes:
        port: 0 takes a free one.
        rate_limits: False raises every limit beyond reach; people's clients are never limited.
        message_content_intent, members_intent, presence_intent: the privileged
            intents that are enabled in the application's settings.
        heartbeat_interval_s: what HELLO asks of clients.
        connections: how many clients there may be at once; each takes a file of this process.
        interaction_deadline_s: within which a bot must first answer an interaction.
        interaction_token_s: for how long it may follow up.
        shards: how many GET /gateway/bot recommends.
        integration_types: where the application may be installed, and so its commands that
            say nothing of it: in servers (0) and by people (1), as new applications are.
    """

    host: str = "127.0.0.1"
    port: int = 0
    rate_limits: bool = True
    limits: RateLimits = field(default_factory=RateLimits)
    message_content_intent: bool = True
    members_intent: bool = True
    presence_intent: bool = False
    heartbeat_interval_s: float = 41.25
    connections: int = 256
    interaction_deadline_s: float = 3.0
    interaction_token_s: float = 900.0
    max_file_bytes: int = 10 * 1024 * 1024
    shards: int = 1
    integration_types: tuple[int, ...] = (0, 1)
    page_folder: Path = PAGE_FOLDER
