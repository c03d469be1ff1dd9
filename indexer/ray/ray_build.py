"""A build on a Ray cluster: sources are cut and embedded wherever there is room, and loaded into Milvus or a folder at the end."""

from __future__ import annotations

import json
import logging
import os
import socket
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from newsdex.encoder import FULL
from newsdex.engines import open_query_encoder
from newsdex.errors import ServerUnreachable, UsageError, command, extra
from newsdex.indexer.changes import Changes
from newsdex.indexer.discover import Discovery, discover
from newsdex.indexer.language import choose, read_ahead
from newsdex.indexer.milvus.exchange import ABOUT, ExchangeAbout, begin, parquet_content, read_about, write_about
from newsdex.indexer.milvus.pull import pull
from newsdex.indexer.milvus.push import push
from newsdex.indexer.ray.stages import CUT, Embedder, Recipe, Row, count_passages, cut
from newsdex.indexer.report import Problem
from newsdex.indexer.source import Wanted
from newsdex.indexer.workers.pool import Parsers
from newsdex.milvus.place import is_remote, parse_place
from newsdex.milvus.schema import Layout
from newsdex.settings import Chunking
from newsdex.store.paths import absolute, base_of
from newsdex.store.previous import Known

_CONNECT_SECONDS = 3.0
_START_RAY = "Start one: ray start --head, then --ray auto: docs/CLUSTER.md"
_LEFT_FREE = 2  # processors of a machine that an actor leaves to the first stage


@dataclass(frozen=True, slots=True)
class RayBuilt:
    """What a build did: units of sources of which ``units_known`` were made before, articles and passages of the index, problems with
    sources, seconds of both stages. ``choice`` says why the model was taken, where nobody named one.
    """

    units: int
    units_known: int
    articles: int
    passages: int
    seconds: float
    problems: list[Problem] = field(default_factory=list)
    choice: str = ""


def build_on_ray(
    address: str,
    paths: Sequence[Path],
    output: str,
    *,
    exchange: Path,
    model: str | None = None,
    chunking: Chunking | None = None,
    wanted: Wanted | None = None,
    layout: Layout | None = None,
    on_progress: Callable[[int, int], None] | None = None,
) -> RayBuilt:
    """Make the index at ``output``, in Milvus or a folder, from the files at and below ``paths``, on the Ray cluster at ``address``. The
    Parquet files stay in ``exchange``; it and the sources have the same paths on all machines. ``model`` None: the one begun with, or
    fitting the articles. Raises UsageError for nothing to index, or an exchange of something else; ServerUnreachable; and as push and pull.
    """
    began = time.monotonic()
    exchange = absolute(exchange)
    base = Path.cwd() if is_remote(output) else base_of(absolute(Path(output)))
    found = discover(paths, exchange, lambda _path: bool(wanted and wanted.ocr))
    if not found.files:
        raise UsageError(f"no articles in {', '.join(map(str, paths))}. Check the path")
    if model == "":
        raise UsageError("the name of a model is empty: expected a name or a folder")
    chunking, wanted, choice = chunking or Chunking(), wanted or Wanted(), ""
    if model is None and (exchange / ABOUT).exists():
        model = read_about(exchange, unfinished=True).model.name
    elif model is None:
        model, choice = _chosen(found, base, wanted, output)
    card = open_query_encoder(model).card
    recipe = Recipe(str(exchange), base.as_posix(), card.name, card.fingerprint, chunking, wanted)
    about = ExchangeAbout(card, chunking, base.as_posix())
    units = list(recipe.units(found.files))
    names = tuple(unit["name"] for unit in units)
    if not ((exchange / ABOUT).exists() and read_about(exchange, unfinished=True).parts == names):
        begin(exchange, about, again=True)
        (exchange / CUT).mkdir(exist_ok=True)
    known = sum((exchange / "articles" / name).exists() for name in names)
    problems = [Problem(path, reason) for path, reason in found.skipped]
    articles = 0
    for number, row in enumerate(run(address, units), 1):
        problems += [Problem(Path(path), reason) for path, reason in json.loads(row["problems"])]
        articles += row["articles"]
        if on_progress:
            on_progress(number, len(units))
    seconds = time.monotonic() - began
    passages = sum(count_passages(exchange, name) for name in names)
    write_about(exchange, ExchangeAbout(card, chunking, base.as_posix(), names, passages))
    content = parquet_content(exchange)
    if is_remote(output):
        pushed = push(content, parse_place(output), layout)
        articles, passages = pushed.articles, pushed.passages
    else:
        manifest = pull(content, absolute(Path(output)))
        articles, passages = manifest.articles, manifest.passages
    return RayBuilt(len(units), known, articles, passages, seconds, problems, choice)


def _chosen(found: Discovery, base: Path, wanted: Wanted, output: str) -> tuple[str, str]:
    """The model that fits the first articles, and why, as newsdex index takes it."""
    with Parsers() as parsers:
        languages, _ = read_ahead(Changes(found, Known(None), base, parsers, wanted).changed())
    # A collection has one model.
    another = "newsdex build --output milvus://HOST:19530/ANOTHER_COLLECTION ..."
    encoder, why = choose(languages, FULL, another if is_remote(output) else command("rebuild", output))
    return encoder.card.name, why


def run(address: str, units: Sequence[Row]) -> Iterator[Row]:
    """Both stages of every unit, on the cluster; a row a unit, as they are done."""
    # A driver that is killed keeps its claim to all processors for so long, 180 s by default, and the next one has one of them meanwhile.
    # Renewed every 10 s.
    os.environ.setdefault("RAY_DATA_AUTOSCALING_REQUEST_EXPIRE_TIME_S", "30")
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")  # a Ray that is started here tells nobody that it was
    try:
        import ray
        import ray.data
    except ModuleNotFoundError as error:
        raise UsageError(f"newsdex build needs ray, which is not installed. Install it: {extra('cluster')}") from error
    _check_listens(address)
    try:
        ray.init(None if address == "local" else address, log_to_driver=False, logging_level="ERROR", configure_logging=False)
    except (ConnectionError, RuntimeError, ValueError) as error:
        why = " ".join(str(error).split())[:200]
        raise ServerUnreachable(f"no Ray cluster at {address} ({why}). {_START_RAY}") from error
    try:
        context = ray.data.DataContext.get_current()
        context.enable_progress_bars = False
        logging.getLogger("ray.data").setLevel(logging.ERROR)
        nodes = [node for node in ray.nodes() if node["Alive"]]
        yield from _stages(ray.data, units, nodes)
    finally:
        ray.shutdown()


def _check_listens(address: str) -> None:
    """Ray itself waits for minutes. Raises ServerUnreachable."""
    host, colon, port = address.rpartition(":")
    if colon and port.isdecimal():
        try:
            socket.create_connection((host.rpartition("//")[2], int(port)), _CONNECT_SECONDS).close()
        except (OSError, OverflowError) as error:
            raise ServerUnreachable(f"no Ray cluster at {address} ({error}). {_START_RAY}") from error


def _stages(data: Any, units: Sequence[Row], nodes: Sequence[dict[str, Any]]) -> Iterator[Row]:
    gpus = sum(int(node["Resources"].get("GPU", 0)) for node in nodes)
    smallest = min(int(node["Resources"].get("CPU", 1)) for node in nodes)
    actors: dict[str, Any] = {"num_cpus": max(1, smallest - _LEFT_FREE), "compute": data.ActorPoolStrategy(min_size=1, max_size=len(nodes))}
    if gpus:
        actors = {"num_cpus": 1, "num_gpus": 1, "compute": data.ActorPoolStrategy(min_size=1, max_size=gpus)}
    # Two passes and not one: Ray would fuse the stages into the actors, and cut in as few places as there are models.
    rows = list(_mapped(data, units, cut, {"num_cpus": 1}))
    yield from _mapped(data, rows, Embedder, actors)


def _mapped(data: Any, rows: Sequence[Row], stage: object, resources: dict[str, Any]) -> Iterator[Row]:
    yield from data.from_items(rows, override_num_blocks=len(rows)).map(stage, **resources).iter_rows()
