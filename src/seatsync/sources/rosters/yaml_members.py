"""Read YAML rosters: lists of members, with every value checked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache

from seatsync.domain.diagnostic import Diagnostic
from seatsync.domain.origin import Origin
from seatsync.domain.person import REQUIRED, Person, spoken
from seatsync.domain.text.characters import printable
from seatsync.domain.text.guesses import did_you_mean, nearest
from seatsync.domain.text.tags import tag_fault
from seatsync.sources import yaml_tree
from seatsync.sources.rosters.meaning.meanings import fields_of
from seatsync.sources.rosters.members import RosterReader
from seatsync.sources.tables.table import squeezed


def read_yaml(text: str, reader: RosterReader) -> None:
    """Read the members of a YAML roster: a list of mappings."""
    root = yaml_tree.parse(text, reader.file, reader.found)
    if root is None or (isinstance(root, yaml_tree.ScalarNode) and root.value is None):
        return
    if not isinstance(root, yaml_tree.SequenceNode):
        message = "A roster must be a list of members that each begin with a hyphen."
        help = "Write `- email: …` and the other keys below it."
        lists = [key for key, node in _items(root) if isinstance(node, yaml_tree.SequenceNode)]
        if len(lists) == 1:
            message = f"The list of members is under the key `{printable(lists[0])}`, but a roster is the list alone."
            help = f"Delete the line `{printable(lists[0])}:` and what else is outside the list."
        reader.found.append(Diagnostic("invalid-value", message, help, Origin(reader.file, root.line)))
        return

    take_nodes(root, [node.line for node in root.items], reader)


def take_nodes(root: yaml_tree.SequenceNode, lines: Sequence[int], reader: RosterReader) -> None:
    """Read members from a list of nodes; ``lines`` are their lines in the file."""

    def locate(position: int, field: str, *path: str | int) -> Origin:
        node = root.items[position]
        fields = fields_of_keys(tuple(node.keys)) if isinstance(node, yaml_tree.MappingNode) else {}
        key = next((key for key, of in fields.items() if of == field), field)
        return yaml_tree.place(root, (position, key, *path), reader.file)

    for position, (node, line) in enumerate(zip(root.items, lines, strict=True)):
        if isinstance(node, yaml_tree.MappingNode):
            fields = fields_of_keys(tuple(node.keys))
            _unknown_keys(node, fields, reader)
            values, sound = _yaml_values(node, fields, reader)
            reader.take(values, line, position, locate, sound)
        else:
            is_member = not reader.how.adds_tags
            message = f"A member must be a mapping with {'email, given_name and family_name' if is_member else 'email and tags'}."
            help = f"Write {{email: …, {'given_name: …, family_name' if is_member else 'tags'}: …}}."
            reader.found.append(Diagnostic("invalid-value", message, help, Origin(reader.file, node.line, node.column)))


def _items(root: yaml_tree.Node) -> list[tuple[str, yaml_tree.Node]]:
    return [*root.items.items()] if isinstance(root, yaml_tree.MappingNode) else []


@lru_cache(maxsize=1024)
def fields_of_keys(keys: tuple[str, ...]) -> Mapping[str, str]:
    """Key → field: by their own names, else by the spellings that columns can have."""
    found = {field: key for key, field in zip(keys, keys, strict=True) if key in Person._fields}
    spelled = sorted(fields_of(map(squeezed, keys)), key=lambda meaning: meaning[1:])
    for field, _, position in spelled:
        found.setdefault(field, keys[position])
    return {key: field for field, key in found.items()}


def _unknown_keys(node: yaml_tree.MappingNode, fields: Mapping[str, str], reader: RosterReader) -> None:
    for name, key in node.keys.items():
        if name in fields:
            continue
        where = Origin(reader.file, key.line, key.column)
        meant = next((field for field, _, _ in fields_of([squeezed(name)])), None)
        if meant is not None:  # another key has this field already
            other = next(key for key, field in fields.items() if field == meant)
            message = (
                f'"{printable(name)}" and "{printable(other)}" both are the {spoken(meant)}; only one is possible.'
            )
            reader.found.append(Diagnostic("unknown-key", message, "Delete one of them.", where))
            continue
        lacking = [field for field in Person._fields if field not in fields.values()]
        message = f'"{printable(name)}" is not a key of a member. {did_you_mean(name, lacking)}'.rstrip()
        help = f"The keys of a member are {', '.join(Person._fields)}."
        reader.found.append(Diagnostic("unknown-key", message, help, where))


def _yaml_values(
    node: yaml_tree.MappingNode, fields: Mapping[str, str], reader: RosterReader
) -> tuple[list[str], bool]:
    """Return the values in the order of ``Person``, and whether all have the right shape.

    A value of the wrong shape, or under a misspelt key, gets a stand-in that passes all further checks.
    """
    items = {field: node.items.get(key) for key, field in fields.items()}
    misspelt = {nearest(key, Person._fields) for key in node.keys.keys() - fields.keys()}
    values: list[str] = []
    sound = True
    for name in Person._fields:
        value = items.get(name)
        if value is None and name in misspelt:
            sound = False
            values.append(_stand_in(name, node))
        elif value is None or (
            isinstance(value, yaml_tree.ScalarNode) and (value.value is None or (value.null and name in _OPTIONAL))
        ):
            values.append("")
        elif isinstance(value, yaml_tree.ScalarNode) and name != "tags":
            values.append(value.value or "")
        elif name == "tags" and isinstance(value, yaml_tree.SequenceNode) and _are_tags(value, reader):
            values.append(";".join(getattr(item, "value", "") or "" for item in value.items))
        else:
            sound = False
            values.append(_stand_in(name, node))
            if not (name == "tags" and isinstance(value, yaml_tree.SequenceNode)):
                form, help = "a single value", "Write one value, without brackets."
                if name == "tags":
                    form, help = "a list of tags", "Write [student, mdiv]."
                where = Origin(reader.file, value.line, value.column)
                reader.found.append(Diagnostic("invalid-value", f"{name} must be {form}.", help, where))
    return values, sound


def _stand_in(name: str, node: yaml_tree.MappingNode) -> str:
    return {"email": f"line{node.line}@stand-in.example", "tags": "", "student_id": ""}.get(name, "?")


_OPTIONAL = frozenset(Person._fields) - {*REQUIRED}


def _are_tags(tags: yaml_tree.SequenceNode, reader: RosterReader) -> bool:
    """Whether every item is text without a semicolon, which separates tags; report the items that are not."""
    before = len(reader.found)
    for tag in tags.items:
        where = Origin(reader.file, tag.line, tag.column)
        if not isinstance(tag, yaml_tree.ScalarNode):
            reader.found.append(
                Diagnostic("invalid-value", "A tag must be a single value.", "Write [student, mdiv].", where)
            )
        elif ";" in (tag.value or ""):
            message = f'"{printable(tag.value or "")}" can\'t be a tag: {tag_fault(tag.value or "")}.'
            reader.found.append(Diagnostic("invalid-tag", message, "Choose another tag.", where))
    return len(reader.found) == before
