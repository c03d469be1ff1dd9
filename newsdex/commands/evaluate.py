"""Measuring: ``newsdex eval``."""

from __future__ import annotations

import json
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import click

from newsdex.commands.common import FilePath, passage_options, precision_option, say_waiting
from newsdex.configuration import index_place
from newsdex.console import ProgressBar, tell
from newsdex.errors import UsageError, extra

GATE_FAILED = 1


@click.command("eval")
@click.argument("folder", required=False, type=FilePath())
@click.option("--from-archive", is_flag=True, help="Use the titles of an index's own articles as questions, instead of a FOLDER.")
@click.option("--split", metavar="NAME", help="Relevance judgements to use: qrels/NAME.tsv.  [default: test]")
@click.option("--modes", default="dense,lexical,hybrid", show_default=True, metavar="LIST", help="Modes to compare, in this order.")
@click.option("--rerank", metavar="MODEL", help="Also rerank the hits with this cross-encoder, as search --rerank does.")
@click.option("--limit", type=click.IntRange(min=1), metavar="N", help="Use only N questions, the same each time.")
@click.option(
    "--gate",
    "gates",
    multiple=True,
    metavar="CONDITION",
    help="Exit with 1 unless this holds: 'nDCG@10>=0.70', 'dense:recall@100>=0.9', 'p99<=150' (ms). Can be repeated.",
)
@click.option("--run", "run_file", type=FilePath(dir_okay=False), metavar="FILE", help="Write the hits in TREC format.")
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
@click.option("--model", help="Model to embed with.  [default: the index's own, or the default model]")
@passage_options
@precision_option
@click.option(
    "--index-dir",
    type=FilePath(),
    help="With a FOLDER: where to keep its index for the next run.  [default: a temporary folder]  "
    "With --from-archive: the index "
    "to measure.  [default: NEWSDEX_INDEX_DIR or index_data]",
)
def eval_(
    folder: Path | None,
    from_archive: bool,
    split: str | None,
    modes: str,
    rerank: str | None,
    limit: int | None,
    gates: tuple[str, ...],
    run_file: Path | None,
    as_json: bool,
    model: str | None,
    cutting: dict[str, Any],
    precision: str | None,
    index_dir: Path | None,
) -> int:
    """Measure search quality on questions with known answers. It reports nDCG@10, recall, MRR@10, MAP and latency.

    FOLDER is a collection in BEIR format: corpus.jsonl, queries.jsonl, qrels/SPLIT.tsv. It is indexed first.

    \b
    newsdex eval scifact --index-dir /tmp/scifact --gate 'nDCG@10>=0.70'
    newsdex eval --from-archive --limit 500
    """
    if (folder is None) != from_archive:
        raise UsageError("give either a FOLDER in BEIR format or --from-archive: newsdex eval FOLDER")
    if from_archive and split:
        raise UsageError("--split works only with a FOLDER: --from-archive makes its own judgements")
    if find_spec("pytrec_eval") is None:
        raise UsageError(f"newsdex eval needs pytrec-eval-terrier. Install it: {extra('eval')}")
    from newsdex.evaluation import evaluate
    from newsdex.evaluation.collection import read_collection
    from newsdex.evaluation.titles import from_titles

    wanted = evaluate.parse_modes(modes)
    conditions = [evaluate.parse_gate(gate, wanted) for gate in gates]
    if run_file and not run_file.absolute().parent.is_dir():
        raise UsageError(f"--run {run_file}: the folder {run_file.absolute().parent} does not exist. Create it first")
    with TemporaryDirectory(prefix="newsdex-eval-") as temporary:
        archive = index_dir or Path(index_place())
        index_folder = index_dir if folder and index_dir else Path(temporary) / "index"
        collection = read_collection(folder, split or "test", limit) if folder else from_titles(archive, Path(temporary), limit)
        with ProgressBar() as bar:
            options = evaluate.options_like(index_folder if folder else archive, model, cutting, precision)
            remarks = evaluate.index_corpus(collection, index_folder, replace(options, on_wait=say_waiting, on_progress=bar.show))
        with ProgressBar("questions") as bar:
            runs = evaluate.ask_modes(index_folder, collection, wanted, bar.show, rerank)
        evaluation = evaluate.evaluate(index_folder, collection, runs)
    remarks = [*collection.remarks, *remarks, *(remark for run in runs for remark in run.remarks)]
    tell(*remarks, head="Note: ")
    if run_file:
        for run in runs:
            evaluate.write_run(evaluate.run_path(run_file, run.mode, wanted), run)
    decided = evaluate.verdicts(evaluation, conditions)
    for line in [json.dumps(evaluate.record(evaluation, decided, remarks), indent=2)] if as_json else evaluate.table(evaluation):
        click.echo(line)
    failed = [verdict for verdict in decided if not verdict.passed]
    for verdict in failed:
        click.echo(f"newsdex: gate failed: {verdict}", err=True)
    return GATE_FAILED if failed else 0
