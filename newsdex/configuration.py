"""Settings of the commands' options from a file in TOML, below environment variables and flags.

    index-dir = "/srv/archive/index"     # for every command that takes it

    [serve]                              # a table a command, with the long names of its options
    port = 8080
    allowed-host = ["news.example.org"]

Each option also has a variable, ``NEWSDEX_SERVE_PORT``, except where it has one of its own. A search without a file pays for two looks at
the file system.
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

import click

from newsdex.errors import UsageError

FILE_VARIABLE = "NEWSDEX_CONFIG"
INDEX_VARIABLE = "NEWSDEX_INDEX_DIR"
INDEX_KEY = "index-dir"
_NAME = "newsdex.toml"
_LARGEST = 100_000  # bytes
_SHOWN = 100  # characters of a value in a message
# What click says of a value that is no number, or not one of those that it may be.
_NO_NUMBER = re.compile(r"(.+) is not (?:a valid (?:integer|float)(?: range)?|in the range .+)\.", re.DOTALL)


def places() -> list[str]:
    """Where a file is looked for, unless NEWSDEX_CONFIG names one."""
    home = os.environ.get("XDG_CONFIG_HOME") or os.path.expanduser("~/.config")  # noqa: PTH111 - pathlib is slower, and this is done always
    return [_NAME, f"{home}/newsdex/{_NAME}"]


def file_in_use() -> str | None:
    """The path of the file: the one that NEWSDEX_CONFIG names, or else the first of ``places`` that there is."""
    return os.environ.get(FILE_VARIABLE) or next(filter(os.path.isfile, places()), None)


def read(path: str, what: str = "the configuration file", cure: str = f". Name another: {FILE_VARIABLE}=FILE") -> dict[str, Any]:
    """The content of the file at ``path``, which is ``what``; ``cure`` mends it where it cannot be read. Raises UsageError."""
    if sys.version_info >= (3, 11):
        import tomllib
    else:
        import tomli as tomllib

    try:
        with open(path, "rb") as file:  # noqa: PTH123 - as above
            content = file.read(_LARGEST + 1)
        if len(content) > _LARGEST:
            raise UsageError(f"{what} {path} is too large: expected at most {_LARGEST:,} bytes")
        return tomllib.loads(content.decode("utf-8-sig"))  # with the mark that editors on Windows write
    except OSError as error:
        raise UsageError(f"cannot read {what} {path}: {error.strerror}{cure}") from error
    except (ValueError, RecursionError) as error:
        raise UsageError(f"{what} {path} is not TOML: {str(error)[:_SHOWN] or 'nested too deeply'}") from error


def settable(command: click.Command) -> dict[str, click.Option]:
    """The options of ``command`` that a file can set, by their long names."""
    options = (option for option in command.params if isinstance(option, click.Option))
    # Of options that set the same value, such as --format json and --json, the one that takes any.
    return {max(each.opts, key=len).lstrip("-"): each for each in options if not each.is_flag or each.is_bool_flag}


def variable(table: str, key: str) -> str:
    """The environment variable for the option ``key`` of the command ``table``."""
    return f"NEWSDEX_{table}_{key}".replace("-", "_").replace(".", "_").upper()


def defaults(command: click.Command, name: str, names: Iterable[str]) -> dict[str, Any]:
    """What the file says of the options of ``command``, by parameters, as click's default_map; of a group by commands. ``names`` are all
    commands. Each option gets a variable. Raises UsageError for what the file has wrong in this table, or a table of no command.
    """
    _name_variables(command, name)
    path = file_in_use()
    if path is None:
        return {}
    content = read(path)
    _check_tables(content, names, path)
    table = content.get(name, {})
    if not isinstance(table, dict):
        raise UsageError(f"{path}: {name} is {_short(table)}: expected a table, [{name}]")
    shared = {INDEX_KEY: content[INDEX_KEY]} if INDEX_KEY in content else {}
    return _values(command, name, table, shared, path)


def unknown_variables(command: click.Command, name: str) -> list[str]:
    """A line for each environment variable that looks like one of ``command``, whose options have theirs, and is none."""
    known = [str(option.envvar) for each in (command, *commands_of(command).values()) for option in settable(each).values()]
    unknown = sorted(each for each in os.environ if each.startswith(variable(name, "")) and each not in known)
    return [f"no option has the variable {_short(each)}{nearest(each, known)}" for each in unknown]


def _name_variables(command: click.Command, name: str) -> None:
    for key, option in settable(command).items():
        option.envvar = option.envvar or variable(name, key)
    for key, each in commands_of(command).items():
        _name_variables(each, f"{name}.{key}")


def _values(command: click.Command, name: str, table: Mapping[str, Any], shared: Mapping[str, Any], path: str) -> dict[str, Any]:
    options = settable(command)
    found: dict[str, Any] = {}
    for key, value in shared.items():
        if key in options and options[key].envvar == INDEX_VARIABLE:
            found[options[key].name or key] = _value(options[key], value, f"{path}: {key}")
    commands = commands_of(command)
    taken = {key for each in commands.values() for key in settable(each)}
    for key, value in table.items():
        if key in options:
            found[options[key].name or key] = _value(options[key], value, f"{path}: {name}.{key}")
        elif key in taken - commands.keys():
            continue  # a setting of several commands of the group
        elif key not in commands or not isinstance(value, dict):
            raise UsageError(
                f"{path}: newsdex {name.replace('.', ' ')} has no option {_short(key)}{nearest(key, [*options, *taken, *commands])}"
            )
    for key, each in commands.items():
        own = {option_key: value for option_key, value in table.items() if option_key in settable(each)}
        found[key] = _values(each, f"{name}.{key}", {**own, **table.get(key, {})}, shared, path)
    return found


def commands_of(command: click.Command) -> Mapping[str, click.Command]:
    """The commands of a group by their names; none of another command."""
    return command.commands if isinstance(command, click.Group) else {}


def _value(option: click.Option, value: Any, where: str) -> Any:
    """``value`` of the file as click takes it for ``option``. Raises UsageError where the option does not take it."""
    several = value if isinstance(value, list) and option.multiple else [value]
    plain = [each.isoformat() if isinstance(each, date) else each for each in several]
    kinds: tuple[type, ...] = (bool,) if option.is_flag else (str, int, float)
    if wrong := [each for each in plain if not isinstance(each, kinds) or isinstance(each, bool) is not option.is_flag]:
        expected = "true or false" if option.is_flag else "a text or number"
        raise UsageError(f"{where} is {_short(wrong[0])}: expected {expected}{', or a list of them' if option.multiple else ''}")
    # As text, as from a flag: click would take 1.5 for the whole number 1.
    texts = plain if option.is_flag else list(map(str, plain))
    if isinstance(option.type, click.Path):  # no shell has read the file
        texts = list(map(os.path.expanduser, texts))
    check(option, texts if option.multiple else texts[0], where)
    taken = plain if isinstance(option.type, click.types.IntParamType | click.types.FloatParamType) else texts
    return taken if option.multiple else taken[0]


def check(option: click.Option, given: Any, where: str) -> None:
    """Raises UsageError, which says ``where`` it stands, for a value that the command would refuse."""
    try:
        option.type_cast_value(click.Context(click.Command(None)), given)
    except (click.BadParameter, UsageError) as error:
        raise UsageError(f"{where}: {refusal_of(error) if isinstance(error, click.BadParameter) else error}") from error


def refusal_of(error: click.BadParameter) -> str:
    """Return the message of ``error``; where a number was expected, the value and the numbers that it can be."""
    kind = error.param.type if error.param else None
    found = _NO_NUMBER.fullmatch(error.message)
    if not found or not isinstance(kind, click.types.IntParamType | click.types.FloatParamType):
        return error.message
    least, most = getattr(kind, "min", None), getattr(kind, "max", None)
    if least is not None and most is not None:
        within = f" from {least} to {most}"
    else:
        within = f" of at least {least}" if least is not None else f" of at most {most}" if most is not None else ""
    return f"{found[1]}: expected a {'whole ' * isinstance(kind, click.types.IntParamType)}number{within}"


def _check_tables(content: Mapping[str, Any], known: Iterable[str], path: str) -> None:
    """Raises UsageError for a table or key of the file that is no command's and no key of all."""
    names = [*known, INDEX_KEY]
    for key, value in content.items():
        if key in names:
            continue
        if isinstance(value, dict):
            raise UsageError(f"{path}: the table [{_short(key)[1:-1]}] belongs to no command{nearest(key, names)}")
        near = nearest(key, [INDEX_KEY])
        other = ": expected index-dir, or an option in the table of its command, such as [serve]"
        raise UsageError(f"{path}: the key {_short(key)} is not known{near if near.startswith(';') else other}")


def index_place() -> str:
    """Where the index is, for what has no option of its own: as the variable says, or else the file."""
    if place := os.environ.get(INDEX_VARIABLE):
        return place
    path = file_in_use()
    return os.path.expanduser(str(read(path).get(INDEX_KEY, "index_data"))) if path else "index_data"  # noqa: PTH111 - as above


def _short(value: object) -> str:
    text = repr(value).lower() if isinstance(value, bool) else repr(value)
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}..."


def nearest(name: str, known: Iterable[str]) -> str:
    """What a message adds about a ``name`` that is none of the ``known``: the nearest, or else all."""
    from difflib import get_close_matches

    near = get_close_matches(name[:_SHOWN], known, n=1)
    return f"; did you mean {near[0]}?" if near else f". Known: {', '.join(sorted(known))}"
