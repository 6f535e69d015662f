"""The ``pincite`` command."""

from index.offline import stay_offline


def main() -> None:
    """Run it with the arguments of this process, and end the process with its exit code."""
    stay_offline()
    from ui.cli.commands import main as run  # the server prints by the same terminal, and needs no command

    run()
