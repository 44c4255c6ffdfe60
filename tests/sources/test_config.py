"""``seatsync.yaml``: an unknown key and a wrong value are reported at their place in plain words, in every model."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from pydantic import BaseModel

from seatsync.domain.diagnostic import Diagnostic
from seatsync.formats import approvals, calendar, config, grants, libraries, purchases, roster_entry
from seatsync.formats.fields import Closed
from seatsync.sources import yaml_tree
from seatsync.sources.config import read_config
from seatsync.sources.institution_folder import InstitutionFolder

EVERYTHING = """\
version: 1
institution:
  id: grace
  name: Grace Seminary
  opt_out:
    until: 2026-09-07
  contacts:
    - name: Vera Dor
      email: vera@vendor.example
  admins:
    - given_name: Ruth
      family_name: Abel
      email: ruth@grace.example
  help:
    name: Grace Library
    email: library@grace.example
  brand:
    color: "#7a1f3d"
libraries:
  books:
    title: Books
    system: logos-library
    slots: 20
  notes:
    title: Notes
    system: jamworks
    slots:
      - count: 20
        contract:
          until: 2027-07-31
terms:
  fall-2026:
    from: 2026-08-24
    until: 2026-12-18
scenarios:
  intake:
    add: 60
    tags: [student]
    on: 2027-09-01
rosters:
  - path: students.csv
    take:
      roles: [student]
grants:
  - library: books
    kind: temporary
    to:
      everyone: true
  - library: books
    kind: permanent
    to:
      everyone: true
    after:
      terms: 9
      not_counting:
        tags: [on-leave]
  - path: extra.csv
exports:
  - path: exports/books.csv
    taken: 2027-03-01
invites:
  remind_after: [3d]
leavers:
  grace: 30d
freeze:
  - from: 2027-05-20
    until: 2027-06-10
mail:
  name: Library
briefing:
  every: monday
limits:
  permanent: retain
approvals:
  - refusal: too-many-revokes
    library: books
    count: 3
    until: 2027-01-31
    reason: The class of 2026 has left.
  - refusal: empty-roster
    until: 2027-01-31
    reason: The class of 2026 has left.
  - refusal: identity-changed
    member: ann@grace.example
    is: new
    until: 2027-01-31
    reason: A new student has the mailbox.
"""
"""Every kind of mapping, with each key on its own line."""


def mappings(value: Any, path: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    if isinstance(value, dict) and path not in (("libraries",), ("terms",), ("scenarios",)):  # their keys are names
        yield path
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, item in items:
        yield from mappings(item, (*path, key))


def models(value: Any) -> Iterator[type[BaseModel]]:
    if isinstance(value, BaseModel):
        yield type(value)
        value = dict(value)
    for item in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from models(item)


def place_inside(path: tuple[str | int, ...]) -> tuple[int, int]:
    """Return the line and the column of the first key of a mapping."""
    node: Any = yaml.compose(EVERYTHING)
    for step in path:
        node = node.value[step] if isinstance(step, int) else next(v for k, v in node.value if k.value == step)
    return node.start_mark.line + 1, node.start_mark.column + 1


_MODELS = (approvals, calendar, config, grants, libraries, purchases, roster_entry)


def test_an_example_has_every_model_of_the_config(tmp_path: Path) -> None:
    (tmp_path / "seatsync.yaml").write_text(EVERYTHING)
    opened = InstitutionFolder.open(tmp_path)
    folder = opened.files()
    file = read_config(opened.tree, folder.found)
    assert not folder.found
    assert {*models(file)} == {
        model
        for model in (value for module in _MODELS for value in vars(module).values())
        if isinstance(model, type) and issubclass(model, Closed) and model is not Closed
    }


@pytest.mark.parametrize(
    "path",
    [pytest.param(path, id=".".join(map(str, path)) or "file") for path in mappings(yaml.safe_load(EVERYTHING))],
)
def test_an_unknown_key_is_told_at_its_place_with_the_keys_that_are_known(
    path: tuple[str | int, ...], tmp_path: Path
) -> None:
    line, column = place_inside(path)
    lines = EVERYTHING.splitlines(keepends=True)
    before, first = lines[line - 1][: column - 1], lines[line - 1][column - 1 :]
    known = first.partition(":")[0]
    written = known + "x"
    lines[line - 1 : line] = [f"{before}{written}: 1\n", f"{' ' * (column - 1)}{first}"]
    (tmp_path / "seatsync.yaml").write_text("".join(lines))

    opened = InstitutionFolder.open(tmp_path)
    folder = opened.files()
    file = read_config(opened.tree, folder.found)

    reports = [(one.code, one.origin and (one.origin.line, one.origin.column)) for one in folder.found]
    assert reports == [("unknown-key", (line, column))]
    assert f'"{written}" is not a key of ' in folder.found[0].message
    assert folder.found[0].message.endswith(f'Did you mean "{known}"?')
    assert f" {known}" in folder.found[0].help
    assert file is not None


def test_a_misspelt_address_of_the_sender_is_told_at_its_place(tmp_path: Path) -> None:
    (tmp_path / "seatsync.yaml").write_text(EVERYTHING.replace("mail:\n  name: Library", "mail: {adress: x}"))
    opened = InstitutionFolder.open(tmp_path)
    folder = opened.files()
    read_config(opened.tree, folder.found)
    (report,) = folder.found
    assert report.message == '"adress" is not a key of mail. Did you mean "address"?'
    assert report.origin is not None
    assert (report.origin.line, report.origin.column) == (EVERYTHING.splitlines().index("mail:") + 1, 8)


def keys(value: Any, path: tuple[str | int, ...] = ()) -> Iterator[tuple[tuple[str | int, ...], str]]:
    """Every key of every model in a file, with the place of one mapping that may have it."""
    if isinstance(value, BaseModel):
        for name, field in type(value).model_fields.items():
            yield path, field.alias or name
            yield from keys(getattr(value, name), (*path, field.alias or name))
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, item in items:
        yield from keys(item, (*path, key))


def found_in(values: Any) -> list[Diagnostic]:
    found: list[Diagnostic] = []
    tree = yaml_tree.parse(yaml.safe_dump(values), "seatsync.yaml", found)
    read_config(tree, found)
    return found


@pytest.mark.parametrize(
    "wrong",
    ["many", "4.5", "-1", "30", "", "9" * 30, "fourty", ["x"], [["x"]], [{"a": "b"}], {"a": "b"}],
    ids=str,
)
def test_a_wrong_value_is_told_in_our_own_words_whatever_the_key(wrong: Any) -> None:
    sound = yaml.load(EVERYTHING, Loader=yaml.BaseLoader)
    for path, key in dict.fromkeys(keys(config.SeatsyncFile.model_validate(sound))):
        values = copy.deepcopy(sound)
        around = values
        for step in path:
            around = around[step]
        around[key] = wrong
        for one in found_in(values):
            assert "should" not in one.message, (path, key, one.message)
            assert one.help != "Correct it.", (path, key, one.message)


@pytest.mark.parametrize(
    ("key", "wrong", "message", "help"),
    [
        ("priority", "many", '"many" is not a whole number.', "Write digits only, for example 50."),
        ("priority", "4.5", '"4.5" is not a whole number.', "Write digits only, for example 50."),
        ("priority", "-1", '"-1" is out of range.', "Write a number from 0 to 9999."),
        ("after", {"days": "99999"}, '"99999" is out of range.', "Write a number from 1 to 36500."),
        ("after", {"terms": "x"}, '"x" is not a whole number.', "Write digits only, for example 50."),
        (
            "after",
            "540",
            "a mapping (key: value) is expected here.",
            "Write its keys, each with a colon and a value. The keys here are days, terms, not_counting.",
        ),
    ],
)
def test_a_wrong_number_is_told_with_what_may_stand_there(key: str, wrong: Any, message: str, help: str) -> None:
    values = yaml.load(EVERYTHING, Loader=yaml.BaseLoader)
    values["grants"][1][key] = wrong
    [one] = found_in(values)
    assert one.message.endswith(message)
    assert one.help == help


def test_days_without_their_unit_are_told_with_it() -> None:
    values = yaml.load(EVERYTHING, Loader=yaml.BaseLoader)
    values["invites"]["reclaim_after"] = "30"
    [one] = found_in(values)
    assert (one.message, one.help) == (
        'invites.reclaim_after: "30" is not a number of days.',
        "Write it as 30d; 1d to 9999d are possible.",
    )
