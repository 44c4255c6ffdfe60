"""make reference: write docs/reference/ from the help of every command and from the schemas of the files."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import click

from seatsync.cli.main import cli

HERE = Path(__file__).parent
WIDTH = 100
FILES = {
    "seatsync": "seatsync.yaml",
    "roster": "A roster in YAML",
    "plan": "A saved plan",
    "outcome": "An outcome",
    "year": "The year ahead in JSON",
}
"""Schema → title of its page."""
NOTE = "<!-- Written by `make reference`. -->"
Schema = Mapping[str, Any]


def main() -> None:
    for name, text in pages().items():
        (HERE / "reference" / name).write_text(text, encoding="utf-8")


def pages() -> dict[str, str]:
    """Return every page of the reference, by its file name."""
    schemas = {name: json.loads((HERE.parent / "schemas" / f"{name}.schema.json").read_text()) for name in FILES}
    return {"commands.md": _commands()} | {f"{name}.md": _file(name, schema) for name, schema in schemas.items()}


def _commands() -> str:
    lines = ["# Commands", NOTE, "What `seatsync COMMAND --help` prints."]
    for context in contexts():
        lines += [f"## {context.command_path}", f"```text\n{context.get_help()}\n```"]
    return "\n\n".join(lines) + "\n"


def contexts() -> Iterator[click.Context]:
    """Yield seatsync and all its commands, each as if it were called."""
    settings = cli.context_settings | {"terminal_width": WIDTH}
    return _with_subcommands(cli.context_class(cli, info_name="seatsync", **settings))


def _with_subcommands(context: click.Context) -> Iterator[click.Context]:
    yield context
    if isinstance(context.command, click.Group):
        for name in context.command.list_commands(context):
            command = context.command.get_command(context, name)
            assert command is not None
            yield from _with_subcommands(command.context_class(command, context, info_name=name, terminal_width=WIDTH))


def _file(name: str, schema: Schema) -> str:
    lines = [f"# {FILES[name]}", NOTE, f"{schema['description']} `seatsync schema {name}` prints the schema."]
    models = schema["$defs"]
    lines += _described(schema, models)
    for title, definition in models.items():
        lines += [f"## {title}", *filter(None, [definition.get("description")]), *_described(definition, models)]
    return "\n\n".join(lines) + "\n"


def _described(schema: Schema, models: Schema) -> list[str]:
    """Return what stands below the heading of a model: its keys as a table, or what it may be."""
    if "properties" not in schema:
        return [] if schema.get("type") == "object" else [f"Value: {_type(schema)}."]
    required = schema.get("required", ())
    rows = [_row(key, value, models, key in required) for key, value in schema["properties"].items()]
    return ["\n".join(["| key | value | what it means |", "| --- | --- | --- |", *rows])]


def _row(key: str, value: Schema, models: Schema, is_required: bool) -> str:
    default = value.get("default")
    told = "required" if is_required else "" if default in (None, [], {}) else f"default `{json.dumps(default)}`"
    values = "; ".join(filter(None, [_type(value), told if not isinstance(default, dict) else ""]))
    model = models.get(value.get("$ref", "").rpartition("/")[2], {})
    meaning = value.get("description") or model.get("description", "")
    return f"| `{key}` | {_cell(values)} | {_cell(meaning)} |"


def _type(value: Schema) -> str:
    """Return in words what a value may be."""
    if "$ref" in value:
        return _link(value["$ref"])
    if "const" in value:
        return f"`{json.dumps(value['const'])}`"
    if "enum" in value:
        return " or ".join(f"`{one}`" for one in value["enum"])
    if choices := value.get("anyOf") or value.get("oneOf"):
        return " or ".join(dict.fromkeys(_type(one) for one in choices if one.get("type") != "null"))
    match value.get("type"):
        case "array":
            return f"list of {_type(value['items'])}" if value.get("items") else "list"
        case "object":
            inner = next(iter(value.get("patternProperties", {}).values()), value.get("additionalProperties"))
            return f"keys with {_type(inner)}" if isinstance(inner, Mapping) and inner else "keys"
        case list():
            return "text"  # of YAML: a number or yes is taken as it is written
        case "string":
            return {"date": "date", "email": "e-mail", "date-time": "time"}.get(value.get("format", ""), "text")
        case "integer" | "number":
            return "number"
        case "boolean":
            return "`true` or `false`"
    return "anything"


def _link(ref: str) -> str:
    title = ref.rpartition("/")[2]
    return f"[{title}](#{title.lower()})"


def _cell(text: str) -> str:
    return " ".join(text.replace("|", "\\|").split())


if __name__ == "__main__":
    main()
