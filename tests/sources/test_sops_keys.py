"""A SOPS file names the keys that can open it, but the institution's environment decides which of them are used."""

from __future__ import annotations

import base64
import json
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pyrage
import pytest

from tests.support.command_line import Outcome, seatsync
from tests.support.sealed import CSV, IDENTITY, YAML, by_age, by_sops, write
from tests.support.sealed import with_sops as with_sops

pytestmark = [pytest.mark.usefixtures("with_sops"), pytest.mark.slow]
WHEN = "2026-11-22T00:00:00Z"


class Vault:
    """A key service that records all requests, and answers with a data key, as HashiCorp Vault would."""

    def __init__(self, address: str) -> None:
        self.address = address
        self.asked: list[tuple[str, str]] = []
        self.data_key = b""

    def key(self, **other: str) -> dict[str, str]:
        own = {"vault_address": self.address, "engine_path": "transit", "key_name": "seats", "created_at": WHEN}
        return own | {"enc": "vault:v1:AAAA"} | other


@pytest.fixture
def vault(monkeypatch: pytest.MonkeyPatch) -> Iterator[Vault]:
    with listening() as one:
        monkeypatch.setenv("VAULT_TOKEN", "the-secret")
        yield one


@contextmanager
def listening() -> Iterator[Vault]:
    class Answers(BaseHTTPRequestHandler):
        def do_PUT(self) -> None:
            one.asked.append((self.path, self.headers.get("X-Vault-Token", "")))
            body = json.dumps({"data": {"plaintext": base64.b64encode(one.data_key).decode()}}).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        do_GET = do_POST = do_PUT  # noqa: N815

        def log_message(self, *_: object) -> None: ...

    server = ThreadingHTTPServer(("127.0.0.1", 0), Answers)
    one = Vault(f"http://127.0.0.1:{server.server_port}")
    thread = Thread(target=server.serve_forever)
    thread.start()
    yield one
    server.shutdown()
    server.server_close()
    thread.join()


def resealed(folder: Path, text: str, change: Callable[[dict[str, Any]], object], top: str = "sops") -> bytes:
    """Return a binary file as SOPS encrypts it, but with a changed description of its keys."""
    document = json.loads(by_sops(folder, text, "binary"))
    change(document["sops"])
    document[top] = document.pop("sops")
    return json.dumps(document).encode()


def asked_of(vault: Vault, **other: str) -> Callable[[dict[str, Any]], object]:
    """Only this key service could open it."""

    def change(metadata: dict[str, Any]) -> None:
        vault.data_key = pyrage.decrypt(metadata.pop("age")[0]["enc"].encode(), [IDENTITY])
        metadata["hc_vault"] = [vault.key(**other)]

    return change


def validated(folder: Path) -> Outcome:
    return seatsync("validate", folder=folder)


# ── A key service that only the file names is never contacted ───────────────────────────────────────────────────────────────────────


def test_a_key_service_that_only_the_file_names_gets_nothing(tmp_path: Path, vault: Vault) -> None:
    write(tmp_path, "members.csv", resealed(tmp_path, CSV, asked_of(vault)))
    outcome = validated(tmp_path)
    assert (outcome.code, vault.asked) == (3, [])
    assert f"members.csv is encrypted by SOPS for hc_vault={vault.address}, which is not allowed here." in outcome.out
    assert f"SEATSYNC_SOPS_KEYS='hc_vault={vault.address} age'" in outcome.out
    assert "file-encrypted" in outcome.out


def test_one_that_the_institution_names_is_asked(tmp_path: Path, vault: Vault, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path, "members.csv", resealed(tmp_path, CSV, asked_of(vault)))
    monkeypatch.setenv("SEATSYNC_SOPS_KEYS", f"age hc_vault={vault.address}/")
    assert validated(tmp_path).code == 0
    assert {*vault.asked} == {("/v1/transit/decrypt/seats", "the-secret")}


@pytest.mark.parametrize("place", ["seatsync.yaml", "grants.csv", "listed.csv", "letters/invitation.txt.jinja"])
def test_nor_by_any_other_file_of_the_folder(tmp_path: Path, vault: Vault, place: str) -> None:
    write(tmp_path, "members.csv", CSV.encode())
    config = (tmp_path / "seatsync.yaml").read_text(encoding="utf-8")
    grants = "[{path: grants.csv}, {library: books, kind: temporary, to: {file: listed.csv}}]"
    config = config.partition("grants:")[0] + f"grants: {grants}\n"
    (tmp_path / "letters").mkdir()
    texts = {"seatsync.yaml": config, "grants.csv": "library,email\n", "listed.csv": "email\n", place: config}
    for name, text in texts.items():
        is_it = name == place
        data = resealed(tmp_path, text, asked_of(vault)) if is_it else text.encode()
        (tmp_path / name).write_bytes(data)
    outcome = validated(tmp_path)
    assert (outcome.code, vault.asked) == (3, [])
    assert f"{place} is encrypted by SOPS for hc_vault={vault.address}" in outcome.out


def in_groups(metadata: dict[str, Any], vault: Vault) -> None:
    metadata |= {"key_groups": [{"age": metadata.pop("age")}, {"hc_vault": [vault.key()]}], "shamir_threshold": 2}


def in_capitals(metadata: dict[str, Any], vault: Vault) -> None:
    metadata["HC_Vault"] = [vault.key()]
    del metadata["age"]


@pytest.mark.parametrize("change", [in_groups, in_capitals])
def test_wherever_the_file_says_it(
    tmp_path: Path, vault: Vault, monkeypatch: pytest.MonkeyPatch, change: Callable[[dict[str, Any], Vault], None]
) -> None:
    monkeypatch.setenv("SOPS_AGE_KEY", str(IDENTITY))
    write(tmp_path, "members.csv", resealed(tmp_path, CSV, lambda metadata: change(metadata, vault)))
    outcome = validated(tmp_path)
    assert (outcome.code, vault.asked) == (3, [])
    assert "which is not allowed here" in outcome.out


def test_nor_where_a_second_word_about_keys_hides_behind_the_first(tmp_path: Path, vault: Vault) -> None:
    good = by_sops(tmp_path, CSV, "binary").decode()
    bad = resealed(tmp_path, CSV, asked_of(vault)).decode()
    for top in ("sops", "Sops", "SOPS"):
        hidden = bad[bad.index('"sops"') + len('"sops"') :]
        write(tmp_path, "members.csv", (good.rstrip().removesuffix("}") + f', "{top}"' + hidden).encode())
        outcome = validated(tmp_path)
        assert (outcome.code, vault.asked) == (3, [])
        assert "not in the form that SOPS writes" in outcome.out


YAML_TRICKS: Mapping[str, Callable[[str, str], str]] = {
    "a second one": lambda text, keys: f"{text}sops: {keys}\n",
    "one in quotes": lambda text, keys: f'{text}"sops": {keys}\n',
    "one spelled out": lambda text, keys: f'{text}"\\x73ops": {keys}\n',
    "one with a tag": lambda text, keys: f"{text}!!str sops: {keys}\n",
    "one behind a question mark": lambda text, keys: f"{text}? sops\n: {keys}\n",
    "a merge": lambda text, keys: f"<<: {{sops: {keys}}}\n{text}",
    "an alias": lambda text, keys: text.replace("sops:\n", f"x: &x {keys}\nsops:\n    <<: *x\n"),
    "another document before": lambda text, keys: f"sops: {keys}\n---\n{text}",
    "another document behind": lambda text, keys: f"{text}---\nsops: {keys}\n",
    "a mapping in braces": lambda text, keys: f"{{sops: {keys}}}\n#{text}\nsops: 1",
    "another end of line": lambda text, keys: f"{text}#\x85sops: {keys}\n",
    "an end of line of another kind": lambda text, keys: f"{text}#\u2028sops: {keys}\n",
    "in a text over several lines": lambda text, keys: f'x: "\nsops: {keys}"\n{text}',
    "a directive": lambda text, keys: f"%YAML 1.1\n---\n{text}",
}


@pytest.mark.parametrize("trick", YAML_TRICKS)
def test_nor_where_yaml_could_be_read_otherwise(
    tmp_path: Path, vault: Vault, monkeypatch: pytest.MonkeyPatch, trick: str
) -> None:
    write(tmp_path, "members.csv", CSV.encode())
    plain = (tmp_path / "seatsync.yaml").read_text(encoding="utf-8")
    text = by_sops(tmp_path, plain, "yaml").decode()
    keys = json.dumps({"hc_vault": [vault.key()], "mac": "", "lastmodified": WHEN, "version": "3.11.0"})
    (tmp_path / "seatsync.yaml").write_text(YAML_TRICKS[trick](text, keys), encoding="utf-8")
    monkeypatch.setenv("SOPS_AGE_KEY", str(pyrage.x25519.Identity.generate()))
    outcome = validated(tmp_path)
    assert (outcome.code, vault.asked) == (3, [])
    assert "not in the form that SOPS writes" in outcome.out


def test_in_yaml_itself(tmp_path: Path, vault: Vault, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path, "members.csv", CSV.encode())
    plain = (tmp_path / "seatsync.yaml").read_text(encoding="utf-8")
    text = by_sops(tmp_path, plain, "yaml").decode()
    added = f"sops:\n    hc_vault:\n        - {json.dumps(vault.key())}\n"
    (tmp_path / "seatsync.yaml").write_text(text.replace("\nsops:\n", f"\n{added}"), encoding="utf-8")
    outcome = validated(tmp_path)
    assert (outcome.code, vault.asked) == (3, [])
    assert f"Not tried, because SEATSYNC_SOPS_KEYS does not allow them: hc_vault={vault.address}" in outcome.out
    monkeypatch.setenv("SOPS_AGE_KEY", str(IDENTITY))
    assert validated(tmp_path).code == 0


# ── What is allowed ─────────────────────────────────────────────────────────────────────────────────────────────────


def test_of_several_keys_the_allowed_ones_do(tmp_path: Path, vault: Vault, monkeypatch: pytest.MonkeyPatch) -> None:
    """People use pgp at home, and the pipeline uses age."""

    def more(metadata: dict[str, Any]) -> None:
        metadata["hc_vault"] = [vault.key()]
        metadata["pgp"] = [{"fp": "AB" * 20, "created_at": WHEN, "enc": "-----BEGIN PGP MESSAGE-----\n"}]
        groups = [metadata.pop("age"), metadata.pop("hc_vault"), metadata.pop("pgp")]
        metadata |= dict(zip(("age", "hc_vault", "pgp"), groups, strict=True))

    write(tmp_path, "members.csv", resealed(tmp_path, CSV, more))
    monkeypatch.setenv("SOPS_AGE_KEY", str(IDENTITY))
    assert validated(tmp_path).code == 0
    assert vault.asked == []


@pytest.mark.parametrize(
    "other",
    [
        "{address}0",
        "http://127.0.0.1@localhost:{port}",
        "http://localhost:{port}",
        "https://127.0.0.1:{port}",
        "{address}/v1",
        "{address}?x",
        "{address}#x",
        "{address}\\@vault.example",
        " {address}",
        "{address}\n",
    ],
)
def test_an_address_is_the_very_one_that_is_allowed(
    tmp_path: Path, vault: Vault, monkeypatch: pytest.MonkeyPatch, other: str
) -> None:
    monkeypatch.setenv("SEATSYNC_SOPS_KEYS", f"age hc_vault={vault.address}")
    written = other.format(address=vault.address, port=vault.address.rpartition(":")[2])
    write(tmp_path, "members.csv", resealed(tmp_path, CSV, asked_of(vault, vault_address=written)))
    assert validated(tmp_path).code == 3
    assert vault.asked == []


@pytest.mark.parametrize(
    "path",
    [{"key_name": "../../sys/seal"}, {"engine_path": "transit/../sys"}, {"engine_path": ".."}, {"key_name": "a?b"}],
)
def test_and_nothing_else_is_asked_of_it(
    tmp_path: Path, vault: Vault, monkeypatch: pytest.MonkeyPatch, path: dict[str, str]
) -> None:
    monkeypatch.setenv("SEATSYNC_SOPS_KEYS", f"hc_vault={vault.address}")
    write(tmp_path, "members.csv", resealed(tmp_path, CSV, asked_of(vault, **path)))
    outcome = validated(tmp_path)
    assert (outcome.code, vault.asked) == (3, [])
    assert "not in the form that SOPS writes" in outcome.out


ARN = "arn:aws:kms:eu-central-1:111122223333:key/1234"
ROLE = "arn:aws:iam::111122223333:role/seats"
OTHERS: Mapping[str, tuple[str, dict[str, Any]]] = {
    f"kms={ARN}": ("kms", {"arn": ARN}),
    f"kms={ARN}+{ROLE}": ("kms", {"arn": ARN, "role": ROLE, "context": {"for": "seats"}, "aws_profile": "mine"}),
    "gcp_kms=projects/p/locations/global/keyRings/r/cryptoKeys/k": (
        "gcp_kms",
        {"resource_id": "projects/p/locations/global/keyRings/r/cryptoKeys/k"},
    ),
    "azure_kv=https://seats.vault.azure.net": (
        "azure_kv",
        {"vault_url": "https://seats.vault.azure.net", "name": "key", "version": "1"},
    ),
    "hckms=eu:1234": ("hckms", {"key_id": "eu:1234"}),
    "pgp": ("pgp", {"fp": "AB" * 20}),
}


@pytest.mark.parametrize("word", OTHERS)
def test_every_kind_of_key_is_known_by_what_it_would_ask(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, word: str
) -> None:
    kind, key = OTHERS[word]

    def instead(metadata: dict[str, Any]) -> None:
        del metadata["age"]
        metadata[kind] = [{**key, "created_at": WHEN, "enc": "AAAA"}]

    write(tmp_path, "members.csv", resealed(tmp_path, CSV, instead))
    assert f"is encrypted by SOPS for {word}, which is not allowed here" in validated(tmp_path).out
    if "arn" in key:
        monkeypatch.setenv("SEATSYNC_SOPS_KEYS", word[:-1])
        assert "is not allowed here" in validated(tmp_path).out


@pytest.mark.parametrize("word", ["hc_vault", "kms", "age=x", "vault=https://v.example", "hc_vault=v.example/v1/x"])
def test_a_setting_that_says_nothing_clear_allows_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, word: str
) -> None:
    monkeypatch.setenv("SEATSYNC_SOPS_KEYS", f"age {word}")
    monkeypatch.setenv("SOPS_AGE_KEY", str(IDENTITY))
    write(tmp_path, "members.csv", by_sops(tmp_path, CSV, "binary"))
    outcome = validated(tmp_path)
    assert outcome.code == 3
    assert "SEATSYNC_SOPS_KEYS is not valid" in outcome.out


def test_sops_is_told_of_no_secret_that_no_allowed_key_needs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, vault: Vault
) -> None:
    """A program that records its environment replaces sops, because the real one does not show it."""
    programs = tmp_path / "programs"
    programs.mkdir()
    (programs / "sops").write_text(
        f"#!/bin/sh\nenv > {tmp_path}/environment; pwd > {tmp_path}/where; cat sealed > {tmp_path}/seen\n"
    )
    (programs / "sops").chmod(0o755)
    secrets = (
        "VAULT_TOKEN",
        "AWS_SECRET_ACCESS_KEY",
        "SEATSYNC_LEDGER",
        "GITHUB_TOKEN",
        "SOPS_KEYSERVICE",
        "SOPS_AGE_KEY",
    )
    for name in secrets:
        monkeypatch.setenv(name, f"the-{name}")
    monkeypatch.setenv("PATH", f"{programs}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setenv("SOPS_AGE_KEY_FILE", "keys.txt")
    write(tmp_path, "members.csv", resealed(tmp_path, CSV, lambda metadata: metadata.update(hc_vault=[vault.key()])))
    validated(tmp_path)
    environment = dict(
        line.split("=", 1) for line in (tmp_path / "environment").read_text(encoding="utf-8").splitlines()
    )
    assert [name for name in secrets if name in environment] == ["SOPS_AGE_KEY"]
    assert environment["SOPS_AGE_KEY_FILE"] == str(tmp_path / "keys.txt")
    assert not (tmp_path / "where").read_text(encoding="utf-8").startswith(str(tmp_path))
    assert vault.address not in (tmp_path / "seen").read_text(encoding="utf-8")


# ── Proposals from forks ────────────────────────────────────────────────────────────────────────────────────────────

OWN, FORK = {"full_name": "grace/seats"}, {"full_name": "stranger/seats"}


@pytest.mark.parametrize(
    ("name", "event"),
    [
        ("pull_request", {"pull_request": {"head": {"repo": FORK}}}),
        ("pull_request_target", {"pull_request": {"head": {"repo": None}}}),
        ("workflow_run", {"workflow_run": {"head_repository": FORK}}),
        ("issue_comment", {"issue": {"pull_request": {}}}),
        ("pull_request", None),
    ],
)
def test_a_proposal_from_a_fork_is_read_by_age_alone(
    tmp_path: Path, vault: Vault, monkeypatch: pytest.MonkeyPatch, name: str, event: object
) -> None:
    folder = tmp_path / "proposal"
    folder.mkdir()
    write(folder, "members.csv", resealed(folder, CSV, asked_of(vault)))
    monkeypatch.setenv("SEATSYNC_SOPS_KEYS", f"age hc_vault={vault.address}")
    in_a_job(tmp_path, monkeypatch, name, event)
    outcome = seatsync("validate", "--no-redact", folder=folder)
    assert (outcome.code, vault.asked) == (3, [])
    assert "from a fork, only age keys are used" in outcome.out
    write(folder, "members.csv", by_sops(folder, CSV, "binary"))
    monkeypatch.setenv("SOPS_AGE_KEY", str(IDENTITY))
    assert seatsync("validate", folder=folder).code == 0


@pytest.mark.parametrize(
    ("name", "event"),
    [
        ("pull_request", {"pull_request": {"head": {"repo": OWN}}}),
        ("workflow_run", {"workflow_run": {"head_repository": OWN}}),
        ("push", {}),
    ],
)
def test_one_from_the_repository_itself_by_all_that_is_allowed(
    tmp_path: Path, vault: Vault, monkeypatch: pytest.MonkeyPatch, name: str, event: object
) -> None:
    write(tmp_path, "members.csv", resealed(tmp_path, CSV, asked_of(vault)))
    monkeypatch.setenv("SEATSYNC_SOPS_KEYS", f"age hc_vault={vault.address}")
    in_a_job(tmp_path, monkeypatch, name, event)
    assert validated(tmp_path).code == 0
    assert len(vault.asked) >= 1


def test_on_gitlab_too(tmp_path: Path, vault: Vault, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path, "members.csv", resealed(tmp_path, CSV, asked_of(vault)))
    monkeypatch.setenv("SEATSYNC_SOPS_KEYS", f"age hc_vault={vault.address}")
    monkeypatch.setenv("CI_MERGE_REQUEST_PROJECT_ID", "1")
    monkeypatch.setenv("CI_MERGE_REQUEST_SOURCE_PROJECT_ID", "2")
    assert validated(tmp_path).code == 3
    assert vault.asked == []
    monkeypatch.setenv("CI_MERGE_REQUEST_SOURCE_PROJECT_ID", "1")
    assert validated(tmp_path).code == 0


def in_a_job(folder: Path, monkeypatch: pytest.MonkeyPatch, name: str, event: object) -> None:
    path = folder / "event.json"
    if event is not None:
        path.write_text(json.dumps(event), encoding="utf-8")
    monkeypatch.setenv("GITHUB_EVENT_NAME", name)
    monkeypatch.setenv("GITHUB_EVENT_PATH", str(path))
    monkeypatch.setenv("GITHUB_REPOSITORY", "grace/seats")


def test_what_age_encrypted_needs_no_setting(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SEATSYNC_SOPS_KEYS", "nonsense")
    monkeypatch.setenv("SEATSYNC_AGE_KEY", str(IDENTITY))
    write(tmp_path, "members.yaml", by_age(YAML))
    assert validated(tmp_path).code == 0
