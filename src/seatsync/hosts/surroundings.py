"""Which pull request a job is about, as its environment says."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from seatsync.domain.failure import ExitCode, Failure
from seatsync.hosts import github, gitlab
from seatsync.hosts.comment import Host
from seatsync.hosts.http import Api, HostError, origin


class Nowhere(Failure):
    """There is no pull request to comment on, or no token to do it with."""

    exit_code = ExitCode.USAGE


def pull_request(environment: Mapping[str, str], number: int | None, seconds: float) -> Host:
    """The pull request or merge request of this job, or the one with that number; ``seconds`` is how long it may take.

    Raises:
        Nowhere: the environment names none.
        HostError: it is that of a workflow run, and GitHub tells of none, or does not tell.
    """
    if environment.get("GITHUB_REPOSITORY"):
        return _github(environment, number, seconds)
    if environment.get("CI_API_V4_URL"):
        return _gitlab(environment, number, seconds)
    raise Nowhere(
        "This is no job of GitHub or GitLab: neither GITHUB_REPOSITORY nor CI_API_V4_URL is set.",
        "Elsewhere set GITHUB_REPOSITORY=owner/name and GITHUB_TOKEN, and give --pull-request.",
    )


def merged_pull_requests(environment: Mapping[str, str], seconds: float) -> dict[int, Host]:
    """By number the pull requests or merge requests by which this job's commit came into its branch; mostly one.

    Raises:
        Nowhere: the environment names no repository, branch, commit or token.
        HostError: the host refuses, or can't be reached.
    """
    if repository := environment.get("GITHUB_REPOSITORY"):
        api = _github_api(environment, repository, seconds)
        commit = _commit(environment, "GITHUB_SHA")
        pulls = github.numbers_of_merge(api, repository, _github_branch(environment), commit)
        return {number: github.GitHub(api, repository, number) for number in pulls}
    if environment.get("CI_API_V4_URL"):
        api, project, page = _gitlab_api(environment, seconds)
        branch = _branch(environment.get("CI_COMMIT_BRANCH") or environment.get("CI_DEFAULT_BRANCH"))
        requests = gitlab.numbers_of_merge(api, project, branch, _commit(environment, "CI_COMMIT_SHA"))
        return {number: gitlab.GitLab(api, project, number, page) for number in requests}
    raise Nowhere(
        "This is no job of GitHub or GitLab: neither GITHUB_REPOSITORY nor CI_API_V4_URL is set.",
        "Elsewhere apply what was reviewed by its fingerprint: --expect.",
    )


def _github_branch(environment: Mapping[str, str]) -> str:
    """The branch that the job is for, else the repository's default branch. GITHUB_REF_NAME may be that of a tag."""
    ref = environment.get("GITHUB_REF", "")
    if ref.startswith("refs/heads/"):
        return _branch(ref.removeprefix("refs/heads/"))
    event = _event(environment.get("GITHUB_EVENT_PATH", ""))
    return _branch((event.get("repository") or {}).get("default_branch"))


def _branch(name: str | None) -> str:
    if not name:
        raise Nowhere(
            "Which branch this job is for is not said: GITHUB_REF or CI_COMMIT_BRANCH is not that of a branch.",
            "Apply in a job of a branch, or apply what was reviewed by its fingerprint: --expect.",
        )
    return name


def _commit(environment: Mapping[str, str], name: str) -> str:
    commit = environment.get(name, "")
    if not re.fullmatch(r"[0-9a-f]{40,64}", commit):
        raise Nowhere(f"{name} is no commit.", "Apply what was reviewed by its fingerprint: --expect.")
    return commit


def _github(environment: Mapping[str, str], number: int | None, seconds: float) -> Host:
    repository = environment["GITHUB_REPOSITORY"]
    api = _github_api(environment, repository, seconds)
    if number is None:
        event = _event(environment.get("GITHUB_EVENT_PATH", ""))
        if run := event.get("workflow_run"):
            number = _the_one(github.number_of_run(api, repository, run))
        else:
            number = (event.get("pull_request") or {}).get("number")
    if number is None:
        raise Nowhere(
            "This job is not about a pull request: its event names none.",
            "Run it on `pull_request` or `workflow_run`, or give --pull-request.",
        )
    return github.GitHub(api, repository, number)


def _github_api(environment: Mapping[str, str], repository: str, seconds: float) -> Api:
    if not re.fullmatch(r"[\w.-]+/[\w.-]+", repository, re.ASCII):
        raise Nowhere("GITHUB_REPOSITORY is not like owner/name.", "Set it to the repository of the pull request.")
    token = _token(
        environment, ("GITHUB_TOKEN", "GH_TOKEN"), "Give the step `env: {GITHUB_TOKEN: ${{ github.token }}}`."
    )
    return github.api(_address(environment, "GITHUB_API_URL", github.API), token, seconds)


def _the_one(numbers: list[int]) -> int:
    if len(numbers) == 1:
        return numbers[0]
    if numbers:
        told = " and ".join(f"#{number}" for number in numbers)
        raise Nowhere(f"The workflow ran for a commit of {told}.", "Say which with --pull-request.")
    raise HostError(
        "no open pull request ends with the commit that the workflow ran for.",
        "If it was pushed to since, the newer run comments; if it is closed, nobody needs the comment.",
    )


def _event(path: str) -> dict[str, Any]:
    if not path:
        return {}
    try:
        event = json.loads(Path(path).read_text(encoding="utf-8"))
    except ValueError:
        event = None
    if not isinstance(event, dict):
        raise Nowhere(f"{path}, which GITHUB_EVENT_PATH names, is no event.", "Give --pull-request.")
    return event


def _gitlab(environment: Mapping[str, str], number: int | None, seconds: float) -> Host:
    api, project, page = _gitlab_api(environment, seconds)
    iid = str(number or environment.get("CI_MERGE_REQUEST_IID", ""))
    if not iid.isdecimal():
        raise Nowhere(
            "This job is not about a merge request: CI_MERGE_REQUEST_IID is not set.",
            "Run it with `rules: [{if: $CI_PIPELINE_SOURCE == 'merge_request_event'}]`, or give --pull-request.",
        )
    return gitlab.GitLab(api, project, int(iid), page)


def _gitlab_api(environment: Mapping[str, str], seconds: float) -> tuple[Api, str, str]:
    """The API, the project's id and its address."""
    job = "CI_JOB_TOKEN may not write notes. " if environment.get("CI_JOB_TOKEN") else ""
    token = _token(
        environment,
        ("SEATSYNC_GITLAB_TOKEN", "GITLAB_TOKEN"),
        f"{job}Make a project access token with the scope `api` and the role Reporter, and a masked variable of it.",
    )
    # The pipeline of a merge request from a fork may run in the fork; the merge request is in the target.
    project = environment.get("CI_MERGE_REQUEST_PROJECT_ID") or environment.get("CI_PROJECT_ID", "")
    if not project:
        raise Nowhere("CI_PROJECT_ID is not set.", "Set it to the project of the merge request.")
    page = environment.get("CI_MERGE_REQUEST_PROJECT_URL") or environment.get("CI_PROJECT_URL", "")
    return gitlab.api(_address(environment, "CI_API_V4_URL"), token, seconds), project, page


def _token(environment: Mapping[str, str], names: tuple[str, str], mend: str) -> str:
    """The first that is set. One that can't stand in a header is refused here: whoever refuses it later would show it."""
    name = next((name for name in names if environment.get(name, "").strip()), None)
    if name is None:
        raise Nowhere(f"There is no token: neither {names[0]} nor {names[1]} is set.", mend)
    token = environment[name].strip()
    if not re.fullmatch(r"[!-~]+", token):
        raise Nowhere(f"{name} is no token: it has blanks, line ends or letters in it that no token has.", mend)
    return token


def _address(environment: Mapping[str, str], name: str, default: str = "") -> str:
    address = environment.get(name) or default
    if origin(address) is None or "@" in address:
        raise Nowhere(f"{name} is no address of an API.", "Set it like https://host.example/api, without a password.")
    return address
