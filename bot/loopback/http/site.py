"""The web page's files, its session, and the files that messages carry."""

from pathlib import Path
from urllib.parse import urlsplit

from aiohttp import hdrs, web
from aiohttp.typedefs import Handler

from bot.loopback.http.app import BACKEND

CONTENT_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:; "
    "connect-src 'self'; media-src 'self'; form-action 'none'; base-uri 'none'; "
    "frame-ancestors 'none'"
)
PAGE_TYPES = {
    ".html": "text/html",
    ".css": "text/css",
    ".js": "text/javascript",
    ".mjs": "text/javascript",
    ".svg": "image/svg+xml",
    ".png": "image/png",
    ".webmanifest": "application/manifest+json",
}
# Everything else that people upload is handed out as bytes to save: a page or
# script of theirs must not run with this origin's rights.
SHOWN_TYPES = frozenset(
    {"image/png", "image/jpeg", "image/gif", "image/webp", "audio/mpeg", "audio/ogg"}
    | {"video/mp4", "video/webm"}
)
ATTACHMENT_ROUTE = r"/attachments/{channel_id:\d{1,20}}/{attachment_id:\d{1,20}}/{name}"
LOOPBACK_HOSTS = frozenset({"127.0.0.1", "localhost", "::1"})


@web.middleware
async def guard(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Refuse foreign names for this address, and add the headers that every answer has."""
    if _host_of(request) not in LOOPBACK_HOSTS | {request.app[BACKEND].options.host}:
        raise web.HTTPForbidden(text="This address is for the loopback only.")
    return await handler(request)


def _host_of(request: web.Request) -> str | None:
    """Return the name that this address was asked under; None for what is none."""
    try:
        parts = urlsplit(f"//{request.host}")
    except ValueError:
        return None
    return parts.hostname if parts.netloc == request.host and "@" not in parts.netloc else None


async def add_headers(_: web.Request, response: web.StreamResponse) -> None:
    """Add the headers that keep a browser strict."""
    response.headers.setdefault("Content-Security-Policy", CONTENT_POLICY)
    response.headers.setdefault("X-Content-Type-Options", "nosniff")
    response.headers.setdefault("Referrer-Policy", "no-referrer")
    response.headers.setdefault("Cross-Origin-Resource-Policy", "same-origin")


async def page_file(request: web.Request) -> web.StreamResponse:
    """Serve a file of the page; `/` is its index.html."""
    folder = request.app[BACKEND].options.page_folder
    name = request.match_info.get("name") or "index.html"
    path = _inside(folder, name)
    if path is None:
        raise web.HTTPNotFound
    kind = PAGE_TYPES[path.suffix]
    charset = "" if kind == "image/png" else "; charset=utf-8"
    headers = {hdrs.CONTENT_TYPE: kind + charset, hdrs.CACHE_CONTROL: "no-cache"}
    return web.FileResponse(path, headers=headers)


async def session(request: web.Request) -> web.Response:
    """Give the page the token of "you"; no other page may read it."""
    backend = request.app[BACKEND]
    check_origin(request)
    gateway = f"ws://{request.host}/gateway"
    body = {"token": backend.world.you.token, "gateway": gateway}
    return web.json_response(body, headers={hdrs.CACHE_CONTROL: "no-store"})


async def typed_commands(request: web.Request) -> web.Response:
    """Tell the page which commands may be typed in a server's messages; none: an empty list."""
    backend = request.app[BACKEND]
    check_origin(request)
    guild_id = int(request.match_info["guild_id"])
    told = backend.typed_commands
    body = await told(guild_id) if told is not None else {"prefix": "", "commands": []}
    return web.json_response(body, headers={hdrs.CACHE_CONTROL: "no-store"})


def check_origin(request: web.Request) -> None:
    """Refuse what another page than ours makes a browser ask; programs name no origin."""
    origin = request.headers.get(hdrs.ORIGIN)
    site = request.headers.get("Sec-Fetch-Site", "none")
    if site not in ("same-origin", "none") or origin not in (None, f"http://{request.host}"):
        raise web.HTTPForbidden(text="Only the page itself may ask for this.")


async def attachment(request: web.Request) -> web.Response:
    """Serve a message's file, as Discord's content network does without a token."""
    backend = request.app[BACKEND]
    file = backend.files.get(int(request.match_info["attachment_id"]))
    if file is None:
        raise web.HTTPNotFound
    shown = file.content_type in SHOWN_TYPES
    disposition = "inline" if shown else "attachment"
    headers = {
        hdrs.CONTENT_TYPE: file.content_type if shown else "application/octet-stream",
        hdrs.CONTENT_DISPOSITION: f'{disposition}; filename="{file.filename}"',
        "Content-Security-Policy": "default-src 'none'; sandbox",
    }
    return web.Response(body=file.content, headers=headers)


def _inside(folder: Path, name: str) -> Path | None:
    path = (folder / name).resolve()
    inside = path.is_relative_to(folder.resolve()) and path.suffix in PAGE_TYPES
    return path if inside and path.is_file() else None


def add_site(app: web.Application) -> None:
    """Let an application serve the page."""
    app.middlewares.append(guard)
    app.on_response_prepare.append(add_headers)
    app.router.add_get("/", page_file)
    app.router.add_get("/session", session)
    app.router.add_get(r"/typed-commands/{guild_id:\d{1,20}}", typed_commands)
    app.router.add_get(ATTACHMENT_ROUTE, attachment)
    app.router.add_get(r"/{name:[\w\-./]+\.\w+}", page_file)
