"""Print a script that completes skyrack's commands, options and file names in a shell.

source <(skyrack completion bash)
skyrack completion zsh > ~/.zfunc/_skyrack
"""

import argparse

SHELLS = ("bash", "zsh", "tcsh")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the argument: the shell."""
    parser.add_argument("shell", choices=SHELLS)


def run(options: argparse.Namespace) -> int:
    """Print the script; 0."""
    import shtab

    print(shtab.complete(whole_parser(), shell=options.shell))
    return 0


def whole_parser() -> argparse.ArgumentParser:
    """A parser with every command and all its options; this imports every command's module."""
    from skyrack.cli import COMMANDS, command_module

    parser = argparse.ArgumentParser(prog="skyrack")
    commands = parser.add_subparsers(dest="command")
    for name, summary in COMMANDS.items():
        command_module(name).add_arguments(commands.add_parser(name, help=summary))
    return parser
