"""Past one machine: build, push, pull."""

from __future__ import annotations

import os
from functools import partial, wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from newsdex.commands.common import Command, FilePath, passage_options, reading_options, snapshot_of, wait_option
from newsdex.console import ProgressBar, tell
from newsdex.values import amount

if TYPE_CHECKING:
    from newsdex.indexer.milvus.content import Content
    from newsdex.milvus.schema import Layout


def layout_options(command: Command) -> Command:
    """The options that say how a new collection is made; the command gets them as ``layout``, a newsdex.milvus.schema.Layout."""

    @click.option(
        "--index-type",
        metavar="TYPE",
        help="For a new collection: the type of Milvus's vector index, e.g. HNSW, IVF_SQ8, DISKANN.  [default: FLAT up "
        "to 100,000 passages, then HNSW]",
    )
    @click.option("--shards", type=click.IntRange(1, 64), default=1, show_default=True, help="For a new collection: parallel writers.")
    @click.option("--replicas", type=click.IntRange(1, 64), default=1, show_default=True, help="For a new collection: copies in memory.")
    @wraps(command)
    def laid_out(*, index_type: str | None, shards: int, replicas: int, **others: Any) -> int | None:
        from newsdex.milvus.schema import Layout

        return command(layout=Layout(index_type, shards, replicas), **others)

    return laid_out


@click.command()
@click.argument("paths", nargs=-1, required=True, type=FilePath(readable=False), metavar="INPUT...")
@click.option(
    "--ray",
    "address",
    required=True,
    metavar="ADDRESS",
    help="Ray cluster: HOST:6379, auto for the one on this machine, or local for a new one.",
)
@click.option("--output", required=True, metavar="PLACE", help="Address in Milvus, milvus://HOST:19530/COLLECTION, or a folder.")
@click.option(
    "--exchange",
    type=FilePath(file_okay=False),
    default="exchange",
    show_default=True,
    help="Folder of the Parquet files; every machine must see it under this path.",
)
@click.option(
    "--model", help="A name or a folder: docs/MODELS.md.  [default: that of the interrupted run, else the one that fits the articles]"
)
@layout_options
@reading_options
@partial(passage_options, default="default:")
def build(paths: tuple[Path, ...], address: str, output: str, cutting: dict[str, Any], **same: Any) -> None:
    """Build an index on a Ray cluster, into Milvus or a folder.

    Ray nodes chunk and embed the articles. Each unit of sources becomes a Parquet file, written atomically. If a worker, a machine or this
    command is killed, run the command again. It continues, and every passage is stored exactly once.

    \b
    newsdex build --ray auto articles --output milvus://127.0.0.1:19530/archive --exchange /shared/exchange
    """
    from newsdex.indexer.ray.ray_build import build_on_ray
    from newsdex.settings import Chunking

    os.environ.setdefault("RAY_BACKEND_LOG_LEVEL", "fatal")  # else Ray's own remarks stand between ours

    def tell_units(done: int, total: int) -> None:
        click.echo(f"{done} of {total} units", err=True)

    done = build_on_ray(address, paths, output, chunking=Chunking(**cutting), on_progress=tell_units, **same)
    tell(*filter(None, [done.choice]), *map(str, done.problems), head="newsdex: ")
    click.echo(
        f"built {amount(done.articles, 'article')}, {amount(done.passages, 'passage')} from {amount(done.units, 'unit')}, "
        f"{done.units_known} of them built before, in {done.seconds:.1f} s"
    )


@click.command()
@click.argument("source", type=FilePath(), metavar="FOLDER")
@click.argument("target", metavar="ADDRESS")
@layout_options
def push(source: Path, target: str, layout: Layout) -> None:
    """Copy the index in FOLDER to Milvus, without embedding again. FOLDER can also be an exchange folder of Parquet files.

    ADDRESS is milvus://HOST:19530/COLLECTION, or a Milvus Lite file such as archive.db. Only changes are written; articles that are no
    longer in the index are removed. Readers see the old or the new version of an article, never a mixture. After an interruption, the same
    command continues.

    \b
    newsdex push index_data milvus://127.0.0.1:19530/archive
    search "China support for Russia" --index-dir milvus://127.0.0.1:19530/archive
    """
    from newsdex.indexer.milvus.push import push as run
    from newsdex.milvus.place import parse_place

    with ProgressBar() as bar:
        done = run(_content(source), parse_place(target), layout, bar.show)
    click.echo(
        f"written {amount(done.written, 'article')}, unchanged {done.unchanged}, removed {done.removed}: "
        f"{amount(done.articles, 'article')}, {amount(done.passages, 'passage')}"
    )


@click.command()
@click.argument("source", metavar="ADDRESS")
@click.argument("target", type=FilePath(), metavar="FOLDER")
@click.option("--parquet", is_flag=True, help="Write Parquet files, which other engines can load, instead of an index.")
@wait_option
def pull(source: str, target: Path, parquet: bool, wait: float | None) -> None:
    """Copy an index from Milvus into FOLDER. Nothing is embedded again.

    ADDRESS can also be a folder: an exchange folder of Parquet files, or with --parquet an index.

    \b
    newsdex pull milvus://127.0.0.1:19530/archive index_data
    newsdex pull index_data exchange --parquet
    """
    content = _content(Path(source))
    if parquet:
        from newsdex.indexer.milvus.exchange import export_parquet

        about = export_parquet(content, target)
        click.echo(f"written {about.passages} passages in {len(about.parts)} parts")
        return
    from newsdex.indexer.milvus.pull import pull as run

    manifest = run(content, target, wait)
    click.echo(f"pulled: {amount(manifest.articles, 'article')}, {amount(manifest.passages, 'passage')}")


def _content(source: Path) -> Content:
    from newsdex.indexer.milvus.content import folder_content
    from newsdex.indexer.milvus.exchange import ABOUT, parquet_content
    from newsdex.indexer.milvus.pull import remote_content
    from newsdex.milvus.place import is_remote, parse_place
    from newsdex.milvus.schema import open_collection
    from newsdex.milvus.server import Server

    if is_remote(source):
        server = Server(parse_place(source))
        return remote_content(server, open_collection(server))
    if (source / ABOUT).exists():
        return parquet_content(source)
    return folder_content(snapshot_of(source))
