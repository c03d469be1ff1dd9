"""The index for programs and assistants: ``newsdex serve`` and ``newsdex mcp``."""

from __future__ import annotations

import logging
import os
from collections.abc import Sequence
from dataclasses import replace
from ipaddress import ip_network
from pathlib import Path
from typing import Any

import click

from newsdex.commands.answer import llm_options
from newsdex.commands.common import index_place_option, keys_option, reranker_option
from newsdex.console import use_one_thread
from newsdex.errors import UsageError, extra
from newsdex.values import processors

_MOST_WORKERS = 4  # if nothing is said: each has a model and, after a commit, an index of its own


def _networks(given: Sequence[str]) -> tuple[str, ...]:
    networks = []
    for each in given:
        try:
            networks.append(str(ip_network(each, strict=False)))
        except ValueError as error:
            raise click.BadParameter(
                f"{each[:100]!r} is not an address or a network: expected for example 127.0.0.1 or 10.0.5.0/24"
            ) from error
    return (*networks,)


@click.command()
@click.option(
    "--host",
    default="127.0.0.1",
    show_default=True,
    metavar="ADDRESS",
    help="Address to listen on. Addresses that other machines can reach need a key.",
)
@click.option("--port", type=click.IntRange(0, 65_535), default=8000, show_default=True, help="Port; 0: any free port.")
@click.option(
    "--allowed-host", "hosts", multiple=True, metavar="NAME", help="Host name that clients use, such as that of a proxy; can be repeated."
)
@click.option("--allowed-origin", "origins", multiple=True, metavar="ORIGIN", help="Site whose pages may send requests; can be repeated.")
@click.option(
    "--trusted-proxy",
    "proxies",
    multiple=True,
    metavar="ADDRESS",
    callback=lambda _context, _option, given: _networks(given),
    help="Address or network of a proxy whose X-Forwarded-For and X-Forwarded-Proto are trusted; can be repeated.",
)
@click.option(
    "--rate",
    type=click.FloatRange(0),
    default=0.0,
    metavar="N",
    help="Requests per second for each key or address, after a burst of 100.  [default: unlimited]",
)
@click.option(
    "--workers",
    type=click.IntRange(1, 64),
    help="Processes that answer.  [default: one per processor, at most 4; 1 for Milvus]",
)
@click.option("--threads", type=click.IntRange(1, 64), default=1, show_default=True, help="Answering threads in each process.")
@click.option(
    "--in-memory/--mapped",
    default=None,
    help="Copy the index into memory, safe from damage to its files, or map the files.  [default: in memory if it fits in half of the "
    "free memory]",
)
@keys_option
@llm_options
@click.option(
    "--log-level",
    type=click.Choice(["debug", "info", "warning", "error"]),
    default="warning",
    show_default=True,
    help="What to log on standard error; info: also one line per request.",
)
@click.option("--log-format", type=click.Choice(["text", "json"]), default="text", show_default=True, help="json: one object per line.")
@click.option(
    "--log-questions", is_flag=True, help="Log the question of each request. This reveals what readers search for.  [default: never]"
)
@click.option(
    "--slow",
    type=click.FloatRange(0),
    default=5.0,
    show_default=True,
    metavar="SECONDS",
    help="Log requests that take at least this long as warnings; 0: never.",
)
@reranker_option
@index_place_option
def serve(
    host: str,
    port: int,
    hosts: tuple[str, ...],
    rate: float,
    workers: int | None,
    in_memory: bool | None,
    keys_file: Path | None,
    log_level: str,
    log_format: str,
    reranker: str | None,
    index_dir: Path,
    **same: Any,
) -> None:
    """Run the HTTP service with a search page. Its address is http://127.0.0.1:8000.

    Programs use /search; /docs describes all routes. Only this machine can connect. To listen on another address, set NEWSDEX_API_KEY to
    one or more comma-separated keys; clients send one as Authorization: Bearer KEY. --keys adds keys that are limited to some of the
    articles. The server answers from the newest version of the index. SIGTERM stops it after it has answered open requests.
    """
    use_one_thread()
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")  # the tokenizers library warns when a process that has used threads is forked
    try:
        from newsdex.search.server.run import open_index
        from newsdex.search.server.run import serve as run_server
    except ModuleNotFoundError as error:
        raise UsageError(f"newsdex serve needs {error.name}, which is not installed. Install it: {extra('serve')}") from error
    from newsdex.following.questions import Desk
    from newsdex.milvus.place import is_remote
    from newsdex.search.access import KEY_VARIABLE, is_loopback, read_keys, take_keys
    from newsdex.search.server.logs import configure
    from newsdex.search.server.settings import Limits, Settings
    from newsdex.search.view import views_of

    keys = take_keys()
    opened = read_keys(keys_file, keys) if keys_file else {}
    if not (keys or opened) and not is_loopback(host):
        raise UsageError(
            f"{host} can be reached from other machines, and no key is set. Set {KEY_VARIABLE}, or serve only this machine: "
            "--host 127.0.0.1"
        )
    configure(log_level, log_format)
    own = () if host in ("", "0.0.0.0", "::") else (f"[{host}]" if ":" in host else host,)  # noqa: S104 - compared, not bound
    settings = Settings(
        keys=keys,
        hosts=(*own, *hosts),
        addresses=not own,
        limits=Limits(rate=rate),
        key_names={key: each.name for key, each in opened.items()},
        follower=None if is_remote(str(index_dir)) else Desk(index_dir),
        **same,
    )
    if workers is None:
        workers = 1 if is_remote(str(index_dir)) else min(processors(), _MOST_WORKERS)
    with open_index(index_dir, in_memory=in_memory, workers=workers, views=len(opened)) as index:
        if reranker is not None:
            index.use_reranker(reranker)
        run_server(index, host, port, replace(settings, views=views_of(index, opened)), workers=workers)


@click.command()
@click.option("--http", is_flag=True, help="Use streamable HTTP on this machine instead of standard input and output.")
@click.option("--port", type=click.IntRange(0, 65_535), default=8001, show_default=True, help="With --http: port; 0: any free port.")
@click.option(
    "--allowed-host", "hosts", multiple=True, metavar="NAME", help="With --http: host name that clients of a proxy use; can be repeated."
)
@click.option(
    "--allowed-origin",
    "origins",
    multiple=True,
    metavar="ORIGIN",
    help="With --http: site whose pages may send requests; can be repeated.",
)
@click.option("--follow", "follows", is_flag=True, help="Let assistants follow questions (docs/FOLLOW.md); not with --http.")
@reranker_option
@keys_option
@index_place_option
def mcp(http: bool, port: int, follows: bool, reranker: str | None, keys_file: Path | None, index_dir: Path, **same: Any) -> None:
    """Serve AI assistants such as Claude over MCP. ChatGPT and editors also use this protocol, the Model Context Protocol.

    The client starts this command and talks to it over standard input and output, or with --http at http://127.0.0.1:PORT/mcp. All tools
    only read, except follow with --follow. With --http, set NEWSDEX_API_KEY to one or more comma-separated keys before a proxy lets other
    machines in; clients send one as Authorization: Bearer KEY. --keys adds keys that are limited to some of the articles.
    """
    use_one_thread()
    try:
        from newsdex.search.mcp_run import http_app, run_http
        from newsdex.search.mcp_server import create_server
    except ModuleNotFoundError as error:
        raise UsageError(f"newsdex mcp needs {error.name}, which is not installed. Install it: {extra('mcp')}") from error
    from newsdex.milvus.place import followed_at
    from newsdex.search.access import read_keys, take_keys
    from newsdex.search.index import Index
    from newsdex.search.view import views_of

    if http and follows:
        raise UsageError("--follow works only without --http. Over HTTP, use /following of newsdex serve")
    keys = take_keys()
    opened = read_keys(keys_file, keys) if keys_file else {}
    if opened and not http:
        raise UsageError("--keys works only with --http: standard input and output need no key")
    logging.basicConfig(format="%(message)s", level=logging.WARNING)
    with Index.open(index_dir) as index:
        if reranker is not None:
            index.use_reranker(reranker)
        if http:
            run_http(http_app(index, keys=keys, views=views_of(index, opened), **same), port)
        else:
            from newsdex.following.questions import Desk

            create_server(index, follower=Desk(followed_at(index_dir)) if follows else None).run("stdio")
