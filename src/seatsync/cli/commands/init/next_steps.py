"""What is left to do after ``init --ci``, on GitHub or GitLab, with the names of their menus."""

from __future__ import annotations

from collections.abc import Iterator

from seatsync.cli.commands.init.code_owners import SWITCHES
from seatsync.cli.commands.init.pipeline import BESIDE_OTHER_JOBS, is_in_git
from seatsync.cli.commands.init.setup import Setup, shown
from seatsync.git.branches import default_branch, has_commits, root_of


def steps(setup: Setup) -> list[str]:
    """Return the steps, in the order in which to do them."""
    host = _on_github if setup.choice.host == "github" else _on_gitlab
    branch = default_branch(setup.top)
    return [*_in_git(setup, branch), *_files(setup), *host(setup, branch), *_first_change(setup)]


def _in_git(setup: Setup, branch: str) -> Iterator[str]:
    name = "GitHub" if setup.choice.host == "github" else "GitLab"
    if root_of(setup.top) is None:
        yield (
            f"Make {setup.top} a Git repository: create an empty one on {name}, then here `git init -b main` and "
            "`git remote add origin ADDRESS`."
        )
    if not has_commits(setup.top):
        yield (
            f"A change is proposed for a branch that exists, so push a first commit to {branch}: "
            f'`git commit --allow-empty -m "First commit" && git push -u origin {branch}`.'
        )


def _files(setup: Setup) -> Iterator[str]:
    if setup.new is not None:
        yield (
            f"Replace what is made up in {setup.new}: the members in rosters/, the libraries in seatsync.yaml, and the "
            "administrator, unless --admin named one. Check it with `seatsync validate`. If your seats are in a vendor's portal, "
            "start in a new folder with --from and its export instead."
        )


def _on_github(setup: Setup, branch: str) -> Iterator[str]:
    secrets = "Settings > Secrets and variables > Actions > Secrets > New repository secret"
    if is_in_git(setup.choice.ledger):
        yield f"{secrets}: SEATSYNC_LEDGER_KEY. {_KEY}"
    else:
        yield f"{secrets}: SEATSYNC_LEDGER. {_DATABASE.format('reads')}"
    yield from (f"{secrets}: {name}. {what}" for name, what in _more_secrets(setup))
    only = f'"Deployment branches and tags": "Selected branches and tags", and add {branch}'
    own = "" if is_in_git(setup.choice.ledger) else " In it, the secret SEATSYNC_LEDGER with a role that writes."
    yield f"Settings > Environments > New environment: seatsync. {only}.{own}"
    if setup.uses("seatsync-letters"):
        yield f"The same for the environment seatsync-letters. In it also, for the letters, the secret {_MAIL_SECRET}."
        yield f"Settings > Secrets and variables > Actions > Variables > New repository variable: {_MAIL_VARIABLES}."
    if setup.choice.forks:
        yield 'The environment seatsync-forks: tick "Required reviewers" and name somebody who looks at forks first.'
    yield (
        f"Settings > Rules > Rulesets > New ruleset > New branch ruleset, for {branch}: tick "
        '"Require a pull request before merging", and under "Require status checks to pass" add seatsync, '
        "once the first pull request has been planned."
    )
    yield from _owners(setup)


def _on_gitlab(setup: Setup, branch: str) -> Iterator[str]:
    if setup.top / BESIDE_OTHER_JOBS in setup.texts:
        yield f"In your .gitlab-ci.yml, which has other jobs: `include: [{{local: {BESIDE_OTHER_JOBS}}}]`."
    variables = "Settings > CI/CD > Variables > Add variable"
    masked = 'Visibility "Masked", "Protect variable" off, because merge requests are planned with it'
    if is_in_git(setup.choice.ledger):
        yield f"{variables}: SEATSYNC_LEDGER_KEY ({masked}). {_KEY}"
        yield 'Settings > CI/CD > Job token permissions: tick "Allow Git push requests to the repository".'
    else:
        yield f"{variables}: SEATSYNC_LEDGER ({masked}). {_DATABASE.format('reads')}"
        if setup.uses("name: seatsync"):
            yield (
                f"{variables}: SEATSYNC_LEDGER once more, masked and protected, with a role that writes: for the environment "
                "seatsync" + (", and for seatsync-letters." if setup.uses("name: seatsync-letters") else ".")
            )
    yield (
        "Settings > Access tokens > Add new token: role Developer, scope api. Then the variable SEATSYNC_GITLAB_TOKEN with this "
        f"token ({masked}): it writes the comment and the statuses."
    )
    yield from (f"{variables}: {name} ({masked}). {what}" for name, what in _more_secrets(setup))
    if setup.uses("SEATSYNC_SMTP_URL"):
        yield f"{variables}, for the letters: {_MAIL_SECRET} (masked and protected); {_MAIL_VARIABLES}."
    yield f"Build > Pipeline schedules > New schedule: every night soon after midnight, target branch {branch}."
    if setup.uses("resource_group: seatsync"):
        yield (
            "Once, after the first apply, so that waiting applies keep their order: set the process mode of the resource group "
            "seatsync to oldest_first by the API (docs/ci.md#what-the-pipeline-does has the command)."
        )
    yield (
        f'Settings > Repository > Protected branches: for {branch}, "Allowed to push and merge": no one. '
        'Settings > Merge requests > Merge checks: tick "Pipelines must succeed".'
    )
    yield from _owners(setup)


def _more_secrets(setup: Setup) -> Iterator[tuple[str, str]]:
    if setup.has_files("*.age"):
        yield "SEATSYNC_AGE_KEY", "The age key of your encrypted files."
    if setup.has_files("*.enc.*"):
        yield "SOPS_AGE_KEY", "The age key of the files that SOPS has encrypted; for other keys see docs/ci.md."
    yield "SEATSYNC_REDACT_KEY", "Only if the repository is public: the output of `openssl rand -hex 32`."


def _owners(setup: Setup) -> Iterator[str]:
    for path in setup.owners:
        yield f"Who must approve what: name the owners in {shown(path)}, and tick {SWITCHES[setup.choice.host]}."


def _first_change(setup: Setup) -> Iterator[str]:
    change = "pull request" if setup.choice.host == "github" else "merge request"
    yield (
        "Propose it all: `git switch -c seats && git add -A && git commit -m Seats && git push -u origin seats`, then open "
        f"the {change}. A comment shows what merging it would do; the merge applies it."
    )


_KEY = "Its value is what `seatsync ledger key` prints. Keep a copy: without it nobody can read the ledger."
_DATABASE = "The address of the PostgreSQL database, postgresql+psycopg://…, with a role that {} (docs/ledger.md)."
_MAIL_SECRET = "SEATSYNC_SMTP_URL (smtp://user:password@host:587)"  # noqa: S105
_MAIL_VARIABLES = (
    "SEATSYNC_MAIL_FROM (Library <library@my-school.example>) and SEATSYNC_PORTAL_URL (where members claim)"
)
