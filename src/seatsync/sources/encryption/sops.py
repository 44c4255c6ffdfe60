"""Decrypt SOPS files with the program ``sops``, which sees only the keys that are allowed.

SOPS contacts every key service that a file names, with the credentials from the environment. So ``sops`` never gets the
original file: it gets a rewritten one with the allowed keys only, and an environment with only what these keys need.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

import yaml

from seatsync.domain.diagnostic import Diagnostic
from seatsync.domain.text.characters import printable
from seatsync.sources import yaml_tree
from seatsync.sources.encryption.locked import Locked
from seatsync.sources.encryption.sops_keys import (
    KINDS,
    SETTING,
    AllowedKeys,
    BadSetting,
    KeyEntry,
    NotPlain,
    allowed_keys,
    checked_key,
)

_TIMEOUT = 60.0  # seconds
_TEXTS = (
    *("lastmodified", "mac", "version", "unencrypted_suffix", "encrypted_suffix", "unencrypted_regex"),
    *("encrypted_regex", "unencrypted_comment_regex", "encrypted_comment_regex"),
)
_GROUPS, _THRESHOLD, _MAC_ONLY = "key_groups", "shamir_threshold", "mac_only_encrypted"


class _Rewritten(NamedTuple):
    """The file for SOPS. ``refused`` are the keys that were left out; ``is_hopeless`` if the others can't decrypt it."""

    text: str
    refused: list[str]
    is_hopeless: bool


def decrypted(data: bytes, name: str, kind: str) -> bytes | Locked:
    """Return the decrypted bytes of a SOPS file of the input type ``kind`` (binary or yaml). Messages call it ``name``."""
    try:
        allowed = allowed_keys(os.environ)
    except BadSetting as error:
        help = f'Write kinds of keys, as in {SETTING}="age hc_vault=https://vault.school.example".'
        return Locked(f"{name} is encrypted by SOPS, and {SETTING} is not valid: {error}.", help)
    try:
        text = data.decode()
        rewritten = (_binary if kind == "binary" else _yaml)(text, allowed)
    except (NotPlain, ValueError, RecursionError, yaml.YAMLError) as error:
        why = f": {printable(str(error), 200)}" if isinstance(error, NotPlain) else ""
        message = f"{name} is encrypted by SOPS, but not in the form that SOPS writes{why}."
        return Locked(message, "Encrypt it again with `sops encrypt`.")
    left_out = printable(", ".join(rewritten.refused), 300)
    if rewritten.is_hopeless:
        return _hopeless(name, rewritten.refused, allowed)
    result = _run(rewritten.text, name, kind, allowed)
    if isinstance(result, Locked) and left_out:
        return Locked(result.message, f"{result.help} Not tried, because {SETTING} does not allow them: {left_out}.")
    return result


def _hopeless(name: str, refused: list[str], allowed: AllowedKeys) -> Locked:
    message = (
        f"{name} is encrypted by SOPS for {printable(', '.join(refused), 300) or 'nobody'}, which is not allowed here."
    )
    if allowed.is_fork:
        help = "Move the proposal to a branch of the repository: from a fork, only age keys are used."
        return Locked(message, help)
    words = " ".join([*refused, *allowed.addresses.keys() - {word.partition("=")[0] for word in refused}])
    help = (
        f"Encrypt it for an age key; or, if this key is the institution's own, set {SETTING}='{printable(words, 300)}'."
    )
    return Locked(message, help)


def _binary(text: str, allowed: AllowedKeys) -> _Rewritten:
    """Rewrite the JSON that SOPS makes of any binary file."""
    document = json.loads(text, object_pairs_hook=_each_once)
    if not isinstance(document, dict) or document.keys() != {"data", "sops"} or not isinstance(document["data"], str):
        raise NotPlain('it has other keys than "data" and "sops"')
    metadata, refused, is_hopeless = _filtered(document["sops"], allowed)
    return _Rewritten(json.dumps({"data": document["data"], "sops": metadata}), refused, is_hopeless)


def _each_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Return the pairs as a dict; reject repeated keys. SOPS ignores case, and of repeated keys takes the last."""
    if len({name.casefold() for name, _ in pairs}) < len(pairs):
        raise NotPlain("it has a key twice")
    return dict(pairs)


_TOP = re.compile(r"([A-Za-z_][\w-]*):(?: .*)?", re.ASCII)
_INSIDE = re.compile(r"|[ #].*|-|- .*")
_STRANGE = re.compile("[^\n\x20-\x7e\xa0-\u2027\u202f-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]")


def _yaml(text: str, allowed: AllowedKeys) -> _Rewritten:
    """Rewrite a YAML mapping.

    SOPS's own parser may read the rest differently, but no line of it can begin another ``sops`` key.
    """
    text = text.replace("\r\n", "\n")
    if strange := _STRANGE.search(text):
        raise NotPlain(f"it contains the character U+{ord(strange[0]):04X}")
    lines = text.removeprefix("---\n").split("\n")
    at = {position: found[1] for position, line in enumerate(lines) if (found := _TOP.fullmatch(line))}
    if other := next((line for n, line in enumerate(lines) if n not in at and not _INSIDE.fullmatch(line)), None):
        raise NotPlain(f'the line "{other}" is not a key')
    wrong: list[Diagnostic] = []
    tree = yaml_tree.parse(text, "", wrong)
    if wrong or any(getattr(event, "anchor", None) for event in yaml.parse(text, Loader=yaml_tree.LOADER)):
        raise NotPlain(wrong[0].message.rstrip(".") if wrong else "it contains an anchor")
    if not isinstance(tree, yaml_tree.MappingNode) or [*tree.keys] != [*at.values()] or tree.merges:
        raise NotPlain("its keys are not at the beginning of lines")
    metadata, refused, is_hopeless = _filtered(yaml_tree.plain(tree.items.get("sops")), allowed)
    here = next(position for position, key in at.items() if key == "sops")
    end = next((position for position in at if position > here), len(lines))
    rest = [*lines[:here], *lines[end:], f"sops: {json.dumps(metadata)}\n"]
    return _Rewritten("\n".join(rest), refused, is_hopeless)


def _filtered(found: object, allowed: AllowedKeys) -> tuple[KeyEntry, list[str], bool]:
    """Return the metadata with the allowed keys, the refused keys, and whether the allowed ones are too few to decrypt."""
    if not isinstance(found, dict):
        raise NotPlain("it does not describe its keys")
    metadata: KeyEntry = {name: _text(found[name]) for name in _TEXTS if found.get(name) not in (None, "")}
    if str(found.get(_MAC_ONLY)).lower() == "true":
        metadata[_MAC_ONLY] = True
    groups = found.get(_GROUPS) or [found]
    if not isinstance(groups, list) or not all(isinstance(group, dict) for group in groups):
        raise NotPlain(f'its "{_GROUPS}" are not valid')
    kept, refused = zip(*(_keys(group, allowed) for group in groups), strict=True)
    left = [group for group in kept if group]
    threshold = _number(found.get(_THRESHOLD)) or len(groups)
    if found.get(_GROUPS):
        metadata |= {_GROUPS: left, _THRESHOLD: threshold}
    elif left:
        metadata |= left[0]
    return metadata, list(dict.fromkeys(key for keys in refused for key in keys)), len(left) < max(threshold, 1)


def _keys(group: KeyEntry, allowed: AllowedKeys) -> tuple[KeyEntry, list[str]]:
    kept: KeyEntry = {}
    refused = []
    for kind in KINDS:
        entries = group.get(kind) or []
        if not isinstance(entries, list):
            raise NotPlain(f'its "{kind}" is not a list')
        for found in entries:
            key, address = checked_key(kind, found)
            if allowed.includes(kind, address):
                kept.setdefault(kind, []).append(key)
            else:
                refused.append(f"{kind}={address}" if address else kind)
    return kept, refused


def _text(value: object) -> str:
    if not isinstance(value, str) or not re.fullmatch(r"[\x20-\x7e]*", value):
        raise NotPlain("a value in the description of its keys is not valid")
    return value


def _number(value: object) -> int:
    if value is not None and not re.fullmatch("[0-9]{1,3}", str(value)):
        raise NotPlain(f'its "{_THRESHOLD}" is not a number')
    return int(str(value or 0))


def _run(text: str, name: str, kind: str, allowed: AllowedKeys) -> bytes | Locked:
    with TemporaryDirectory(prefix="seatsync-") as folder:
        (Path(folder) / "sealed").write_text(text, encoding="utf-8", newline="\n")
        command = ["sops", "decrypt", "--input-type", kind, "--output-type", kind, "sealed"]
        try:
            result = subprocess.run(
                command,
                cwd=folder,
                env=dict(_environment(allowed.addresses, os.environ)),
                stdin=subprocess.DEVNULL,
                capture_output=True,
                timeout=_TIMEOUT,
                check=False,
            )
        except FileNotFoundError:
            help = "Install the program sops where seatsync runs, and give it the key."
            return Locked(f"{name} is encrypted by SOPS, and the program sops is not installed.", help)
        except subprocess.TimeoutExpired:
            return Locked(f"{name} is encrypted by SOPS, and sops does not answer.", "Run `sops decrypt` by hand.")
    if result.returncode:
        error = next((line for line in result.stderr.decode("utf-8", "replace").splitlines() if line.strip()), "")
        help = "Set the key (SOPS_AGE_KEY, or what your key service needs); `sops decrypt` by hand shows more."
        message = f"{name} is encrypted by SOPS, and sops can't decrypt it: {printable(error.rstrip('.'), 300)}."
        return Locked(message, help)
    return result.stdout


_EVERYWHERE = re.compile(
    r"PATH|HOME|USERPROFILE|APPDATA|LOCALAPPDATA|SYSTEMROOT|TMPDIR|TMP|TEMP|LANG|LC_\w+|XDG_CONFIG_HOME|XDG_RUNTIME_DIR",
)
_A_PATH = re.compile(r"\w*_(FILE|CREDENTIALS|CACERT|CERT_DIR)|GNUPGHOME")


def _environment(kinds: Iterable[str], environment: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """Yield the variables for ``sops``: those that any program needs, and those of the allowed kinds of keys."""
    prefixes = tuple({prefix for kind in kinds for prefix in KINDS[kind].variables})
    for name, value in environment.items():
        if not (_EVERYWHERE.fullmatch(name) or name.startswith(prefixes)):
            continue
        is_relative = _A_PATH.fullmatch(name) and value and not Path(value).is_absolute()
        yield name, str(Path(value).absolute()) if is_relative else value
