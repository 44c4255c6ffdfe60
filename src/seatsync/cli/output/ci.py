"""Whether a CI job runs this command."""

from __future__ import annotations

import os


def in_ci() -> bool:
    """Whether this command runs in a CI job, whose log a program reads."""
    return any(os.environ.get(name) for name in _VARIABLES) or os.environ.get("CI", "").lower() not in (
        "",
        "0",
        "false",
    )


_VARIABLES = (
    *("GITHUB_ACTIONS", "GITLAB_CI"),
    *("JENKINS_URL", "TF_BUILD", "TEAMCITY_VERSION", "BITBUCKET_BUILD_NUMBER", "BUILDKITE"),
)
"""Variables of CI systems that do not set CI. Only the first two systems say who can read the repository."""
