"""Finds the pull request of a CI job by the job's environment variables."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple, Protocol

from seatsync.domain.failure import ExitCode, Failure
from seatsync.hosts import github, gitlab
from seatsync.hosts.comment import Host
from seatsync.hosts.github_issues import GitHubIssues
from seatsync.hosts.gitlab_issues import GitLabIssues
from seatsync.hosts.http import Api, HostError, origin
from seatsync.hosts.issues import Tracker
from seatsync.hosts.open_requests import OpenRequests, on_github, on_gitlab
from seatsync.hosts.statuses import Commit


class Commits(Protocol):
    """The commits of a repository. Each method may raise HostError."""

    def last(self, path: str, at: str) -> str: ...

    def is_ancestor(self, older: str, newer: str) -> bool | None: ...


class NoPullRequest(Failure):
    """The environment names no pull request, or has no token for its host."""

    exit_code = ExitCode.USAGE


def pull_request(environment: Mapping[str, str], number: int | None, seconds: float) -> Host:
    """Return the pull request or merge request of this job, or the one with that number. ``seconds`` limits all requests.

    Raises:
        NoPullRequest: the environment names none.
        HostError: the job belongs to a workflow run, and GitHub knows no pull request for it or does not answer.
    """
    if environment.get("GITHUB_REPOSITORY"):
        return _github(environment, number, seconds)
    if environment.get("CI_API_V4_URL"):
        return _gitlab(environment, number, seconds)
    raise NoPullRequest(
        "This is not a GitHub or GitLab job: neither GITHUB_REPOSITORY nor CI_API_V4_URL is set.",
        "Outside such a job, set GITHUB_REPOSITORY=owner/name and GITHUB_TOKEN, and use --pull-request.",
    )


class Merges(NamedTuple):
    """The job's ``commit``; the numbers of the pull requests or merge requests that brought a commit into the job's branch, usually
    one; and such a request by its number."""

    commit: str
    numbers: Callable[[str], list[int]]
    pull_request: Callable[[int], Host]


def merges(environment: Mapping[str, str], seconds: float) -> Merges:
    """Return the merges into this job's branch. ``seconds`` limits all requests.

    Raises:
        NoPullRequest: the environment names no repository, branch, commit or token.
    """
    if repository := environment.get("GITHUB_REPOSITORY"):
        api, branch = github_api(environment, repository, seconds), _github_branch(environment)
        return Merges(
            _commit(environment, "GITHUB_SHA"),
            partial(github.numbers_of_merge, api, repository, branch),
            partial(github.GitHub, api, repository),
        )
    if environment.get("CI_API_V4_URL"):
        api, project, page = gitlab_api(environment, seconds)
        branch = _branch(environment.get("CI_COMMIT_BRANCH") or environment.get("CI_DEFAULT_BRANCH"))
        return Merges(
            _commit(environment, "CI_COMMIT_SHA"),
            partial(gitlab.numbers_of_merge, api, project, branch),
            partial(gitlab.GitLab, api, project, page=page),
        )
    raise NoPullRequest(
        "This is not a GitHub or GitLab job: neither GITHUB_REPOSITORY nor CI_API_V4_URL is set.",
        "Outside such a job, apply the reviewed plan by its fingerprint: --expect.",
    )


def marked_commit(environment: Mapping[str, str], sha: str, seconds: float) -> Commit:
    """Return the commit that gets the statuses of this job: ``sha``, else the newest of the pull request or merge queue.

    Raises:
        NoPullRequest: the environment names no repository, commit or token.
    """
    if repository := environment.get("GITHUB_REPOSITORY"):
        from seatsync.hosts.github_statuses import GitHubCommit

        commit = sha or _head(environment)
        return GitHubCommit(github_api(environment, repository, seconds), repository, _sha(commit, "GITHUB_SHA"))
    if environment.get("CI_API_V4_URL"):
        from seatsync.hosts.gitlab_statuses import GitLabCommit

        commit = _sha(sha or environment.get("CI_COMMIT_SHA", ""), "CI_COMMIT_SHA")
        api, _, _ = gitlab_api(environment, seconds)
        return GitLabCommit(api, environment.get("CI_PROJECT_ID", ""), commit, environment.get("CI_PIPELINE_ID", ""))
    raise NoPullRequest(
        "This is not a GitHub or GitLab job: neither GITHUB_REPOSITORY nor CI_API_V4_URL is set.",
        "Outside such a job, set GITHUB_REPOSITORY=owner/name and GITHUB_TOKEN, and use --commit.",
    )


def _head(environment: Mapping[str, str]) -> str:
    """Return the newest commit of the pull request, of the merge queue's group, or of the job's branch.

    On a pull request GITHUB_SHA is a merge that nobody looks at.

    Raises:
        NoPullRequest: the job is about a comment, so GITHUB_SHA is the default branch's.
    """
    event = _event(environment.get("GITHUB_EVENT_PATH", ""))
    if event.get("comment"):
        raise NoPullRequest("The event of a comment names no commit.", "Name the planned commit with --commit.")
    head = (event.get("pull_request") or {}).get("head") or {}
    group, run = event.get("merge_group") or {}, event.get("workflow_run") or {}
    return str(head.get("sha") or group.get("head_sha") or run.get("head_sha") or environment.get("GITHUB_SHA", ""))


def merged_or_asked(
    environment: Mapping[str, str], number: int | None, known: Iterable[int], seconds: float
) -> list[Host]:
    """Return the pull requests that a job of the default branch is about: only the one with that number; or those that are
    ``known``, and the one whose comment started the job, else those that brought its commit into the branch.

    Raises:
        NoPullRequest: the environment names no repository, branch, commit or token.
        HostError: the host rejects a request or cannot be reached.
    """
    if number is not None:
        return [pull_request(environment, number, seconds)]
    job = merges(environment, seconds)
    asked = _commented_pull_request(_event(environment.get("GITHUB_EVENT_PATH", ""))).get("number")
    about = [int(asked)] if asked else job.numbers(job.commit)
    return [job.pull_request(number) for number in sorted({*about, *known})]


def issues(environment: Mapping[str, str], seconds: float) -> Tracker:
    """Return the issues of this job's repository.

    Raises:
        NoPullRequest: the environment names no repository or token.
    """
    if repository := environment.get("GITHUB_REPOSITORY"):
        return GitHubIssues(github_api(environment, repository, seconds), repository)
    if environment.get("CI_API_V4_URL"):
        return GitLabIssues(*gitlab_api(environment, seconds))
    raise NoPullRequest(
        "This is not a GitHub or GitLab job: neither GITHUB_REPOSITORY nor CI_API_V4_URL is set.",
        "Outside such a job, set GITHUB_REPOSITORY=owner/name and GITHUB_TOKEN.",
    )


def open_requests(environment: Mapping[str, str], seconds: float) -> OpenRequests:
    """Return the open pull requests or merge requests with their files.

    Raises:
        NoPullRequest: the environment names no repository or token.
        HostError: the host rejects a request or cannot be reached.
    """
    if repository := environment.get("GITHUB_REPOSITORY"):
        return on_github(github_api(environment, repository, seconds), repository)
    api, project, _ = gitlab_api(environment, seconds)
    return on_gitlab(api, project)


def commented(environment: Mapping[str, str], seconds: float) -> tuple[Api, str, dict[str, Any]]:
    """Return GitHub's API, the repository, and the event of this job, which is about a comment on a pull request.

    Raises:
        NoPullRequest: it is not, or the environment names no repository or token.
    """
    repository = environment.get("GITHUB_REPOSITORY", "")
    event = _event(environment.get("GITHUB_EVENT_PATH", ""))
    if not (event.get("comment") and (event.get("issue") or {}).get("pull_request")):
        raise NoPullRequest("This job is not about a comment on a pull request.", "Run it on `issue_comment`.")
    return github_api(environment, repository, seconds), repository, event


def is_in_merge_queue(environment: Mapping[str, str]) -> bool:
    """Whether this job checks a commit of a merge queue (GitHub) or merge train (GitLab), which may bring several requests."""
    if environment.get("GITHUB_REPOSITORY"):
        return bool(_event(environment.get("GITHUB_EVENT_PATH", "")).get("merge_group"))
    return environment.get("CI_MERGE_REQUEST_EVENT_TYPE") == "merge_train"


def commits(environment: Mapping[str, str], seconds: float) -> Commits:
    """Return the commits of this job's repository, as the host knows them.

    Raises:
        NoPullRequest: this is no job of GitHub or GitLab, or it has no token.
    """
    if repository := environment.get("GITHUB_REPOSITORY"):
        return github.GitHubCommits(github_api(environment, repository, seconds), repository)
    if environment.get("CI_API_V4_URL"):
        api, project, _ = gitlab_api(environment, seconds)
        return gitlab.GitLabCommits(api, project)
    raise NoPullRequest("This is not a GitHub or GitLab job.", "")


def _github_branch(environment: Mapping[str, str]) -> str:
    """Return the job's branch, else the default branch. (GITHUB_REF_NAME is not used: it may be the name of a tag.)"""
    ref = environment.get("GITHUB_REF", "")
    if ref.startswith("refs/heads/"):
        return _branch(ref.removeprefix("refs/heads/"))
    event = _event(environment.get("GITHUB_EVENT_PATH", ""))
    return _branch((event.get("repository") or {}).get("default_branch"))


def _branch(name: str | None) -> str:
    if not name:
        raise NoPullRequest(
            "The branch of this job is unknown: GITHUB_REF or CI_COMMIT_BRANCH does not name a branch.",
            "Apply in a job of a branch, or apply the reviewed plan by its fingerprint: --expect.",
        )
    return name


def _commit(environment: Mapping[str, str], name: str) -> str:
    return _sha(environment.get(name, ""), name)


def _sha(commit: str, name: str) -> str:
    if not re.fullmatch(r"[0-9a-f]{40,64}", commit):
        raise NoPullRequest(f"{name} is not a commit.", "Apply the reviewed plan by its fingerprint: --expect.")
    return commit


def _github(environment: Mapping[str, str], number: int | None, seconds: float) -> Host:
    repository = environment["GITHUB_REPOSITORY"]
    api = github_api(environment, repository, seconds)
    if number is None:
        event = _event(environment.get("GITHUB_EVENT_PATH", ""))
        if run := event.get("workflow_run"):
            number = _only_number(github.number_of_run(api, repository, run))
        elif group := event.get("merge_group"):
            number = github.number_of_group(group)
        else:
            number = (event.get("pull_request") or _commented_pull_request(event)).get("number")
    if number is None:
        raise NoPullRequest(
            "This job has no pull request: its event does not name one.",
            "Run it on `pull_request`, `merge_group` or `workflow_run`, or use --pull-request.",
        )
    return github.GitHub(api, repository, number)


def _commented_pull_request(event: Mapping[str, Any]) -> dict[str, Any]:
    issue: dict[str, Any] = event.get("issue") or {}
    return issue if issue.get("pull_request") else {}


def github_api(environment: Mapping[str, str], repository: str, seconds: float) -> Api:
    """Return GitHub's API with the job's token.

    Raises:
        NoPullRequest: the environment names no repository or token.
    """
    if not re.fullmatch(r"[\w.-]+/[\w.-]+", repository, re.ASCII):
        raise NoPullRequest(
            "GITHUB_REPOSITORY does not have the form owner/name.", "Set it to the repository of the pull request."
        )
    token = _token(
        environment, ("GITHUB_TOKEN", "GH_TOKEN"), "Give the step `env: {GITHUB_TOKEN: ${{ github.token }}}`."
    )
    return github.api(_address(environment, "GITHUB_API_URL", github.API), token, seconds)


def _only_number(numbers: list[int]) -> int:
    if len(numbers) == 1:
        return numbers[0]
    if numbers:
        names = " and ".join(f"#{number}" for number in numbers)
        raise NoPullRequest(f"The workflow ran for a commit of {names}.", "Choose one with --pull-request.")
    raise HostError(
        "no open pull request ends with the commit of this workflow run.",
        "Do nothing: after a newer push, the newer run comments, and a closed pull request needs no comment.",
    )


def _event(path: str) -> dict[str, Any]:
    if not path:
        return {}
    try:
        event = json.loads(Path(path).read_text(encoding="utf-8"))
    except ValueError:
        event = None
    if not isinstance(event, dict):
        raise NoPullRequest(f"GITHUB_EVENT_PATH is {path}, which is not an event.", "Use --pull-request.")
    return event


def _gitlab(environment: Mapping[str, str], number: int | None, seconds: float) -> Host:
    api, project, page = gitlab_api(environment, seconds)
    iid = str(number or environment.get("CI_MERGE_REQUEST_IID", ""))
    if not iid.isdecimal():
        raise NoPullRequest(
            "This job has no merge request: CI_MERGE_REQUEST_IID is not set.",
            "Run it with `rules: [{if: $CI_PIPELINE_SOURCE == 'merge_request_event'}]`, or use --pull-request.",
        )
    return gitlab.GitLab(api, project, int(iid), page)


def gitlab_api(environment: Mapping[str, str], seconds: float) -> tuple[Api, str, str]:
    """Return the API, the project's id and its address."""
    job = "CI_JOB_TOKEN may not write notes. " if environment.get("CI_JOB_TOKEN") else ""
    token = _token(
        environment,
        ("SEATSYNC_GITLAB_TOKEN", "GITLAB_TOKEN"),
        f"{job}Create a project access token with the scope `api` and the role Reporter, and store it in a masked variable.",
    )
    # The pipeline of a merge request from a fork may run in the fork, but the merge request is in the target project.
    project = environment.get("CI_MERGE_REQUEST_PROJECT_ID") or environment.get("CI_PROJECT_ID", "")
    if not project:
        raise NoPullRequest("CI_PROJECT_ID is not set.", "Set it to the project of the merge request.")
    page = environment.get("CI_MERGE_REQUEST_PROJECT_URL") or environment.get("CI_PROJECT_URL", "")
    return gitlab.api(_address(environment, "CI_API_V4_URL"), token, seconds), project, page


def _token(environment: Mapping[str, str], names: tuple[str, str], help: str) -> str:
    """Return the first token that is set. Characters that a header cannot contain are rejected here: a later error would show them."""
    name = next((name for name in names if environment.get(name, "").strip()), None)
    if name is None:
        raise NoPullRequest(f"There is no token: neither {names[0]} nor {names[1]} is set.", help)
    token = environment[name].strip()
    if not re.fullmatch(r"[!-~]+", token):
        raise NoPullRequest(
            f"{name} is not a token: it contains spaces, line breaks or letters that no token has.", help
        )
    return token


def _address(environment: Mapping[str, str], name: str, default: str = "") -> str:
    address = environment.get(name) or default
    if origin(address) is None or "@" in address:
        raise NoPullRequest(
            f"{name} is not the address of an API.",
            "Use an address like https://host.example/api, without a password.",
        )
    return address
