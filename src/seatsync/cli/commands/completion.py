"""``seatsync completion``."""

from __future__ import annotations

import click

from seatsync.cli.options import common
from seatsync.cli.run import Run

_SHELLS = ("bash", "zsh", "fish")


@click.command("completion")
@click.argument("shell", type=click.Choice(_SHELLS))
@common()
def command(run: Run, shell: str) -> None:
    """Print the script by which a shell completes seatsync's commands and options.

    \b
    seatsync completion bash > ~/.local/share/bash-completion/completions/seatsync
    seatsync completion zsh > ~/.zfunc/_seatsync
    seatsync completion fish > ~/.config/fish/completions/seatsync.fish

    bash needs version 4.4 or newer. For zsh, the folder must be in fpath before compinit runs:
    `fpath+=~/.zfunc; autoload -Uz compinit; compinit` in .zshrc.
    """
    from click.shell_completion import get_completion_class

    made = get_completion_class(shell)
    assert made is not None
    click.echo(made(click.get_current_context().find_root().command, {}, "seatsync", "_SEATSYNC_COMPLETE").source())
