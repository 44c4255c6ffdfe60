"""Write what ``init`` has made: never over a file that somebody has edited."""

from __future__ import annotations

from pathlib import Path

from seatsync.cli.commands.init.institutions import covers, institutions_below
from seatsync.cli.commands.init.next_steps import steps
from seatsync.cli.commands.init.pipeline import Choice, Written
from seatsync.cli.commands.init.setup import Setup, shown
from seatsync.cli.run import Run


def write_pipeline(run: Run, setup: Setup) -> None:
    """Write the pipeline and the sample of CODEOWNERS, and say what was written and what is left to do."""
    done = [_write_or_update(run, path, text, setup.choice) for path, text in setup.texts.items()]
    for path, text in setup.owners.items():
        write(run, path, text)
    if None not in done:
        run.say(f"The pipeline plans and applies: {setup.words}")
    if others := [str(shown(one)) for one in institutions_below(setup.top) if not covers(setup.words, setup.top, one)]:
        run.say(
            f"Not in the pipeline: {', '.join(others)}. To include them, run `{setup.choice.command}` in {setup.top}."
        )
    if True in done:
        run.say("\nLeft to do (docs/ci.md says more):")
        for number, step in enumerate(steps(setup), 1):
            run.say(f"{number:2}. {step}")


def write(run: Run, target: Path, text: str) -> bool:
    """Write a file unless it exists, and return whether it was written."""
    if target.exists():
        return False
    _replace(target, text)
    run.say(f"wrote {shown(target)}")
    return True


def _write_or_update(run: Run, path: Path, text: str, choice: Choice) -> bool | None:
    """Write a pipeline file, or update it if nobody has edited it. True if it is new, None if it was left as it is."""
    written = Written.at(path)
    if written is None:
        return write(run, path, text)
    if written.text == text:
        run.say(f"{shown(path)} is up to date.")
        return False
    if written.is_as_written:
        _replace(path, text)
        run.say(f"updated {shown(path)}, which nobody had edited:\n{written.difference(text)}")
        return False
    if written.text:
        run.say(
            f"{shown(path)} was not changed, because it was edited or comes from an older version. The difference to what "
            f"init would write:\n{written.difference(text)}"
            f"To fix: Make these changes yourself, or delete the file and run `{choice.command}`."
        )
    else:
        run.say(
            f"{shown(path)} was not changed, because seatsync did not write it. To fix: Rename or delete it, then run this again."
        )
    return None


def _replace(target: Path, text: str) -> None:
    from seatsync.cli.output.files import write_atomically

    target.parent.mkdir(parents=True, exist_ok=True)
    write_atomically(target, [text])
