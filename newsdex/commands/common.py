"""Options and messages that the commands share."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Callable, Mapping, Sequence
from functools import partial, reduce, wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, TypeAlias

import click
from click.core import ParameterSource

from newsdex.console import shown, use_one_thread
from newsdex.errors import NewsdexError, UsageError

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

    from newsdex.search.index import Index
    from newsdex.store.snapshot import Snapshot

Command: TypeAlias = Callable[..., int | None]  # the exit code; None is 0

NOTHING_FOUND = 1
DRIFT = 1


def values_of(field: str) -> Callable[[click.Context, click.Parameter, str], list[CompletionItem]]:
    """Return a completion function for options whose value is a source or language of the index, as ``field`` says; commonest first."""

    def complete(context: click.Context, _parameter: click.Parameter, begun: str) -> list[CompletionItem]:
        from click.shell_completion import CompletionItem

        from newsdex import configuration
        from newsdex.search.lookups.lookup import overview

        try:
            given = context.get_parameter_source("index_dir") is ParameterSource.COMMANDLINE
            place = context.params["index_dir"] if given else configuration.index_place()
            names: dict[str, int] = getattr(overview(snapshot_of(Path(place))), field)
        except (NewsdexError, OSError):  # there is nobody to tell
            return []
        found = [name for name in names if name.isprintable() and name.casefold().startswith(begun.casefold())]
        # Bash takes a completion as it is, after its read has taken a backslash of two; other shells quote it.
        bash = any(said.startswith("bash") for name, said in os.environ.items() if name.endswith("_COMPLETE"))
        return [CompletionItem(re.sub(r"([^\w@%+=:,./-])", r"\\\\\1", name) if bash else name) for name in found]

    return complete


def checked(kind: type[click.ParamType[Any]], check: Callable[[Any], object]) -> click.ParamType[Any]:
    """The type of an option whose values ``check`` takes too, or raises UsageError: in a file of settings they are errors as well."""

    class Checked(kind):  # type: ignore[valid-type, misc]
        def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
            found = super().convert(value, param, ctx)
            check(found)
            return found

    return Checked()


class Naming(click.Group):
    """A group that suggests the nearest commands for an unknown one. ``also`` maps other names to commands."""

    also: ClassVar[Mapping[str, str]] = {}

    def resolve_command(self, ctx: click.Context, args: list[str]) -> tuple[str | None, click.Command | None, list[str]]:
        """As click does it. Raises UsageError for an unknown command."""
        name, known = args[0], self.list_commands(ctx)
        if name in known or name.startswith("-") or ctx.resilient_parsing:
            return super().resolve_command(ctx, args)
        from difflib import get_close_matches

        near = [self.also[name]] if name in self.also else get_close_matches(name[:100], known, n=3)
        advice = f"Did you mean {' or '.join(near)}?" if near else f"All commands: {ctx.command_path} --help"
        raise click.UsageError(f"No such command {name[:100]!r}. {advice}", ctx)


class OneFormat(click.Command):
    """A command with --format and flags for its values. Only one of them can be given."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """The same. Raises UsageError when several formats are chosen."""
        if not ctx.resilient_parsing:
            order = self.make_parser(ctx).parse_args(list(args))[2]
            chosen = dict.fromkeys(each.opts[0] for each in order if isinstance(each, click.Option) and each.name == "form")
            if len(chosen) > 1:
                raise click.UsageError(f"{' and '.join(chosen)} choose different formats: give only one of them", ctx)
        return super().parse_args(ctx, args)


def together(*options: Callable[[Command], Command]) -> Callable[[Command], Command]:
    """One decorator for ``options``, which the help lists in this order."""
    return lambda command: reduce(lambda done, option: option(done), reversed(options), command)


def formats(*names: str) -> Callable[[Command], Command]:
    """The option --format of a OneFormat, with the formats ``names`` (default: the first), and a flag for each of the others."""
    flags = (click.option(f"--{name}", "form", flag_value=name, help=f"The same as --format {name}.") for name in names[1:])
    kind = click.Choice(names)
    return together(click.option("--format", "form", type=kind, default=names[0], show_default=True, help="Output format."), *flags)


class FilePath(click.Path):
    """A click.Path that rejects the empty path: Path("") would be the working folder."""

    def __init__(self, **options: Any) -> None:
        super().__init__(path_type=Path, **options)

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        if value == "":
            self.fail('the path is empty: expected the name of a file or folder, such as "."', param, ctx)
        return super().convert(value, param, ctx)


def _folder(_context: click.Context, _parameter: click.Parameter, path: Path) -> Path:
    """Return ``path`` if it is a folder's. Raises UsageError for an address of Milvus."""
    if str(path).startswith("milvus") or path.suffix == ".db":
        from newsdex.milvus.place import folder_at

        return folder_at(path)
    return path


_index_option = partial(
    click.option, "--index-dir", type=FilePath(), default="index_data", show_default=True, envvar="NEWSDEX_INDEX_DIR", show_envvar=True
)
index_dir_option = _index_option(callback=_folder, help="Folder of the index.")

# For the commands about standing questions, which have their own error for an address of Milvus.
followed_option = _index_option(help="Folder of the index.")

# For the commands that search.
index_place_option = _index_option(help="Folder of the index, or its address in Milvus: milvus://HOST:19530/COLLECTION.")

reranker_option = click.option(
    "--rerank",
    "reranker",
    metavar="MODEL",
    help="A cross-encoder, by name or folder, for searches with rerank=true.  [default: none]",
)

keys_option = click.option(
    "--keys",
    "keys_file",
    type=FilePath(dir_okay=False),
    metavar="FILE",
    help="TOML file of keys that are limited to some of the articles (docs/HTTP.md).",
)

color_option = click.option(
    "--color",
    type=click.Choice(["auto", "always", "never"]),
    default="auto",
    show_default=True,
    help="Colours; auto: on a terminal without NO_COLOR.",
)

table_options = together(
    click.option("--fields", metavar="FIELD,...", help="Columns, such as title,published,url (all: docs/OUTPUT.md)."),
    click.option("--bom", is_flag=True, help="Start CSV with a byte order mark, for Excel."),
)

precision_option = click.option(
    "--precision",
    type=click.Choice(["full", "int8"]),
    help="Precision of the model for passages: int8 is faster and slightly less accurate "
    "(docs/MODELS.md).  [default: as before, else full]",
)

wait_option = click.option(
    "--wait", type=click.FloatRange(0), metavar="SECONDS", help="How long to wait for another writer.  [default: no limit]"
)
writing_options = together(wait_option, index_dir_option)


def reading_options(command: Command) -> Command:
    """Add the options for reading files; the command gets them as ``wanted``, a newsdex.indexer.source.Wanted."""

    @click.option(
        "--columns",
        metavar="FIELD=NAME,...",
        help="Names of the fields text, title, date, source, url, language, id, author and section in tables and records.  "
        "[default: as before, else the usual names]",
    )
    @click.option(
        "--file-dates/--no-file-dates",
        default=None,
        help="Use the file's time as the date of an article without one.  [default: as before, else no]",
    )
    @click.option(
        "--date-order",
        type=click.Choice(["dmy", "mdy", "auto"]),
        help="Order of day and month in dates such as 04/05/2024, in tables and records.  [default: as before, else as in the file's "
        "other dates]",
    )
    @click.option(
        "--ocr/--no-ocr",
        "scans",
        default=None,
        help="Read scanned PDFs, and pictures (.png, .jpg, .tiff), with Tesseract.  [default: as before, else no]",
    )
    @click.option("--ocr-lang", metavar="LANG+...", help="With --ocr: languages of the scans, such as eng+deu.  [default: those installed]")
    @wraps(command)
    def read(
        *, columns: str | None, file_dates: bool | None, date_order: str | None, scans: bool | None, ocr_lang: str | None, **others: Any
    ) -> int | None:
        from newsdex.indexer.source import Wanted

        if ocr_lang is not None and not scans:
            raise UsageError("--ocr-lang works only together with --ocr")
        ocr = None if scans is None else (ocr_lang or "auto") if scans else ""
        return command(wanted=Wanted(_read_columns(columns), file_dates, ocr, "" if date_order == "auto" else date_order), **others)

    return read


def _read_columns(said: str | None) -> dict[str, str] | None:
    """Parse ``said``, such as ``text=body,title=headline``, into names by field. Raises UsageError."""
    if said is None:
        return None
    from newsdex.indexer.readers.fields import FIELDS

    columns = {}
    for part in filter(None, (part.strip() for part in said.split(","))):
        field, equals, name = (piece.strip() for piece in part.partition("="))
        if field not in FIELDS or not equals or not name:
            raise UsageError(f"--columns {part!r} is not valid: expected FIELD=NAME, where FIELD is one of {', '.join(FIELDS)}")
        columns[field] = name
    return columns


def passage_options(command: Command, default: str = "default: as before, else") -> Command:
    """Add the options for chunking; the command gets those that were set as ``cutting``, fields of Chunking."""

    @click.option("--max-tokens", type=click.IntRange(1), metavar="N", help=f"Largest passage, in tokens.  [{default} 128]")
    @click.option(
        "--overlap",
        type=click.IntRange(0),
        metavar="N",
        help=f"Sentences that a passage shares with the previous one.  [{default} 0]",
    )
    @click.option("--title/--no-title", default=None, help=f"Embed each passage together with the title.  [{default} title]")
    @wraps(command)
    def cut(*, max_tokens: int | None, overlap: int | None, title: bool | None, **others: Any) -> int | None:
        told = {"max_tokens": max_tokens, "overlap": overlap, "title": title}
        return command(cutting={name: value for name, value in told.items() if value is not None}, **others)

    return cut


def open_index(index_dir: Path) -> Index:
    """Open the index for a process that searches it once."""
    use_one_thread()
    from newsdex.search.index import Index

    return Index.open(index_dir)


def snapshot_of(index_dir: Path) -> Snapshot:
    """The current version of the index in a folder."""
    from newsdex.store.paths import absolute
    from newsdex.store.snapshot import Snapshot

    return Snapshot.open(absolute(index_dir))


def text_of(words: Sequence[str], what: str = "question") -> str:
    """Join the arguments ``words``, or read standard input if they are a minus sign. Raises UsageError if the text is not UTF-8."""
    if tuple(words) != ("-",):
        return utf8(" ".join(words), what)
    try:
        return sys.stdin.buffer.read().decode()
    except UnicodeDecodeError as error:
        raise UsageError(f"the {what} on standard input is not UTF-8 (byte {error.start})") from error


def utf8(text: str, what: str = "question") -> str:
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise UsageError(f"the {what} is not UTF-8 (character {error.start + 1})") from error
    return text


def say_waiting(holder: str) -> None:
    click.echo(f"Waiting for {shown(holder)} to finish writing.", err=True)


def tell_news(index_dir: Path, *, err: bool = False) -> list[str]:
    """Deliver what is new to the followed questions, by default on standard output (``err``: error). Return a line for each problem."""
    from newsdex.store.following import is_followed

    if not is_followed(index_dir):
        return []
    from newsdex.following import tell as tell_all
    from newsdex.following.delivery import lines_of

    return tell_all(index_dir, lambda *told: click.echo("\n".join(lines_of(*told)), err=err))
