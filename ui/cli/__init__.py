"""The ``pincite`` command."""


def main() -> None:
    """Run it with the arguments of this process, and end the process with its exit code."""
    from ui.cli.commands import main as run  # the server prints by the same terminal, and needs no command

    run()
