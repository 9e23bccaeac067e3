"""Bodies that Discord refuses: by its specification, or by its documentation alone.

Each row: what is wrong, where it is told to be, the body. The place is the way through the
nested errors of the answer. All that the specification forbids is tried by
test_loopback_specification.py; here stand the documentation's rules and one of each kind.
"""

from __future__ import annotations

from typing import Any

Body = dict[str, Any]
Row = tuple[str, str, Any]
SECOND_KIND = 1 << 15
LONG = "x" * 4_200


def button(number: int = 0, **fields: Any) -> Body:
    return {"type": 2, "style": 1, "label": "go", "custom_id": f"b{number}", **fields}


def menu(**fields: Any) -> Body:
    return {"type": 3, "custom_id": "m", "options": [option(0), option(1)], **fields}


def option(number: int, **fields: Any) -> Body:
    return {"label": f"l{number}", "value": f"v{number}", **fields}


def row(*items: Body) -> Body:
    return {"type": 1, "components": list(items)}


def shown(*rows: Body, **fields: Any) -> Body:
    return {"content": "hi", "components": list(rows), **fields}


def without(item: Body, name: str) -> Body:
    return {key: value for key, value in item.items() if key != name}


def embed(**fields: Any) -> Body:
    return {"embeds": [fields]}


def allowed(**fields: Any) -> Body:
    return {"content": "hi", "allowed_mentions": fields}


IDS = [str(number) for number in range(1, 102)]
IN_ROW = "components.0.components.0"
FIELD = {"name": "n", "value": "v"}
TEXT_DISPLAY = {"type": 10, "content": "shown"}

MESSAGES: list[Row] = [
    ("text of 2,001", "content", {"content": LONG[:2001]}),
    ("text that is a number", "content", {"content": 5}),
    ("custom id twice", "components.0.components.1.custom_id", shown(row(button(), button()))),
    ("custom id twice, rows apart", "components.1.components.0.custom_id",
     shown(row(button()), row(button()))),
    ("label of 81", f"{IN_ROW}.label", shown(row(button(label=LONG[:81])))),
    ("custom id of 101", f"{IN_ROW}.custom_id", shown(row(button(custom_id=LONG[:101])))),
    ("empty custom id", f"{IN_ROW}.custom_id", shown(row(button(custom_id="")))),
    ("no custom id", f"{IN_ROW}.custom_id", shown(row(without(button(), "custom_id")))),
    ("six in a row", "components.0.components", shown(row(*map(button, range(6))))),
    ("six rows", "components", shown(*(row(button(n)) for n in range(6)))),
    ("empty row", "components.0.components", shown(row())),
    ("no style", f"{IN_ROW}.style", shown(row(without(button(), "style")))),
    ("style 7", f"{IN_ROW}.style", shown(row(button(style=7)))),
    ("no label", f"{IN_ROW}.label", shown(row(without(button(), "label")))),
    ("link without url", f"{IN_ROW}.url", shown(row({"type": 2, "style": 5, "label": "go"}))),
    ("link with custom id", f"{IN_ROW}.custom_id",
     shown(row(button(style=5, url="https://example.org")))),
    ("link of 513", f"{IN_ROW}.url",
     shown(row({"type": 2, "style": 5, "label": "go", "url": "https://" + LONG[:505]}))),
    ("link of a strange scheme", f"{IN_ROW}.url",
     shown(row({"type": 2, "style": 5, "label": "go", "url": "ftp://example.org"}))),
    ("url of no link", f"{IN_ROW}.url", shown(row(button(url="https://example.org")))),
    ("type 99", f"{IN_ROW}.type", shown(row({"type": 99}))),
    ("a field of forms", f"{IN_ROW}.type", shown(row({"type": 4, "custom_id": "t", "style": 1}))),
    ("button outside a row", "components.0.type", shown(button())),
    ("menu beside a button", "components.0.components", shown(row(menu(), button()))),
    ("26 options", f"{IN_ROW}.options", shown(row(menu(options=[*map(option, range(26))])))),
    ("no options", f"{IN_ROW}.options", shown(row(menu(options=[])))),
    ("option value twice", f"{IN_ROW}.options.1.value",
     shown(row(menu(options=[option(0), option(0)])))),
    ("option label of 101", f"{IN_ROW}.options.0.label",
     shown(row(menu(options=[option(0, label=LONG[:101])])))),
    ("option description of 101", f"{IN_ROW}.options.0.description",
     shown(row(menu(options=[option(0, description=LONG[:101])])))),
    ("placeholder of 151", f"{IN_ROW}.placeholder", shown(row(menu(placeholder=LONG[:151])))),
    ("26 values", f"{IN_ROW}.max_values", shown(row(menu(max_values=26)))),
    ("no value at most", f"{IN_ROW}.max_values", shown(row(menu(max_values=0)))),
    ("more at least than at most", f"{IN_ROW}.min_values",
     shown(row(menu(min_values=2, max_values=1)))),
    ("more defaults than values", f"{IN_ROW}.options",
     shown(row(menu(options=[option(n, default=True) for n in range(2)])))),
    ("more default users than values", f"{IN_ROW}.default_values",
     shown(row({"type": 5, "custom_id": "u",
                "default_values": [{"type": "user", "id": "1"}, {"type": "user", "id": "2"}]}))),
    ("premium without an offer", f"{IN_ROW}.sku_id", shown(row({"type": 2, "style": 6}))),
    ("premium with a label", f"{IN_ROW}.label",
     shown(row({"type": 2, "style": 6, "sku_id": "1", "label": "go"}))),
    ("link without label", f"{IN_ROW}.label",
     shown(row({"type": 2, "style": 5, "url": "https://example.org"}))),
    ("label that is no text", f"{IN_ROW}.label", shown(row(button(label=5)))),
    ("style that is a text", f"{IN_ROW}.style", shown(row(button(style="1")))),
    ("emoji without a name", f"{IN_ROW}.emoji.name", shown(row(button(emoji={"id": "1"})))),
    ("a channel among users", f"{IN_ROW}.default_values.0.type",
     shown(row({"type": 5, "custom_id": "u", "default_values": [{"type": "channel", "id": "1"}]}))),
    ("a channel type 99", f"{IN_ROW}.channel_types.0",
     shown(row({"type": 8, "custom_id": "c", "channel_types": [99]}))),
    ("components that are no list", "components", {"content": "hi", "components": {}}),
    ("id twice", "components.0.components.1.id", shown(row(button(1, id=7), button(2, id=7)))),
    ("text beside the second kind", "content", shown(TEXT_DISPLAY, flags=SECOND_KIND)),
    ("embed beside the second kind", "embeds",
     {"embeds": [{"title": "t"}], "components": [TEXT_DISPLAY], "flags": SECOND_KIND}),
    ("second kind without its flag", "components.0.type", shown(TEXT_DISPLAY)),
    ("41 of the second kind", "components",
     {"components": [TEXT_DISPLAY] * 41, "flags": SECOND_KIND}),
    ("4,001 characters shown", "components",
     {"components": [{"type": 10, "content": LONG[:2001]}] * 2, "flags": SECOND_KIND}),
    ("section without an accessory", "components.0.accessory",
     {"components": [{"type": 9, "components": [TEXT_DISPLAY]}], "flags": SECOND_KIND}),
    ("gallery without pictures", "components.0.items",
     {"components": [{"type": 12, "items": []}], "flags": SECOND_KIND}),
    ("a picture that is not attached", "components.0.items.0.media.url",
     {"components": [{"type": 12, "items": [{"media": {"url": "attachment://a.png"}}]}],
      "flags": SECOND_KIND}),
    ("a file from elsewhere", "components.0.file.url",
     {"components": [{"type": 13, "file": {"url": "https://example.org/a.txt"}}],
      "flags": SECOND_KIND}),
    ("spacing of 3", "components.0.spacing",
     {"components": [{"type": 14, "spacing": 3}], "flags": SECOND_KIND}),
    ("empty text shown", "components.0.content",
     {"components": [{"type": 10, "content": ""}], "flags": SECOND_KIND}),
    ("four texts in a section", "components.0.components",
     {"components": [{"type": 9, "components": [TEXT_DISPLAY] * 4, "accessory": button()}],
      "flags": SECOND_KIND}),
    ("a container in a container", "components.0.components.0.type",
     {"components": [{"type": 17, "components": [{"type": 17, "components": [TEXT_DISPLAY]}]}],
      "flags": SECOND_KIND}),
    ("title of 257", "embeds.0.title", embed(title=LONG[:257])),
    ("description of 4,097", "embeds.0.description", embed(description=LONG[:4097])),
    ("26 fields", "embeds.0.fields", embed(fields=[FIELD] * 26)),
    ("empty field value", "embeds.0.fields.0.value", embed(fields=[{"name": "n", "value": ""}])),
    ("field without a name", "embeds.0.fields.0.name", embed(fields=[{"value": "v"}])),
    ("field value of 1,025", "embeds.0.fields.0.value",
     embed(fields=[{"name": "n", "value": LONG[:1025]}])),
    ("field name of 257", "embeds.0.fields.0.name",
     embed(fields=[{"name": LONG[:257], "value": "v"}])),
    ("footer of 2,049", "embeds.0.footer.text", embed(footer={"text": LONG[:2049]})),
    ("author of 257", "embeds.0.author.name", embed(author={"name": LONG[:257]})),
    ("a colour beyond white", "embeds.0.color", embed(title="t", color=1 << 24)),
    ("picture that is no address", "embeds.0.image.url", embed(image={"url": "chart.png"})),
    ("empty embed", "embeds.0.description", embed()),
    ("11 embeds", "embeds", {"embeds": [{"title": "t"}] * 11}),
    ("6,001 characters in embeds", "embeds",
     {"embeds": [{"description": LONG[:3001]}, {"description": LONG[:3000]}]}),
    ("a time that is none", "embeds.0.timestamp", embed(title="t", timestamp="yesterday")),
    ("a colour by name", "embeds.0.color", embed(title="t", color="red")),
    ("author's picture of a strange scheme", "embeds.0.author.icon_url",
     embed(author={"name": "a", "icon_url": "ftp://example.org/a.png"})),
    ("footer without text", "embeds.0.footer.text",
     embed(footer={"icon_url": "https://example.org/a.png"})),
    ("inline that is no truth", "embeds.0.fields.0.inline",
     embed(fields=[{**FIELD, "inline": "yes"}])),
    ("reply to nothing", "message_reference.message_id",
     {"content": "hi", "message_reference": {"channel_id": "1"}}),
    ("flags that are a text", "flags", {"content": "hi", "flags": "none"}),
    ("tts that is no truth", "tts", {"content": "hi", "tts": 1}),
    ("poll without answers", "poll.answers",
     {"poll": {"question": {"text": "q"}, "answers": []}}),
    ("poll of 33 days", "poll.duration",
     {"poll": {"question": {"text": "q"}, "answers": [{"poll_media": {"text": "a"}}],
               "duration": 792}}),
    ("attachment without an id", "attachments.0.id",
     {"content": "hi", "attachments": [{"description": "d"}]}),
    ("11 attachments", "attachments",
     {"content": "hi", "attachments": [{"id": n} for n in range(11)]}),
    ("nonce of 26", "nonce", {"content": "hi", "nonce": LONG[:26]}),
    ("unknown parse", "allowed_mentions.parse.0", allowed(parse=["everybody"])),
    ("parse twice", "allowed_mentions.parse.1", allowed(parse=["users", "users"])),
    ("users beside their list", "allowed_mentions.parse", allowed(parse=["users"], users=["1"])),
    ("roles beside their list", "allowed_mentions.parse", allowed(parse=["roles"], roles=["1"])),
    ("101 users", "allowed_mentions.users", allowed(parse=[], users=IDS)),
    ("101 roles", "allowed_mentions.roles", allowed(parse=[], roles=IDS)),
    ("a user that is no id", "allowed_mentions.users.0", allowed(parse=[], users=["you"])),
    ("four stickers", "sticker_ids", {"content": "hi", "sticker_ids": ["1", "2", "3", "4"]}),
    ("description of 1,025", "attachments.0.description",
     {"content": "hi", "attachments": [{"id": 0, "description": LONG[:1025]}]}),
]  # fmt: skip


def command(**fields: Any) -> Body:
    return {"type": 1, "name": "go", "description": "d", **fields}


def asks(**fields: Any) -> Body:
    return {"type": 3, "name": "what", "description": "d", **fields}


def choices(count: int) -> list[Body]:
    return [{"name": f"c{n}", "value": f"v{n}"} for n in range(count)]


SUBCOMMAND = {"type": 1, "name": "sub", "description": "d"}

COMMANDS: list[Row] = [
    ("capitals", "0.name", [command(name="Go")]),
    ("a space", "0.name", [command(name="go on")]),
    ("a full stop", "0.name", [command(name="go.")]),
    ("name of 33", "0.name", [command(name=LONG[:33])]),
    ("no name", "0.name", [without(command(), "name")]),
    ("description of 101", "0.description", [command(description=LONG[:101])]),
    ("no description", "0.description", [without(command(), "description")]),
    ("empty description", "0.description", [command(description="")]),
    ("type 9", "0.type", [command(type=9)]),
    ("option without description", "0.options.0.description",
     [command(options=[without(asks(), "description")])]),
    ("option with capitals", "0.options.0.name", [command(options=[asks(name="What")])]),
    ("option of type 12", "0.options.0.type", [command(options=[asks(type=12)])]),
    ("26 options", "0.options", [command(options=[asks(name=f"o{n}") for n in range(26)])]),
    ("26 choices", "0.options.0.choices", [command(options=[asks(choices=choices(26))])]),
    ("choice of 101", "0.options.0.choices.0.name",
     [command(options=[asks(choices=[{"name": LONG[:101], "value": "v"}])])]),
    ("choice that is no number", "0.options.0.choices.0.value",
     [command(options=[asks(type=4, choices=[{"name": "c", "value": "v"}])])]),
    ("choices and completion", "0.options.0.choices",
     [command(options=[asks(choices=choices(2), autocomplete=True)])]),
    ("required after optional", "0.options.1",
     [command(options=[asks(), asks(name="then", required=True)])]),
    ("option name twice", "0.options.1.name", [command(options=[asks(), asks()])]),
    ("length at most 0", "0.options.0.max_length", [command(options=[asks(max_length=0)])]),
    ("length at most 6,001", "0.options.0.max_length", [command(options=[asks(max_length=6001)])]),
    ("subcommand beside an option", "0.options", [command(options=[SUBCOMMAND, asks()])]),
    ("subcommand in a subcommand", "0.options.0.options.0.type",
     [command(options=[{**SUBCOMMAND, "options": [SUBCOMMAND]}])]),
    ("group in a group", "0.options.0.options.0.type",
     [command(options=[{**SUBCOMMAND, "type": 2, "options": [{**SUBCOMMAND, "type": 2}]}])]),
    ("command name twice", "1.name", [command(), command()]),
    ("menu with a description", "0.description", [command(type=2)]),
    ("menu with options", "0.options",
     [{"type": 3, "name": "Menu", "options": [asks()]}]),
    ("16 menus", "", [{"type": 2, "name": f"Menu {n}"} for n in range(16)]),
    ("101 commands", "", [command(name=f"go{n}") for n in range(101)]),
    ("more than 8,000 characters", "0",
     [command(options=[asks(name=f"o{n}", description=LONG[:100], choices=[
         {"name": f"{n}-{m}" + LONG[:90], "value": LONG[:90] + f"{m}"} for m in range(2)])
         for n in range(25)])]),
    ("description of spaces", "0.description", [command(description="  ")]),
    ("menu without a name", "0.name", [{"type": 2, "name": " "}]),
    ("name in an unknown language", "0.name_localizations.tlh",
     [command(name_localizations={"tlh": "ghoS"})]),
    ("name with capitals in German", "0.name_localizations.de",
     [command(name_localizations={"de": "Los"})]),
    ("description of 101 in German", "0.description_localizations.de",
     [command(description_localizations={"de": LONG[:101]})]),
    ("choice name twice", "0.options.0.choices.1.name",
     [command(options=[asks(choices=[{"name": "c", "value": value} for value in "vw"])])]),
    ("choice value of 101", "0.options.0.choices.0.value",
     [command(options=[asks(choices=[{"name": "c", "value": LONG[:101]}])])]),
    ("least above most", "0.options.0.min_value",
     [command(options=[asks(type=4, min_value=2, max_value=1)])]),
    ("shortest above longest", "0.options.0.min_length",
     [command(options=[asks(min_length=2, max_length=1)])]),
    ("more than 8,000 characters in German", "0",
     [command(description_localizations={"de": "d"}, options=[
         asks(name=f"o{n}", choices=[
             {"name": f"{m}", "name_localizations": {"de": LONG[:100]}, "value": f"{m}"}
             for m in range(5)]) for n in range(25)])]),
    ("required that is no truth", "0.options.0.required", [command(options=[asks(required=1)])]),
    ("permissions below nobody's", "0.default_member_permissions",
     [command(default_member_permissions=-1)]),
    ("permissions by name", "0.default_member_permissions",
     [command(default_member_permissions="MANAGE_GUILD")]),
    ("choices that are no list", "0.options.0.choices", [command(options=[asks(choices={})])]),
    ("no contexts", "0.contexts", [command(contexts=[])]),
    ("context 3", "0.contexts.0", [command(contexts=[3])]),
    ("context twice", "0.contexts.1", [command(contexts=[0, 0])]),
    ("no places to install", "0.integration_types", [command(integration_types=[])]),
]  # fmt: skip


def form(*rows: Body, **fields: Any) -> Body:
    return {"type": 9, "data": {"custom_id": "f", "title": "t", "components": list(rows), **fields}}


def asked(**fields: Any) -> Body:
    return row({"type": 4, "custom_id": "a", "style": 1, "label": "l", **fields})


ANSWERS: list[Row] = [
    ("form without fields", "data.components", form()),
    ("six fields", "data.components", form(*(asked(custom_id=f"a{n}") for n in range(6)))),
    ("two fields in a row", "data.components.0.components",
     form(row(*asked()["components"], *asked(custom_id="b")["components"]))),
    ("field name twice", "data.components.1.components.0.custom_id", form(asked(), asked())),
    ("title of 46", "data.title", form(asked(), title=LONG[:46])),
    ("field label of 46", "data.components.0.components.0.label", form(asked(label=LONG[:46]))),
    ("text at most 0", "data.components.0.components.0.max_length", form(asked(max_length=0))),
    ("value of 4,001", "data.components.0.components.0.value", form(asked(value=LONG[:4001]))),
    ("answer with a label of 81", f"data.{IN_ROW}.label",
     {"type": 4, "data": shown(row(button(label=LONG[:81])))}),
    ("answer of type 3", "type", {"type": 3}),
    ("completion of a command", "type", {"type": 8, "data": {"choices": []}}),
    ("change of no message", "type", {"type": 7, "data": {"content": "hi"}}),
    ("field without a label", "data.components.0.components.0.label",
     form(row({"type": 4, "custom_id": "a", "style": 1}))),
    ("menu of a form chosen twice", "data.components.0.component.options",
     form({"type": 18, "label": "l", "component": menu(
         options=[option(n, default=True) for n in range(2)])})),
    ("menu and field of one name", "data.components.1.component.custom_id",
     form(*({"type": 18, "label": "l", "component": part} for part in (
         {"type": 4, "custom_id": "m", "style": 1}, menu())))),
    ("shortest above longest", "data.components.0.components.0.min_length",
     form(asked(min_length=2, max_length=1))),
]  # fmt: skip
