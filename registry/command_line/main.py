"""The command `bevis`: nouns, verbs, and what a refusal looks like in a shell.

Exit codes: 0 ok, 1 negative verdict or refused rows, 2 usage or bad input, 3 could not check.
"""

import contextlib
import gc
import os
import sys
import traceback
from collections.abc import Sequence
from pathlib import Path
from typing import Any, TextIO

import typer
from typer.core import TyperGroup

from registry.command_line import (
    access,
    account,
    approval,
    backup,
    batch,
    catalogue,
    certificate_mass,
    check,
    demo,
    doctor,
    extension,
    init,
    key,
    log,
    mandate,
    monitor,
    notice,
    occasion,
    organisation,
    person,
    publish,
    recognition,
    scheme,
    serve,
    sign,
    trust,
    upgrade,
    verify,
)
from registry.command_line.level import level
from registry.command_line.refused import language_of, refused
from registry.command_line.screen import COULD_NOT_CHECK, OK, USAGE, report, words
from registry.errors import NOT_STORED, Refusal
from registry.records.store.database_faults import is_database_fault
from registry.records.store.database_faults import told as in_words
from registry.web.sentences import translated

# The common parent of all that Typer says about wrong usage; Typer does not export it by name.
_UsageFault: type[Exception] = typer.BadParameter.__mro__[2]


class Bevis(TyperGroup):
    """The command, with every refusal presented the same way, in words or as JSON."""

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
            _make_safe(stream)
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
            code = _presented(arguments, fault)
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
for name, command in (
    ("catalogue", catalogue.list_),
    ("import-catalogue", catalogue.import_),
    ("extend", extension.extend),
    ("extensions", extension.list_),
    ("end-extension", extension.end),
):
    scheme.commands.command(name)(command)
app.command("init")(init.init)
app.command("demo")(demo.demo)
app.command("serve")(serve.serve)
app.command("doctor")(doctor.doctor)
app.command("backup")(backup.backup)
app.command("restore")(backup.restore)
app.command("upgrade")(upgrade.upgrade)
app.command("verify")(verify.verify)
app.command("check")(check.check)
app.command("publish")(publish.publish)
app.command("monitor")(monitor.monitor)
app.command("sign")(sign.sign)
for name, noun in (
    ("level", level),
    ("org", organisation.commands),
    ("scheme", scheme.commands),
    ("mandate", mandate.commands),
    ("recognition", recognition.commands),
    ("occasion", occasion.commands),
    ("person", person.commands),
    ("batch", batch.commands),
    ("certificate", certificate_mass.commands),
    ("notice", notice.commands),
    ("access", access.commands),
    ("account", account.commands),
    ("approval", approval.commands),
    ("key", key.commands),
    ("trust", trust.commands),
    ("log", log.commands),
):
    app.add_typer(noun, name=name)


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


def _presented(arguments: Sequence[str], fault: Exception) -> int:
    """Say what went wrong, and which exit code that is."""
    lang = language_of(arguments)
    if isinstance(fault, Refusal):
        told = refused(fault, lang)
        report(arguments, type(fault).__name__, told.title, told.detail, told.faults)
        return COULD_NOT_CHECK if isinstance(fault, NOT_STORED) else USAGE
    if isinstance(fault, _UsageFault):
        context, says = getattr(fault, "ctx", None), getattr(fault, "format_message", fault.__str__)()
        hint = words(lang, "usage_help", command=context.command_path if context else "bevis")
        detail = f"{translated(says.strip(), lang)} {hint}" if says else hint
        report(arguments, "Usage", words(lang, "usage_wrong"), detail)
        return USAGE
    if isinstance(fault, UnicodeEncodeError):
        report(arguments, "Usage", words(lang, "usage_wrong"), words(lang, "usage_not_utf8"))
        return USAGE
    if isinstance(fault, OSError):
        where = f"{fault.filename}: " if fault.filename else ""
        report(arguments, "System", words(lang, "system_refused"), f"{where}{fault.strerror or fault}")
        return USAGE
    if is_database_fault(fault):
        # A database repeats what it was given, which may be people's data: only SQLite's own words are passed on.
        report(arguments, "Database", words(lang, "database_fault"), words(lang, "look_closer", what=in_words(fault)))
    else:
        report(arguments, "Fault", words(lang, "own_fault"), words(lang, "look_closer", what=_of_ours(fault)))
    return COULD_NOT_CHECK


def _of_ours(fault: Exception) -> str:
    """Where it happened, for a report of the fault; the whole of it with BEVIS_TRACEBACK=1."""
    if os.environ.get("BEVIS_TRACEBACK") == "1":
        traceback.print_exception(fault)
    frames = traceback.extract_tb(fault.__traceback__)
    where = f" in {Path(frames[-1].filename).name}, line {frames[-1].lineno}" if frames else ""
    return f"{type(fault).__name__}{where}"


def _make_safe(stream: TextIO) -> None:
    """What a terminal cannot show becomes `?`, not a crash."""
    if hasattr(stream, "reconfigure"):
        stream.reconfigure(errors="replace")
