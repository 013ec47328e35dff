"""The command `bevis`: nouns, verbs, and what a refusal looks like in a shell.

Exit codes: 0 ok, 1 negative verdict or refused rows, 2 usage or bad input, 3 could not check.
"""

import contextlib
import gc
import sys
from collections.abc import Sequence
from functools import cache
from importlib import import_module
from typing import Any, Final, cast

import typer
from typer.core import TyperGroup

from registry.command_line.streams import make_safe

OK: Final = 0

# What each word after `bevis` is: the file it lives in, and its name there. Read when it is asked for: all of them
# together take a second, which whoever stands at a gate does not have.
COMMANDS: Final[dict[str, tuple[str, str]]] = {
    "init": ("init", "init"),
    "demo": ("demo", "demo"),
    "serve": ("serve", "serve"),
    "doctor": ("doctor", "doctor"),
    "backup": ("backup", "backup"),
    "restore": ("backup", "restore"),
    "upgrade": ("upgrade", "upgrade"),
    "verify": ("verify", "verify"),
    "check": ("check", "check"),
    "publish": ("publish", "publish"),
    "monitor": ("monitor", "monitor"),
    "sign": ("sign", "sign"),
    "level": ("level", "level"),
    "org": ("organisation_design", "commands"),
    "accreditation": ("accreditation", "commands"),
    "scheme": ("scheme_whole", "commands"),
    "mandate": ("mandate", "commands"),
    "recognition": ("recognition", "commands"),
    "occasion": ("occasion", "commands"),
    "person": ("person", "commands"),
    "batch": ("batch_paper", "commands"),
    "certificate": ("certificate_paper", "commands"),
    "notice": ("notice", "commands"),
    "access": ("access", "commands"),
    "account": ("account", "commands"),
    "approval": ("approval", "commands"),
    "key": ("key", "commands"),
    "trust": ("trust", "commands"),
    "gate": ("gate", "commands"),
    "report": ("report", "commands"),
    "log": ("log", "commands"),
}


class Bevis(TyperGroup):
    """The command, with every refusal presented the same way, in words or as JSON."""

    def list_commands(self, ctx: object) -> list[str]:  # noqa: ARG002 as it is called
        """In the order in which help names them."""
        return list(COMMANDS)

    def get_command(self, ctx: object, cmd_name: str) -> Any:  # noqa: ANN401, ARG002 as it is called
        """The command, read from its file; None where there is none of that name."""
        return _read(cmd_name) if cmd_name in COMMANDS else None

    def main(
        self,
        args: Sequence[str] | None = None,
        prog_name: str | None = None,
        complete_var: str | None = None,
        standalone_mode: bool = True,
        windows_expand_args: bool = True,
        **extra: Any,  # noqa: ANN401 same
    ) -> Any:  # noqa: ANN401 same
        """Run, and leave with the exit code."""
        arguments = list(sys.argv[1:] if args is None else args)
        for stream in (sys.stdout, sys.stderr):
            make_safe(stream)
        try:
            code = super().main(
                arguments,
                prog_name=prog_name or "bevis",
                complete_var=complete_var,
                standalone_mode=False,
                windows_expand_args=windows_expand_args,
                **extra,
            )
        except BrokenPipeError:
            # Whoever read us (head, less) has seen enough.
            with contextlib.suppress(OSError):
                sys.stdout.close()
            code = OK
        except typer.Abort:
            code = 130
        except Exception as fault:  # noqa: BLE001 a traceback is no answer, and exit code 1 would say "not valid"
            from registry.command_line.presented import presented

            code = presented(arguments, fault)
        if not standalone_mode:
            return code
        sys.exit(code if isinstance(code, int) else 0)


app = typer.Typer(
    name="bevis",
    cls=Bevis,
    help="Competence certificates: levels computed from evidence, signed proofs, one honest verdict.",
    epilog="Every command takes --json and --lang sv|nb|en, those on a registry --dir too. "
    "Exit codes: 0 ok, 1 negative verdict or refused rows, 2 usage or bad input, 3 could not check.",
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


@app.callback()
def bevis() -> None:
    """Competence certificates: levels computed from evidence, signed proofs, one honest verdict."""


@cache
def _read(name: str) -> Any:  # noqa: ANN401 whatever Typer makes of it
    """The command of that name, as Typer makes it of a function or of a noun with its verbs."""
    file, attribute = COMMANDS[name]
    found = getattr(import_module(f"registry.command_line.{file}"), attribute)
    alone = typer.Typer(add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False)
    if isinstance(found, typer.Typer):
        alone.add_typer(found, name=name)
        return cast("TyperGroup", typer.main.get_command(alone)).commands[name]
    alone.command(name)(found)
    return typer.main.get_command(alone)


def run() -> None:
    """The console script."""
    spare_the_collector()
    app()


def spare_the_collector() -> None:
    """Have memory looked through less often: a list of many thousand rows makes much, and nothing that goes in circles.

    A third of the time that such a list takes; what was imported is not looked through at all.
    """
    gc.freeze()
    gc.set_threshold(50_000, 20, 100)
