"""The process around a command: its streams, its terminal, its end."""

from __future__ import annotations

import io
import os
import signal
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from newsdex.configuration import refusal_of
from newsdex.errors import NewsdexError, cause_of, lacks_memory

if TYPE_CHECKING:
    from newsdex.indexer.build import Progress
    from newsdex.terminal import Style

INTERRUPTED = 130
FAULT = 70  # of newsdex itself: EX_SOFTWARE of sysexits.h; 1 would say that nothing was found


def run(  # noqa: PLR0911 - an exit code a case
    command: click.Command, name: str, arguments: Sequence[str] | None, defaults: Callable[[], dict[str, Any]] = dict
) -> int:
    """Run ``command`` with ``arguments``, say what went wrong, and return the exit code. ``defaults`` gives click's default_map."""
    try:
        _open_streams()
        if instruction := os.environ.get(completion_variable(name)):
            from click.shell_completion import shell_complete

            return shell_complete(command, {}, name, completion_variable(name), instruction)
        # Not command.main(): that leaves with exit code 1 when the reader of our output has gone.
        given = list(sys.argv[1:] if arguments is None else arguments)
        with command.make_context(name, given, default_map=defaults()) as context:
            code = command.invoke(context)
        sys.stdout.flush()
        return code if isinstance(code, int) else 0
    except click.exceptions.Exit as done:  # --help and --version
        return done.exit_code
    except NewsdexError as error:
        click.echo(f"{name}: {shown(cause_of(error))}", err=True)
        return error.exit_code
    except click.exceptions.NoArgsIsHelpError as error:
        error.show()
        return NewsdexError.exit_code
    except click.ClickException as error:
        _tell_usage(name, error)
        return NewsdexError.exit_code
    except (KeyboardInterrupt, click.Abort):
        return INTERRUPTED
    except BrokenPipeError:  # the reader of our output has seen enough
        _forget_output()
        return 0
    except OSError as error:
        _forget_output()
        click.echo(f"{name}: {shown(cause_of(error))}", err=True)
        return NewsdexError.exit_code
    except Exception as error:  # noqa: BLE001 - whatever was not foreseen
        return _tell_fault(name, error)


def completion_variable(name: str) -> str:
    """The environment variable with which a shell asks the command ``name`` for completions, as click names it."""
    return f"_{name.upper()}_COMPLETE"


def _tell_usage(name: str, error: click.ClickException) -> None:
    if isinstance(error, click.UsageError) and error.ctx:
        click.echo(error.ctx.get_usage(), err=True)
    message = error.format_message()
    if isinstance(error, click.BadParameter):
        message = message.replace(error.message, refusal_of(error))
    if isinstance(error, click.MissingParameter) and error.ctx:
        message = f"{message.rstrip('.')}. {_example(error.ctx)}"
    if isinstance(error, click.NoSuchOption) and error.ctx and isinstance(error.ctx.command, click.Group):
        message += f" Options go after the command: {name} COMMAND {error.option_name}"
    click.echo(f"{name}: {shown(message)}", err=True)


def _example(context: click.Context) -> str:
    """An example of the command of ``context``, the first of its help."""
    lines = map(str.strip, (context.command.help or "").splitlines())
    names = (f"{context.command_path} ", f"{context.info_name} ")
    example = next((line for line in lines if line.startswith(names)), "")
    return f"Example: {example}" if example else f"More: {context.command_path} --help"


def _tell_fault(name: str, error: Exception) -> int:
    """Say of an error that newsdex did not foresee what it was: a line, or with NEWSDEX_DEBUG the traceback. Return the exit code."""
    if os.environ.get("NEWSDEX_DEBUG"):
        import traceback

        click.echo(shown("".join(traceback.format_exception(error))), err=True)
    if lacks_memory(error):
        click.echo(f"{name}: {cause_of(error)}", err=True)
        return NewsdexError.exit_code
    what = f"{type(error).__name__}: {error}"[:500]
    click.echo(f"{name}: internal error: {shown(what)}. To see where, run it again with NEWSDEX_DEBUG=1; please report it", err=True)
    return FAULT


def _open_streams() -> None:
    """A closed standard stream is an empty one; what the terminal's encoding lacks is shown as a question mark."""
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            setattr(sys, name, Path(os.devnull).open(mode, encoding="utf-8"))  # noqa: SIM115 - open until the end
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="replace")


def _forget_output() -> None:
    """What waits to be written would fail once more when Python leaves."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def leave(code: int) -> None:
    """End the process at once: taking numpy and the memory maps down in order costs 20 CPU milliseconds and serves nobody."""
    try:
        sys.stdout.flush()
        sys.stderr.flush()
    finally:
        os._exit(code)


def use_one_thread(*libraries: str) -> None:
    """One thread for one question, or a few passages, in ``libraries``, by default all of them: more only burn time waiting for each
    other. Must come before numpy is loaded.
    """
    for name in libraries or ("OMP", "OPENBLAS", "MKL"):
        os.environ.setdefault(f"{name}_NUM_THREADS", "1")


def style_of(choice: str) -> Style:
    """The style that the terminal can show and --color, "auto", "always" or "never", leaves."""
    from newsdex.terminal import Style, terminal_columns

    there, kind = sys.stdout.isatty(), os.environ.get("TERM")
    color = choice == "always" or (choice == "auto" and there and not os.environ.get("NO_COLOR") and kind != "dumb")
    width = min(100, max(40, terminal_columns()))  # longer lines are hard to read
    return Style(width, color, links=choice != "never" and there and kind not in (None, "dumb", "linux"))


def print_styled(lines: Callable[[Any, Style], Iterator[str]], found: object, color: str) -> None:
    """Print the ``lines`` of what was ``found``, in the style for ``color``."""
    for line in lines(found, style_of(color)):
        click.echo(line, color=True)


@contextmanager
def tidies_up_at_signal() -> Iterator[None]:
    """SIGTERM within is as Ctrl-C: temporary files are removed."""
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


# Share of a run from which its time is estimated: before, loading the model and starting parsers are most of it.
_ESTIMATED = 0.1
_EVERY = 10.0  # seconds between two lines


class ProgressBar(AbstractContextManager["ProgressBar"]):
    """How far a run is, on standard error: a bar on a terminal, after a second; elsewhere a line about every ten seconds."""

    def __init__(self, unit: str = "passages", *, clock: Callable[[], float] = time.monotonic) -> None:
        """``unit`` is what is done so many times a second, by ``clock``."""
        self._unit = unit
        self._clock = clock
        self._bar: Any = None
        self._started = time.time()  # tqdm's clock
        self._shown = 0.0
        self._began = self._told = clock()

    def __exit__(self, *_: object) -> None:
        if self._bar is not None:
            self._bar.close()

    def show(self, progress: Progress) -> None:
        """Draw the bar, at most ten times a second, or print a line if it is time for one."""
        if sys.stderr.isatty():
            self._draw(progress)
        elif (now := self._clock()) - self._told >= _EVERY:
            self._told = now
            click.echo(f"newsdex: {_line(progress, self._unit, now - self._began)}", err=True)

    def _draw(self, progress: Progress) -> None:
        if self._bar is None:
            from tqdm import tqdm

            self._bar = tqdm(total=progress.total, file=sys.stderr, delay=1, leave=False)
            self._bar.start_t = self._started
        elapsed = self._bar.format_dict["elapsed"] or 0.0
        if elapsed >= 1 and elapsed - self._shown >= 0.1:  # noqa: PLR2004 - ten times a second
            self._shown = elapsed
            self._bar.n = progress.done
            left = ", {remaining} left" if progress.done >= _ESTIMATED * progress.total else ""
            self._bar.bar_format = f"{{percentage:3.0f}}%|{{bar}}|{{postfix}} {self._unit}/s{left}"
            self._bar.set_postfix_str(f"{progress.passages / elapsed:.0f}")


def _line(progress: Progress, unit: str, elapsed: float) -> str:
    """How far a run is after ``elapsed`` seconds: ``42 %, 1,234 passages (85/s), about 3 min left``; without what cannot be told."""
    share = min(1.0, progress.done / progress.total) if progress.total else 1.0
    rate = round(progress.passages / elapsed)
    line = f"{progress.passages:,} {unit.removesuffix('s') if progress.passages == 1 else unit}" + (f" ({rate}/s)" if rate else "")
    if not progress.passages:
        return f"{int(100 * share)} %"
    # Files are read ahead: when all are, what was read last is still to be embedded.
    if share in (0, 1):
        return line
    line = f"{max(1, int(100 * share))} %, {line}"
    if share < _ESTIMATED:
        return line
    minutes = elapsed * (1 - share) / share / 60
    return f"{line}, about {f'{minutes:.0f} min' if minutes >= 1 else f'{60 * minutes:.0f} s'} left"


def tell(*texts: str, head: str = "") -> None:
    """Print each of ``texts``, made fit for a terminal, after ``head`` on standard error."""
    for text in texts:
        click.echo(f"{head}{shown(text)}", err=True)


def shown(text: str) -> str:
    """``text`` made fit for a terminal; the module that does it is loaded only when there is something to say."""
    from newsdex.terminal import visible

    return visible(text)
