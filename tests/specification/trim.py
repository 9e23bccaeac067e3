"""Trims Discord's OpenAPI specification to what the loopback Discord serves.

`python tests/specification/trim.py openapi.json` renews discord.json from a full file,
which is specs/openapi.json of https://github.com/discord/discord-api-spec, and the loopback
Discord's own requests.json, which is the requests of it alone.
"""

from __future__ import annotations

import argparse
import json
import re
from collections.abc import Iterator, Mapping
from copy import deepcopy
from pathlib import Path
from typing import Any

from accepted_differences import TAKEN

import bot.loopback.wire
from bot.loopback.server import ROUTES

TRIMMED = Path(__file__).with_name("discord.json")
REQUESTS = Path(bot.loopback.wire.__file__).with_name("specification") / "requests.json"
Json = dict[str, Any]
# One address of ours, two of the specification's.
TWINS = {
    "/webhooks/{}/{}/messages/{}": "/webhooks/{}/{}/messages/@original",
    "/channels/{}/messages/{}/reactions/{}/{}": "/channels/{}/messages/{}/reactions/{}/@me",
    "/channels/{}/thread-members/{}": "/channels/{}/thread-members/@me",
}
# What gateway events hold, and no answer does.
ALSO = ("GuildChannelResponse", "ThreadMemberResponse", "ScheduledEventResponse")


def trimmed(full: Json) -> Json:
    """Return the operations with a route of ours, and the schemas that they refer to."""
    wanted = set(_wanted())
    paths = {
        path: {
            method: _operation(operations, operation)
            for method, operation in operations.items()
            if (method, shape_of(path)) in wanted
        }
        for path, operations in full["paths"].items()
    }
    paths = {path: operations for path, operations in paths.items() if operations}
    components: Json = {}
    extra = [f"#/components/schemas/{name}" for name in ALSO]
    for reference in sorted({*_closure(full, paths), *extra, *_closure(full, extra)}):
        _, _, kind, name = reference.split("/")
        components.setdefault(kind, {})[name] = _plain(full["components"][kind][name])
    about = {key: full["info"][key] for key in ("title", "version", "license")}
    return {"openapi": full["openapi"], "info": about, "paths": paths, "components": components}


def requests_of(document: Json) -> Json:
    """Return what of a trimmed specification the loopback Discord refuses requests by."""
    by_shape = {shape_of(path): operations for path, operations in document["paths"].items()}
    operations: Json = {}
    for route in ROUTES:
        operation = by_shape.get(shape_of(route.path), {}).get(route.method.lower(), {})
        body = operation.get("requestBody", {}).get("content", {}).get("application/json")
        query = {
            parameter["name"]: parameter["schema"]
            for parameter in operation.get("parameters", ())
            if parameter["in"] == "query"
        }
        about = {
            **({"body": body["schema"]} if body else {}),
            **({"query": query} if query else {}),
        }
        if about:
            operations[route.name] = about
    names = {name.rpartition("/")[2] for name in _closure(document, operations)}
    schemas = deepcopy({name: document["components"]["schemas"][name] for name in sorted(names)})
    for difference in TAKEN:
        difference.apply(schemas)
    return {"info": document["info"], "operations": operations, "schemas": schemas}


def shape_of(path: str) -> str:
    """Return an address without the names of its parameters."""
    return re.sub(r"\{[^}]*\}", "{}", path)


def _wanted() -> Iterator[tuple[str, str]]:
    for route in ROUTES:
        shape = shape_of(route.path)
        yield route.method.lower(), shape
        if shape in TWINS:
            yield route.method.lower(), TWINS[shape]


def _operation(shared: Json, operation: Json) -> Json:
    """Return parameters, the body as JSON, and the answers as JSON."""
    kept: Json = {"operationId": operation["operationId"]}
    kept["parameters"] = [*shared.get("parameters", []), *operation.get("parameters", [])]
    if "requestBody" in operation:
        kept["requestBody"] = _json_alone(operation["requestBody"])
    kept["responses"] = {
        status: _json_alone(answer) for status, answer in operation["responses"].items()
    }
    return dict(_plain(kept))


def _json_alone(part: Json) -> Json:
    content = {
        kind: body for kind, body in part.get("content", {}).items() if kind == "application/json"
    }
    rest = {key: value for key, value in part.items() if key not in ("content", "headers")}
    return {**rest, "content": content} if content else rest


def _plain(value: Any, *, names: bool = False) -> Any:
    """Return a part without what is written for readers.

    Args:
        names: its keys are names that Discord chose, not words of JSON Schema.
    """
    if isinstance(value, list):
        return [_plain(item) for item in value]
    if not isinstance(value, Mapping):
        return value
    return {
        key: _plain(item, names=key in ("properties", "schemas") and not names)
        for key, item in value.items()
        if names or key not in ("description", "title", "headers")
    }


def _closure(full: Json, part: Any) -> set[str]:
    """Return what a part refers to, directly or not."""
    found: set[str] = set()
    waiting = [part]
    while waiting:
        for reference in set(_references(waiting.pop())) - found:
            found.add(reference)
            _, _, kind, name = reference.split("/")
            waiting.append(_plain(full["components"][kind][name]))
    return found


def _references(part: Any) -> Iterator[str]:
    if isinstance(part, str) and part.startswith("#/components/"):
        yield part
    for item in part.values() if isinstance(part, Mapping) else ():
        yield from _references(item)
    for item in part if isinstance(part, list) else ():
        yield from _references(item)


def main() -> None:
    """Write discord.json."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("full", type=Path, help="specs/openapi.json")
    full = json.loads(parser.parse_args().full.read_text(encoding="utf-8"))
    document = trimmed(full)
    kinds = (document["paths"], *document["components"].values())
    TRIMMED.write_text(a_line_each(document, *kinds), encoding="utf-8")
    requests = requests_of(document)
    text = a_line_each(requests, requests["operations"], requests["schemas"])
    REQUESTS.write_text(text, encoding="utf-8")


def a_line_each(document: Json, *kinds: Json) -> str:
    """Return JSON with a line for each item of some parts, so that changes can be read."""
    whole = json.dumps(document, separators=(",", ":"))
    for name, part in [item for kind in kinds for item in kind.items()]:
        line = f"{json.dumps(name)}:{json.dumps(part, separators=(',', ':'))}"
        whole = whole.replace(line, "\n" + line)
    return whole + "\n"


if __name__ == "__main__":
    main()
