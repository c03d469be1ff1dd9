"""Would a test notice if a number that decides what a user sees were wrong? Each is doubled and halved; its nearest tests must fail.

    make mutants [ONLY="search/ranking/fusion.py newsdex/store/copies.py"]

The tree is copied, so that nothing here is changed, a copy for each processor. Printed is each mutant that survives, and the exit code is 1
if there is one. Numbers that decide about time and memory alone are not moved: BOUNDS names them.
"""

from __future__ import annotations

import argparse
import ast
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from queue import Queue
from typing import NamedTuple

ROOT = Path(__file__).parent.parent
RANKING, ANSWER, STORE = "tests/search/ranking", "tests/search/answer", "tests/store"
POINTS = [f"{RANKING}/test_{name}.py" for name in ("thresholds", "evidence", "points", "later_reports", "ranking", "across")]
SHORTLISTS = [f"{RANKING}/test_candidates.py", "tests/search/milvus/test_shortlist.py"]
SENTENCES = [f"{ANSWER}/test_answers.py", f"{ANSWER}/test_corrections.py"]
# Each module and the tests that judge it, the quickest first.
NEAREST = {
    "search/ranking/fusion.py": [*POINTS, *SENTENCES],
    "search/ranking/ranker.py": [*POINTS, *SENTENCES, "tests/search/test_paging.py"],
    "search/ranking/copies.py": [f"{RANKING}/test_later_reports.py", f"{RANKING}/test_copies.py"],
    "search/ranking/lexical.py": [*POINTS, f"{RANKING}/test_candidates.py"],
    "search/ranking/candidates.py": [*SHORTLISTS, *POINTS],
    "search/ranking/retrieval.py": [*SHORTLISTS, *POINTS],
    "search/ranking/points.py": [*SHORTLISTS, *POINTS],
    "search/ranking/rescoring.py": [*POINTS, f"{RANKING}/test_titled.py", f"{RANKING}/test_phrased.py"],
    "search/ranking/evidence.py": POINTS,
    "search/ranking/languages.py": [*POINTS, f"{RANKING}/test_across.py"],
    "search/question/terms.py": [*POINTS, f"{RANKING}/test_across.py", "tests/search/question/test_terms.py"],
    "search/ranking/dense.py": [*SHORTLISTS, f"{RANKING}/test_ranking.py"],
    "search/answer/mentions.py": SENTENCES,
    "search/answer/question.py": SENTENCES,
    "search/answer/sentence.py": SENTENCES,
    "search/answer/hits.py": [f"{ANSWER}/test_reading.py", *SENTENCES, f"{RANKING}/test_ranking.py"],
    "search/answer/paging.py": [f"{ANSWER}/test_reading.py", "tests/search/test_paging.py", *SENTENCES, f"{RANKING}/test_ranking.py"],
    "newsdex/store/copies.py": [f"{RANKING}/test_copies.py"],
    "newsdex/store/sketches.py": [f"{RANKING}/test_copies.py"],
    "newsdex/store/furniture.py": [f"{STORE}/test_furniture.py"],
    "newsdex/store/forms.py": [f"{STORE}/test_forms.py", "tests/search/question/test_names.py"],
    "newsdex/store/postings.py": [*POINTS, f"{RANKING}/test_candidates.py"],
    "newsdex/store/writer.py": [f"{STORE}/test_store.py"],
}
# Not moved: numbers that only bound time and memory, those that are larger than anything they are compared with, and SHORTLIST and its
# factor, which take a large archive to judge (benchmarks/quality/shortlist.py).
BOUNDS = {
    "search/ranking": "_AHEAD _ARTICLES _AT_ONCE _BATCH_COSINES _BATCH_QUESTIONS _BEGINNING _COLUMNS _FIRST _FIRST_BY_DATE _LISTED _LONG "
    "_LOOKED_UP _MARGIN _PART_OF_BEST _PIECE _PLANES _READ _REMEMBERED _REPORTS _ROWS _SPARSE_FOR_MANY _SPARSE_FOR_ONE "
    "_TIES ERROR EXACT LARGE LISTED MOST_WORDS SHORTLIST SHORTLIST_FACTOR SPARE SPARE_NEWEST",
    "search/question": "MOST_TEXT MOST_WORDS",
    "search/answer": "_AT_ONCE _EQUAL _LEADING _PHRASE",
    "newsdex/store": "_BEFORE _BLOCK _COMPARED _FACTOR _FEW _LONGEST_ADDRESS _MIX _MOST _PAIRS _REMEMBERED _ROW_BITS _SHOWN EMPTY "
    "MANY MOST_WORDS REMEMBERED SAMPLE SEGMENT_PASSAGES SMALL_SEGMENTS FULL_SEGMENTS LARGE_SEGMENT_PASSAGES",
}
SECONDS = 600  # that the tests of one mutant may take: a mutant that hangs is noticed, too


class Mutant(NamedTuple):
    """A number of ``module`` at ``line`` and ``column``, as it is written and as what it is tried; ``name`` is the constant's."""

    module: str
    name: str
    line: int
    column: int
    written: str
    tried: str

    def __str__(self) -> str:
        return f"{self.module}:{self.line}: {self.name}: {self.written} -> {self.tried}"


def mutants(module: str) -> Iterator[Mutant]:
    """Those of the constants of ``module``: each number in their values, doubled and halved."""
    source = (ROOT / module).read_text(encoding="utf-8")
    bounds = next((names.split() for folder, names in BOUNDS.items() if module.startswith(folder)), [])
    for target, value in _assigned(ast.parse(source).body):
        if not isinstance(target, ast.Name) or not target.id.isupper() or target.id in bounds:
            continue
        for number in ast.walk(value):
            if isinstance(number, ast.Constant) and type(number.value) in (int, float) and number.value:
                written = ast.get_source_segment(source, number)
                for tried in dict.fromkeys((number.value * 2, type(number.value)(number.value / 2))):
                    yield Mutant(module, target.id, number.lineno, number.col_offset, written or "", repr(tried))


def _assigned(statements: Iterable[ast.stmt]) -> Iterator[tuple[ast.expr, ast.expr]]:
    """Each name that ``statements`` assign to and its value; those of "A, B = 1, 2" one by one."""
    for node in statements:
        target = node.targets[0] if isinstance(node, ast.Assign) else node.target if isinstance(node, ast.AnnAssign) else None
        value = node.value if isinstance(node, ast.Assign | ast.AnnAssign) else None
        if isinstance(target, ast.Tuple) and isinstance(value, ast.Tuple):
            yield from zip(target.elts, value.elts, strict=True)
        elif target and value:
            yield target, value


def survives(mutant: Mutant, tree: Path) -> bool:
    """Whether the nearest tests pass in ``tree`` with ``mutant`` in it; the module is put back."""
    path = tree / mutant.module
    whole = path.read_bytes()
    lines = whole.splitlines(keepends=True)
    line, start = lines[mutant.line - 1], mutant.column
    lines[mutant.line - 1] = line[:start] + mutant.tried.encode() + line[start + len(mutant.written.encode()) :]
    path.write_bytes(b"".join(lines))
    command = [sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", *NEAREST[mutant.module]]
    environment = os.environ | {"PYTHONPATH": str(tree), "PYTHONDONTWRITEBYTECODE": "1"}
    try:
        return subprocess.run(command, cwd=tree, env=environment, capture_output=True, timeout=SECONDS, check=False).returncode == 0
    except subprocess.TimeoutExpired:
        return False
    finally:
        path.write_bytes(whole)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("modules", nargs="*", choices=[[], *NEAREST], help="whose constants are tried  [default: all]")
    parser.add_argument("--jobs", type=int, default=os.cpu_count())
    arguments = parser.parse_args()
    tried = [mutant for module in arguments.modules or NEAREST for mutant in mutants(module)]
    trees: Queue[Path] = Queue()
    with tempfile.TemporaryDirectory() as scratch, ThreadPoolExecutor(arguments.jobs) as pool:
        for number in range(arguments.jobs):
            tree = Path(scratch, str(number))
            shutil.copytree(ROOT, tree, symlinks=True, ignore=shutil.ignore_patterns(".*", "build", "index_data"))
            trees.put(tree)

        def judge(mutant: Mutant) -> tuple[Mutant, bool]:
            tree = trees.get()
            try:
                return mutant, survives(mutant, tree)
            finally:
                trees.put(tree)

        survivors = 0
        for mutant, survived in pool.map(judge, tried):
            survivors += survived
            print(f"{'SURVIVES' if survived else 'noticed '}  {mutant}", flush=True)
    print(f"{survivors} of {len(tried)} mutants survive")
    return int(survivors > 0)


if __name__ == "__main__":
    sys.exit(main())
