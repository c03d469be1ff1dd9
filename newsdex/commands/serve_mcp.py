"""The archive for assistants: ``newsdex mcp``."""

from __future__ import annotations

import logging
from pathlib import Path

import click

from newsdex.commands.common import index_place_option, keys_option, reranker_option
from newsdex.console import use_one_thread
from newsdex.errors import UsageError


@click.command()
@click.option("--http", is_flag=True, help="Use streamable HTTP on this machine instead of standard input and output.")
@click.option("--port", type=click.IntRange(0, 65_535), default=8001, show_default=True, help="With --http: port; 0 takes any free one.")
@click.option(
    "--allowed-host", "hosts", multiple=True, metavar="NAME", help="With --http: a host name that clients of a proxy use; can be repeated."
)
@click.option(
    "--allowed-origin",
    "origins",
    multiple=True,
    metavar="ORIGIN",
    help="With --http: a site whose pages may send requests; can be repeated.",
)
@click.option("--follow", "follows", is_flag=True, help="Let assistants follow questions (docs/FOLLOW.md); not with --http.")
@reranker_option
@keys_option
@index_place_option
def mcp(
    http: bool,
    port: int,
    hosts: tuple[str, ...],
    origins: tuple[str, ...],
    follows: bool,
    reranker: str | None,
    keys_file: Path | None,
    index_dir: Path,
) -> int:
    """Serve AI assistants over the Model Context Protocol: Claude, ChatGPT, editors.

    The client starts this command and talks to it on standard input and output; or, with --http, at http://127.0.0.1:PORT/mcp. All tools
    only read, except follow with --follow. With --http, set NEWSDEX_API_KEY to one or more comma-separated keys before a proxy admits
    others; clients send one as Authorization: Bearer KEY. --keys adds keys that open some of the articles only.
    """
    use_one_thread()
    try:
        from newsdex.search.mcp_run import run_http, run_stdio
    except ModuleNotFoundError as error:
        raise UsageError(f"newsdex mcp needs {error.name}, which is not installed. Install it: pip install 'newsdex[mcp]'") from error
    from newsdex.milvus.place import followed_at
    from newsdex.search.access import read_keys, take_keys
    from newsdex.search.index import Index
    from newsdex.search.view import views_of

    if http and follows:
        raise UsageError("--follow is for assistants on standard input and output: give it without --http; newsdex serve has /following")
    keys = take_keys()
    opened = read_keys(keys_file, keys) if keys_file else {}
    if opened and not http:
        raise UsageError("--keys is for --http: on standard input and output there is no key")
    logging.basicConfig(format="%(message)s", level=logging.WARNING)
    with Index.open(index_dir) as index:
        if reranker:
            index.use_reranker(reranker)
        if http:
            run_http(index, port, keys=keys, views=views_of(index, opened), hosts=hosts, origins=origins)
        else:
            from newsdex.following.served import Desk

            run_stdio(index, Desk(followed_at(index_dir)) if follows else None)
    return 0
