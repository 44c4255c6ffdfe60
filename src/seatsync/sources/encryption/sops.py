"""Files that SOPS encrypted: what they say of their keys is read here, and the program ``sops`` sees only what is allowed of it.

SOPS goes to whatever key service a file names, with the credentials that the environment has for it. So it is never given the
file, but one that is written anew, and an environment with nothing but what the allowed keys need.
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
from seatsync.sources.encryption.sops_keys import KINDS, SETTING, Allowed, BadSetting, Entry, NotPlain, allowed, entry

_PATIENCE = 60.0
_TEXTS = (
    *("lastmodified", "mac", "version", "unencrypted_suffix", "encrypted_suffix", "unencrypted_regex"),
    *("encrypted_regex", "unencrypted_comment_regex", "encrypted_comment_regex"),
)
_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_GROUPS, _THRESHOLD, _MAC_ONLY = "key_groups", "shamir_threshold", "mac_only_encrypted"


class _Rewritten(NamedTuple):
    """A file as SOPS is to see it; ``refused`` are the keys that were left out."""

    text: str
    refused: list[str]
    is_hopeless: bool


def decrypted(data: bytes, name: str, kind: str) -> bytes | Locked:
    """What SOPS encrypted as ``kind`` (binary or yaml); ``name`` is what messages call the file."""
    try:
        may = allowed(os.environ)
    except BadSetting as error:
        help = f'Write kinds of keys, as in {SETTING}="age hc_vault=https://vault.school.example".'
        return Locked(f"{name} is encrypted by SOPS, and {SETTING} can't be understood: {error}.", help)
    try:
        text = data.decode()
        rewritten = (_binary if kind == "binary" else _yaml)(text, may)
    except (NotPlain, ValueError, RecursionError, yaml.YAMLError) as error:
        why = f": {printable(str(error), 200)}" if isinstance(error, NotPlain) else ""
        message = f"{name} is encrypted by SOPS, but not written as SOPS writes it{why}."
        return Locked(message, "Encrypt it anew with `sops encrypt`.")
    left_out = printable(", ".join(rewritten.refused), 300)
    if rewritten.is_hopeless:
        return _hopeless(name, rewritten.refused, may)
    done = _run(rewritten.text, name, kind, may)
    if isinstance(done, Locked) and left_out:
        return Locked(done.message, f"{done.help} Not allowed here, and not asked: {left_out} ({SETTING}).")
    return done


def _hopeless(name: str, refused: list[str], may: Allowed) -> Locked:
    message = (
        f"{name} is encrypted by SOPS for {printable(', '.join(refused), 300) or 'nobody'}, which is not allowed here."
    )
    if may.is_fork:
        return Locked(
            message, "A proposal from a fork is read by age alone; decide on it in a branch of the repository."
        )
    words = " ".join([*refused, *may.addresses.keys() - {word.partition("=")[0] for word in refused}])
    help = (
        f"Encrypt it for a key of age; or, if that is the institution's own, set {SETTING}='{printable(words, 300)}'."
    )
    return Locked(message, help)


def _binary(text: str, may: Allowed) -> _Rewritten:
    """The JSON that SOPS makes of a file of any kind."""
    document = json.loads(text, object_pairs_hook=_each_once)
    if not isinstance(document, dict) or document.keys() != {"data", "sops"} or not isinstance(document["data"], str):
        raise NotPlain('it has other keys than "data" and "sops"')
    metadata, refused, is_hopeless = _filtered(document["sops"], may)
    return _Rewritten(json.dumps({"data": document["data"], "sops": metadata}), refused, is_hopeless)


def _each_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """SOPS takes SOPS for sops, and of two the last."""
    if len({name.casefold() for name, _ in pairs}) < len(pairs):
        raise NotPlain("a key stands in it twice")
    return dict(pairs)


_TOP = re.compile(r"([A-Za-z_][\w-]*):(?: .*)?", re.ASCII)
_INSIDE = re.compile(r"|[ #].*|-|- .*")
_STRANGE = re.compile("[^\n\x20-\x7e\xa0-\u2027\u202f-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]")


def _yaml(text: str, may: Allowed) -> _Rewritten:
    """A mapping as YAML. Whatever SOPS's own parser may make of the rest: no line of it begins another ``sops``."""
    text = text.replace("\r\n", "\n")
    if strange := _STRANGE.search(text):
        raise NotPlain(f"it has the character U+{ord(strange[0]):04X} in it")
    lines = text.removeprefix("---\n").split("\n")
    at = {position: found[1] for position, line in enumerate(lines) if (found := _TOP.fullmatch(line))}
    if other := next((line for n, line in enumerate(lines) if n not in at and not _INSIDE.fullmatch(line)), None):
        raise NotPlain(f'the line "{other}" is no key')
    wrong: list[Diagnostic] = []
    tree = yaml_tree.parse(text, "", wrong)
    if wrong or any(getattr(event, "anchor", None) for event in yaml.parse(text, Loader=_LOADER)):
        raise NotPlain(wrong[0].message.rstrip(".") if wrong else "it has an anchor in it")
    if not isinstance(tree, yaml_tree.Mapping) or [*tree.keys] != [*at.values()] or tree.merges:
        raise NotPlain("its keys do not stand at the beginning of lines")
    metadata, refused, is_hopeless = _filtered(yaml_tree.plain(tree.items.get("sops")), may)
    here = next(position for position, key in at.items() if key == "sops")
    end = next((position for position in at if position > here), len(lines))
    rest = [*lines[:here], *lines[end:], f"sops: {json.dumps(metadata)}\n"]
    return _Rewritten("\n".join(rest), refused, is_hopeless)


def _filtered(found: object, may: Allowed) -> tuple[Entry, list[str], bool]:
    """The metadata with the keys that are allowed; those that are not; and whether the ones that are left can't do."""
    if not isinstance(found, dict):
        raise NotPlain("it says nothing of its keys")
    metadata: Entry = {name: _text(found[name]) for name in _TEXTS if found.get(name) not in (None, "")}
    if str(found.get(_MAC_ONLY)).lower() == "true":
        metadata[_MAC_ONLY] = True
    groups = found.get(_GROUPS) or [found]
    if not isinstance(groups, list) or not all(isinstance(group, dict) for group in groups):
        raise NotPlain(f'its "{_GROUPS}" are none')
    kept, refused = zip(*(_keys(group, may) for group in groups), strict=True)
    left = [group for group in kept if group]
    threshold = _number(found.get(_THRESHOLD)) or len(groups)
    if found.get(_GROUPS):
        metadata |= {_GROUPS: left, _THRESHOLD: threshold}
    elif left:
        metadata |= left[0]
    return metadata, list(dict.fromkeys(one for some in refused for one in some)), len(left) < max(threshold, 1)


def _keys(group: Entry, may: Allowed) -> tuple[Entry, list[str]]:
    kept: Entry = {}
    refused = []
    for kind in KINDS:
        entries = group.get(kind) or []
        if not isinstance(entries, list):
            raise NotPlain(f'its "{kind}" is no list')
        for found in entries:
            key, address = entry(kind, found)
            if may.takes(kind, address):
                kept.setdefault(kind, []).append(key)
            else:
                refused.append(f"{kind}={address}" if address else kind)
    return kept, refused


def _text(value: object) -> str:
    if not isinstance(value, str) or not re.fullmatch(r"[\x20-\x7e]*", value):
        raise NotPlain("what it says of its keys has a value that is none")
    return value


def _number(value: object) -> int:
    if value is not None and not re.fullmatch("[0-9]{1,3}", str(value)):
        raise NotPlain(f'its "{_THRESHOLD}" is no number')
    return int(str(value or 0))


def _run(text: str, name: str, kind: str, may: Allowed) -> bytes | Locked:
    with TemporaryDirectory(prefix="seatsync-") as folder:
        (Path(folder) / "sealed").write_text(text, encoding="utf-8", newline="\n")
        command = ["sops", "decrypt", "--input-type", kind, "--output-type", kind, "sealed"]
        try:
            done = subprocess.run(
                command,
                cwd=folder,
                env=dict(_environment(may.addresses, os.environ)),
                stdin=subprocess.DEVNULL,
                capture_output=True,
                timeout=_PATIENCE,
                check=False,
            )
        except FileNotFoundError:
            help = "Install the program sops where seatsync runs, and give it the key."
            return Locked(f"{name} is encrypted by SOPS, and there is no program sops.", help)
        except subprocess.TimeoutExpired:
            return Locked(f"{name} is encrypted by SOPS, which does not answer.", "Try `sops decrypt` by hand.")
    if done.returncode:
        said = next((line for line in done.stderr.decode("utf-8", "replace").splitlines() if line.strip()), "")
        help = "Give it the key (SOPS_AGE_KEY, or what your key service wants); `sops decrypt` by hand tells more."
        fact = f"{name} is encrypted by SOPS, which can't decrypt it: {printable(said.rstrip('.'), 300)}."
        return Locked(fact, help)
    return done.stdout


_EVERYWHERE = re.compile(
    r"PATH|HOME|USERPROFILE|APPDATA|LOCALAPPDATA|SYSTEMROOT|TMPDIR|TMP|TEMP|LANG|LC_\w+|XDG_CONFIG_HOME|XDG_RUNTIME_DIR",
)
_A_PATH = re.compile(r"\w*_(FILE|CREDENTIALS|CACERT|CERT_DIR)|GNUPGHOME")


def _environment(kinds: Iterable[str], surroundings: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """What ``sops`` is told of the environment: what any program needs, and what belongs to the allowed kinds of keys."""
    beginnings = tuple({beginning for kind in kinds for beginning in KINDS[kind].variables})
    for name, value in surroundings.items():
        if not (_EVERYWHERE.fullmatch(name) or name.startswith(beginnings)):
            continue
        is_relative = _A_PATH.fullmatch(name) and value and not Path(value).is_absolute()
        yield name, str(Path(value).absolute()) if is_relative else value
