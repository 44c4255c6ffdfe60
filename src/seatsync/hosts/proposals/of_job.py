"""Where a CI job's pull requests are."""

from __future__ import annotations

from collections.abc import Mapping

from seatsync.hosts.environment import NoPullRequest, github_api, gitlab_api
from seatsync.hosts.github import user
from seatsync.hosts.proposals.on_github import GitHubProposals
from seatsync.hosts.proposals.on_gitlab import GitLabProposals
from seatsync.hosts.proposals.put import Proposals

_JOBS_OWN = "github-actions[bot]"


def proposals(environment: Mapping[str, str], branch: str, base: str, seconds: float) -> tuple[Proposals, bool]:
    """Return the pull requests from ``branch`` into ``base``; and whether the host plans them as usual, which GitHub does not do for
    those that a job's own token opens.

    Raises:
        NoPullRequest: the environment names no repository or token.
        HostError: the host rejects a request or cannot be reached.
    """
    if repository := environment.get("GITHUB_REPOSITORY"):
        api = github_api(environment, repository, seconds)
        return GitHubProposals(api, repository, branch, base), user(api) != _JOBS_OWN
    if environment.get("CI_API_V4_URL"):
        gitlab, project, _ = gitlab_api(environment, seconds)
        return GitLabProposals(gitlab, project, branch, base), True
    raise NoPullRequest(
        "This is not a GitHub or GitLab job: neither GITHUB_REPOSITORY nor CI_API_V4_URL is set.",
        "Outside such a job, set GITHUB_REPOSITORY=owner/name and GITHUB_TOKEN.",
    )
