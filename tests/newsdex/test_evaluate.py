"""newsdex eval: the measures against hand-worked ones and other libraries, the command against real collections, and what is wrong with
them.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from command import run
from hypothesis import given, settings
from hypothesis import strategies as st

pytrec_eval = pytest.importorskip("pytrec_eval", reason="pip install 'newsdex[eval]'")

from newsdex import Index, Options, UsageError, index_paths  # noqa: E402 - the tests need pytrec_eval
from newsdex.engines.known import MINILM  # noqa: E402
from newsdex.evaluation.collection import read_collection  # noqa: E402
from newsdex.evaluation.evaluate import MEASURES, Run, falling, interval, measure, parse_gate, resampled_means, write_run  # noqa: E402
from newsdex.evaluation.titles import from_titles, text_without_title  # noqa: E402
from newsdex.records import Article, Span  # noqa: E402

METALS = {
    "copper": ("Copper dear", "Copper led all the metals on Friday."),
    "tin": ("Tin cheap", "Tin fell again and nobody in Jakarta knew the reason."),
    "zinc": ("Zinc in Lima", "Miners of zinc met in Lima and agreed on wages."),
    "Lead Street 1": ("", "A burst pipe made of lead flooded the street."),
}
QUESTIONS = {"q1": "copper led the metals", "q2": "tin in Jakarta", "q3": "wages of miners in Lima", "q4": "a burst pipe of lead"}
JUDGEMENTS = [("q1", "copper", 1), ("q2", "tin", 2), ("q2", "copper", 0), ("q3", "zinc", 1), ("q4", "Lead Street 1", 1)]


def write_collection(
    folder: Path,
    documents: Mapping[str, tuple[str, str]] = METALS,
    questions: Mapping[str, str] = QUESTIONS,
    judgements: Sequence[tuple[str, str, int]] = JUDGEMENTS,
    split: str = "test",
) -> Path:
    """A collection in BEIR format."""
    (folder / "qrels").mkdir(parents=True, exist_ok=True)
    corpus = [{"_id": name, "title": title, "text": text} for name, (title, text) in documents.items()]
    (folder / "corpus.jsonl").write_text("".join(json.dumps(d) + "\n" for d in corpus), encoding="utf-8")
    (folder / "queries.jsonl").write_text("".join(json.dumps({"_id": q, "text": t}) + "\n" for q, t in questions.items()), encoding="utf-8")
    rows = ["query-id\tcorpus-id\tscore", *(f"{q}\t{d}\t{grade}" for q, d, grade in judgements)]
    (folder / "qrels" / f"{split}.tsv").write_text("\n".join(rows) + "\n", encoding="utf-8")
    return folder


@pytest.fixture
def metals(tmp_path: Path) -> Path:
    """A collection of four articles, and a question for each."""
    return write_collection(tmp_path / "metals")


def ranking(*documents: str) -> list[tuple[str, float]]:
    """``documents`` in this order."""
    return [(document, 1.0 - rank / 1000) for rank, document in enumerate(documents)]


def named(values: Any) -> dict[str, Any]:
    """A column, or a mean, by the name of its measure."""
    return dict(zip(MEASURES, np.asarray(values).T.tolist(), strict=True))


def test_measures_worked_by_hand() -> None:
    """Two questions: the answers of the first at ranks 2 and 4 of three (one never found), that of the second at rank 11."""
    grades = {"a": {"x": 2, "y": 1, "lost": 1, "noise": 0}, "b": {"z": 1}}
    rankings = {"a": ranking("noise", "x", "other", "y"), "b": ranking(*(f"n{i}" for i in range(10)), "z")}
    found = named(measure(rankings, grades))
    gain = 2 / math.log2(3) + 1 / math.log2(5)
    ideal = 2 / math.log2(2) + 1 / math.log2(3) + 1 / math.log2(4)
    assert found["nDCG@10"] == pytest.approx([gain / ideal, 0])
    assert found["recall@10"] == pytest.approx([2 / 3, 0])
    assert found["recall@100"] == pytest.approx([2 / 3, 1])
    assert found["MRR@10"] == pytest.approx([1 / 2, 0])
    assert found["MAP"] == pytest.approx([(1 / 2 + 2 / 4) / 3, 1 / 11])


def test_nothing_found_is_zero() -> None:
    """A question without a ranking, and one with an empty one, have zero in every measure, in the order of the judgements."""
    grades = {"none": {"x": 1}, "found": {"x": 1}, "empty": {"x": 1}}
    values = measure({"empty": [], "found": ranking("x")}, grades)
    assert values.tolist() == [[0.0] * 5, [1.0] * 5, [0.0] * 5]


@settings(max_examples=60, deadline=None)
@given(
    st.permutations([f"d{i}" for i in range(30)]),
    st.dictionaries(st.sampled_from([f"d{i}" for i in range(30)]), st.integers(0, 3), min_size=1),
)
def test_measures_by_their_formulas(order: list[str], judged: dict[str, int]) -> None:
    """Any ranking and any grades: the numbers are those of the textbook formulas."""
    if not any(judged.values()):
        judged["d0"] = 1
    gains = [judged.get(document, 0) for document in order]
    relevant = sum(grade > 0 for grade in judged.values())
    ranks = [rank for rank, gain in enumerate(gains, 1) if gain]
    ideal = sorted(judged.values(), reverse=True)[:10]
    expected = {
        "nDCG@10": sum(g / math.log2(r + 2) for r, g in enumerate(gains[:10])) / sum(g / math.log2(r + 2) for r, g in enumerate(ideal)),
        "recall@10": sum(rank <= 10 for rank in ranks) / relevant,
        "recall@100": len(ranks) / relevant,
        "MRR@10": 1 / ranks[0] if ranks[0] <= 10 else 0,
        "MAP": sum(found / rank for found, rank in enumerate(ranks, 1)) / relevant,
    }
    assert named(measure({"q": ranking(*order)}, {"q": judged})[0]) == pytest.approx(expected)


def test_intervals_are_those_of_scipy() -> None:
    """The percentile bootstrap of a mean, and of a paired difference, agrees with scipy.stats.bootstrap."""
    stats = pytest.importorskip("scipy.stats")
    random = np.random.default_rng(7)
    one = random.beta(2, 1, 200)
    other = np.clip(one + random.normal(0.02, 0.1, 200), 0, 1)
    samples = resampled_means(np.stack([one, other], axis=1))
    for values, column in ((one, samples[:, 0]), (other - one, samples[:, 1] - samples[:, 0])):
        mine = interval(values.mean(), column)
        theirs = stats.bootstrap(
            (values,), np.mean, n_resamples=10_000, method="percentile", rng=np.random.default_rng(1)
        ).confidence_interval
        assert mine.mean == pytest.approx(values.mean())
        assert (mine.low, mine.high) == pytest.approx((theirs.low, theirs.high), abs=0.1 * values.std() / math.sqrt(200))


@pytest.mark.parametrize(("low", "high", "excludes"), [(0.01, 0.2, True), (-0.2, -0.01, True), (-0.1, 0.1, False), (0.0, 0.0, False)])
def test_whether_a_difference_is_one(low: float, high: float, excludes: bool) -> None:
    """An interval on one side of zero excludes it."""
    assert interval(0, np.array([low, high])).excludes_zero == excludes


@given(st.lists(st.floats(0, 1), max_size=50))
def test_scores_fall_from_rank_to_rank(scores: list[float]) -> None:
    """Whatever the scores are, those of a run fall strictly, as 32-bit numbers too, and are never higher than they were."""
    written = [np.float32(score) for _, score in falling([(str(i), score) for i, score in enumerate(scores)])]
    assert all(a > b for a, b in pairwise(written))
    assert all(new <= np.float32(old) for new, old in zip(written, scores, strict=True))


def test_a_run_file_gives_the_same_numbers(tmp_path: Path) -> None:
    """trec_eval, which orders by score and not by rank, reads from the file the ranking that was measured, ties and all."""
    tied = falling([("b", 0.9), ("a", 0.9), ("c d", 0.9), ("e", 0.95), ("f", 0.1)])
    write_run(tmp_path / "run.trec", Run("hybrid", {"q 1": tied}, [0.01]))
    lines = (tmp_path / "run.trec").read_text().splitlines()
    assert [line.split()[2:4] for line in lines] == [["b", "1"], ["a", "2"], ["c%20d", "3"], ["e", "4"], ["f", "5"]]
    assert {(line.split()[0], line.split()[1], line.split()[5]) for line in lines} == {("q%201", "Q0", "newsdex-hybrid")}
    with (tmp_path / "run.trec").open() as file:
        read = pytrec_eval.parse_run(file)
    assert sorted(read["q%201"], key=lambda d: -read["q%201"][d]) == ["b", "a", "c%20d", "e", "f"]


def test_a_collection_is_measured(metals: Path, tmp_path: Path) -> None:
    """The numbers of the command are those that trec_eval gives for what the library finds; the run file says the same."""
    index, trec = tmp_path / "index", tmp_path / "run.trec"
    code, out, err = run("eval", metals, "--model", "hash", "--index-dir", index, "--run", trec, "--json")
    assert (code, err) == (0, "")
    result = json.loads(out)
    assert (result["collection"], result["model"], result["documents"], result["questions"]) == ("metals", "hash", 4, 4)
    assert list(result["modes"]) == ["dense", "lexical", "hybrid"]
    assert [(d["mode"], d["other"]) for d in result["differences"]] == [("lexical", "dense"), ("hybrid", "dense"), ("hybrid", "lexical")]
    grades: dict[str, dict[str, int]] = {}
    for question, document, grade in JUDGEMENTS:
        grades.setdefault(question, {})[document] = grade
    with Index.open(index) as opened:
        for mode in ("dense", "lexical", "hybrid"):
            found = {q: [hit.article.id for hit in opened.search(text, limit=100, mode=mode)] for q, text in QUESTIONS.items()}
            means = named(measure({q: ranking(*documents) for q, documents in found.items()}, grades).mean(axis=0))
            measured = result["modes"][mode]["measures"]
            assert {name: values["mean"] for name, values in measured.items()} == pytest.approx(means, abs=1e-6)
            assert all(0 <= values["low"] <= values["mean"] <= values["high"] <= 1 for values in measured.values())
            assert 0 < result["modes"][mode]["latency_ms"]["p50"] <= result["modes"][mode]["latency_ms"]["p99"]
            lines = [line.split() for line in (tmp_path / f"run.{mode}.trec").read_text().splitlines()]
            assert [(line[0], line[2].replace("%20", " ")) for line in lines] == [
                (q, d) for q, documents in found.items() for d in documents
            ]
    assert not trec.exists()
    hybrid, lexical = (result["modes"][mode]["measures"]["MAP"]["mean"] for mode in ("hybrid", "lexical"))
    assert result["differences"][2]["measures"]["MAP"]["mean"] == pytest.approx(hybrid - lexical, abs=1e-5)


def test_the_table(metals: Path) -> None:
    """For a person: the modes side by side in the order that was asked for, each measure with its interval."""
    code, out, _ = run("eval", metals, "--model", "hash", "--modes", "lexical,hybrid")
    lines = out.splitlines()
    assert code == 0
    assert lines[0] == "metals: 4 documents in 4 passages, 4 questions, model hash in full precision"
    assert lines[2].split() == ["lexical", "hybrid"]
    assert lines[3].split() == ["nDCG@10", "1.000", "[1.000,", "1.000]", "1.000", "[1.000,", "1.000]"]
    assert [line.split()[0].rstrip(",") for line in lines[3:10]] == [*MEASURES, "p50", "p99"]
    assert lines[11].split() == ["hybrid", "-", "lexical"]
    assert max(map(len, lines)) <= 100


def test_the_precision_that_was_measured_is_told(metals: Path, tmp_path: Path) -> None:
    """That of the index, also of an archive, unless another is asked for, or with another model."""
    index = tmp_path / "index"
    code, out, err = run("eval", metals, "--model", MINILM.card.name, "--precision", "int8", "--modes", "dense", "--index-dir", index)
    assert (code, err) == (0, "")
    assert out.splitlines()[0] == f"metals: 4 documents in 4 passages, 4 questions, model {MINILM.card.name} in int8 precision"
    for options, precision in (((), "int8"), (("--precision", "full"), "full"), (("--model", "hash"), "full")):
        code, out, _ = run("eval", "--from-archive", "--modes", "dense", "--json", "--index-dir", index, *options)
        assert (code, json.loads(out)["precision"]) == (0, precision)


@pytest.mark.parametrize(
    ("gates", "failed"),
    [
        pytest.param(["nDCG@10>=1"], [], id="met"),
        pytest.param(["ndcg@10 >= 0.5", "lexical:MAP>0.9"], [], id="several are met"),
        pytest.param(["MRR@10<0.5"], ["hybrid MRR@10 is 1.0000, expected <0.5"], id="failed"),
        pytest.param(
            ["nDCG@10>=0.5", "lexical:recall@100<=0.25"], ["lexical recall@100 is 1.0000, expected <=0.25"], id="one of two failed"
        ),
        pytest.param(["p50<=60000"], [], id="fast enough"),
        pytest.param(["lexical:p99<=0"], ["lexical p99 is "], id="not fast enough"),
    ],
)
def test_gates(metals: Path, gates: list[str], failed: list[str]) -> None:
    """A gate that fails is named on standard error, and the exit code is 1; the numbers are printed all the same."""
    arguments = [part for gate in gates for part in ("--gate", gate)]
    code, out, err = run("eval", metals, "--model", "hash", "--modes", "lexical,hybrid", "--json", *arguments)
    assert code == (1 if failed else 0)
    assert [gate["passed"] for gate in json.loads(out)["gates"]].count(False) == len(failed)
    assert len(err.splitlines()) == len(failed)
    for line, reason in zip(err.splitlines(), failed, strict=True):
        assert line.startswith(f"newsdex: gate failed: {reason}")


def test_a_gate_without_a_mode() -> None:
    """It is for hybrid where that is measured, else for every mode."""
    assert parse_gate("MAP>=0.5", ["dense", "hybrid"]).modes == ("hybrid",)
    assert parse_gate("MAP>=0.5", ["dense", "lexical"]).modes == ("dense", "lexical")
    assert parse_gate(" dense : mrr@10 < 1 ", ["dense", "hybrid"]).modes == ("dense",)


def test_an_index_is_used_again(metals: Path, tmp_path: Path) -> None:
    """With --index-dir nothing is indexed twice; what changed in the corpus is, and what vanished from it is gone."""
    index = tmp_path / "index"
    first = json.loads(run("eval", metals, "--model", "hash", "--index-dir", index, "--json").out)
    segments = {path: path.stat().st_mtime_ns for path in index.rglob("s0*")}
    again = json.loads(run("eval", metals, "--index-dir", index, "--json").out)
    assert {path: path.stat().st_mtime_ns for path in index.rglob("s0*")} == segments
    assert again["modes"]["hybrid"]["measures"] == first["modes"]["hybrid"]["measures"]
    write_collection(metals, {name: METALS[name] for name in ("copper", "tin", "zinc")})
    code, out, err = run("eval", metals, "--index-dir", index, "--json")
    assert (code, json.loads(out)["documents"]) == (0, 3)
    assert err == "Note: not in the corpus, and counted as not found: 1 document to be found: Lead Street 1\n"
    assert json.loads(out)["modes"]["lexical"]["measures"]["recall@100"]["mean"] == 0.75


def test_an_archive_is_left_alone(metals: Path, tmp_path: Path) -> None:
    """The index of something else is neither searched nor changed."""
    (tmp_path / "news.txt").write_text("Something else happened.")
    index_paths([tmp_path / "news.txt"], tmp_path / "index", Options(model="hash"))
    before = {path: path.read_bytes() for path in (tmp_path / "index").rglob("*") if path.is_file()}
    code, out, err = run("eval", metals, "--index-dir", tmp_path / "index")
    assert (code, out) == (2, "")
    assert "is an index of other files (news.txt), which would also be searched. Choose another folder" in err
    assert {path: path.read_bytes() for path in (tmp_path / "index").rglob("*") if path.is_file()} == before


def test_a_sample_of_the_questions(tmp_path: Path) -> None:
    """--limit asks that many of the questions, the same each time and in their order."""
    questions = {f"q{i:03}": f"metal number {i}" for i in range(100)}
    write_collection(tmp_path, questions=questions, judgements=[(q, "tin", 1) for q in questions])
    sample = read_collection(tmp_path, count=10)
    assert len(sample.questions) == 10
    assert list(sample.questions) == sorted(sample.questions) == list(sample.grades)
    assert read_collection(tmp_path, count=10) == sample
    assert read_collection(tmp_path, count=100) == read_collection(tmp_path)


def test_what_is_left_out_is_named(tmp_path: Path) -> None:
    """Questions and judgements that cannot be used are left out, counted and named; the rest is measured."""
    write_collection(
        tmp_path,
        questions={**QUESTIONS, "empty": " ", "unjudged": "silver", "hopeless": "gold"},
        judgements=[*JUDGEMENTS, ("unasked", "tin", 1), ("hopeless", "tin", 0), ("empty", "tin", 1), ("q1", "nowhere", 1)],
    )
    with (tmp_path / "corpus.jsonl").open("a") as file:
        file.write('{"_id": "broken"\n')
    code, out, err = run("eval", tmp_path, "--model", "hash", "--modes", "lexical", "--json")
    assert code == 0
    assert err.splitlines() == [
        "Note: left out 1 question without a judgement in qrels/test.tsv: unjudged",
        "Note: left out 1 judged question outside queries.jsonl: unasked",
        "Note: left out 1 question without text: empty",
        "Note: left out 1 question without a document graded above 0 in qrels/test.tsv: hopeless",
        "Note: corpus.jsonl: line 5: invalid JSON: Expecting ',' delimiter (character 18)",
        "Note: not in the corpus, and counted as not found: 1 document to be found: nowhere",
    ]
    assert json.loads(out)["questions"] == 4
    assert json.loads(out)["modes"]["lexical"]["measures"]["recall@100"]["mean"] == pytest.approx(3.5 / 4)


def test_a_question_that_is_refused(metals: Path) -> None:
    """It has found nothing, with a note; where all are refused there is nothing to measure."""
    long = "copper " * 20_000
    write_collection(metals, questions={**QUESTIONS, "q1": long})
    code, out, err = run("eval", metals, "--model", "hash", "--modes", "lexical", "--json")
    assert (code, json.loads(out)["modes"]["lexical"]["measures"]["MAP"]["mean"]) == (0, 0.75)
    assert err.startswith("Note: lexical: question q1 counts as not answered: ")
    write_collection(metals, questions={"q1": long})
    code, out, err = run("eval", metals, "--model", "hash", "--modes", "lexical")
    assert (code, out) == (2, "")
    assert "none of the questions can be searched: lexical: question q1 counts as not answered: " in err


def test_ids_as_the_indexer_reads_them(tmp_path: Path) -> None:
    """Numbers, white space around an id, a byte order mark, Windows line ends and a table without its heading are all understood."""
    write_collection(tmp_path, documents={" 7  a ": ("", "Copper rose.")}, questions={"1": "copper"}, judgements=[])
    (tmp_path / "queries.jsonl").write_bytes(b'\xef\xbb\xbf{"_id": 1, "text": "copper"}\r\n\r\n')
    (tmp_path / "qrels" / "test.tsv").write_bytes(b"\xef\xbb\xbf1\t7 a\t1\r\n")
    code, out, err = run("eval", tmp_path, "--model", "hash", "--modes", "lexical", "--json")
    assert (code, err) == (0, "")
    assert json.loads(out)["modes"]["lexical"]["measures"]["MAP"]["mean"] == 1


@pytest.mark.parametrize(
    ("file", "content", "reason"),
    [
        pytest.param("corpus.jsonl", None, "is not a collection in BEIR format: no corpus.jsonl", id="no corpus"),
        pytest.param("queries.jsonl", None, "is not a collection in BEIR format: no queries.jsonl", id="no questions"),
        pytest.param(
            "qrels/test.tsv", None, "has no judgements qrels/test.tsv. Choose one of its splits with --split: none", id="no judgements"
        ),
        pytest.param("corpus.jsonl", b"", "no articles in ", id="an empty corpus"),
        pytest.param("queries.jsonl", b"", "no question of ", id="an empty file of questions"),
        pytest.param("qrels/test.tsv", b"query-id\tcorpus-id\tscore\n", "no question of ", id="an empty table of judgements"),
        pytest.param("queries.jsonl", b'{"_id": "q1", "text": "a"}\n{"_id"\n', "queries.jsonl, line 2: invalid JSON", id="broken JSON"),
        pytest.param("queries.jsonl", b"[" * 200_000, "queries.jsonl, line 1: invalid JSON", id="deep JSON"),
        pytest.param("queries.jsonl", b'{"_id": "q1"}\n', "queries.jsonl, line 1: not a question", id="a question without text"),
        pytest.param("queries.jsonl", b'["q1"]\n', "queries.jsonl, line 1: not a question", id="a list"),
        pytest.param("queries.jsonl", b'\n{"_id": "q1", "text": "caf\xe9"}', "queries.jsonl, line 2: not UTF-8 (byte 27)", id="not UTF-8"),
        pytest.param(
            "queries.jsonl",
            b'{"_id": "q1", "text": "a"}\n{"_id": "q1", "text": "b"}\n',
            "line 2: the question q1 occurs twice",
            id="twice",
        ),
        pytest.param("qrels/test.tsv", b"q1\tcopper\t1\nq2 tin 1\n", "test.tsv, line 2: not a judgement", id="no tabs"),
        pytest.param("qrels/test.tsv", b"q1\t0\tcopper\t1\n", "test.tsv, line 1: not a judgement", id="four columns"),
        pytest.param("qrels/test.tsv", b"q1\tcopper\t1\nq2\ttin\thigh\n", "test.tsv, line 2: not a judgement", id="a grade in words"),
        pytest.param(
            "qrels/test.tsv",
            b"q1\tcopper\t1\nq1\tcopper\t2\n",
            "line 2: question q1 and document copper have a different grade",
            id="two grades",
        ),
        pytest.param("qrels/test.tsv", b"unasked\tcopper\t1\n", "no question of ", id="judgements of something else"),
    ],
)
def test_a_bad_collection(metals: Path, file: str, content: bytes | None, reason: str) -> None:
    """What is missing or malformed is named with its place: exit code 2, nothing on standard output."""
    if content is None:
        (metals / file).unlink()
    else:
        (metals / file).write_bytes(content)
    code, out, err = run("eval", metals, "--model", "hash")
    assert (code, out) == (2, "")
    assert reason in err
    assert len(err.splitlines()) == 1


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        pytest.param([], "give either a FOLDER in BEIR format or --from-archive", id="nothing to ask"),
        pytest.param(["FOLDER", "--from-archive"], "give either a FOLDER in BEIR format or --from-archive", id="both"),
        pytest.param(["nowhere"], "nowhere is not a collection in BEIR format: no corpus.jsonl, queries.jsonl, qrels", id="no folder"),
        pytest.param(
            ["FOLDER", "--split", "dev"], "has no judgements qrels/dev.tsv. Choose one of its splits with --split: test", id="no split"
        ),
        pytest.param(["--from-archive", "--split", "dev"], "--split works only with a FOLDER", id="a split of an archive"),
        pytest.param(["--from-archive", "--index-dir", "nowhere"], "nowhere", id="no archive"),
        pytest.param(
            ["FOLDER", "--modes", "dense,best"], "--modes dense,best: 'best' is unknown: expected some of hybrid,dense,lexical", id="mode"
        ),
        pytest.param(["FOLDER", "--modes", ""], "'' is unknown", id="no mode"),
        pytest.param(["FOLDER", "--modes", "dense,dense"], "expected each mode once", id="a mode twice"),
        pytest.param(["FOLDER", "--limit", "0"], "Invalid value for '--limit'", id="no question"),
        pytest.param(["FOLDER", "--run", "nowhere/run.trec"], "does not exist. Create it first", id="a run file nowhere"),
        pytest.param(
            ["FOLDER", "--gate", "nDCG@10"], "Quote it, because the shell reads > as a redirection", id="a gate without a condition"
        ),
        pytest.param(["FOLDER", "--gate", "P@5>=0.3"], "has the measure 'P@5': expected nDCG@10, recall@10", id="an unknown measure"),
        pytest.param(["FOLDER", "--gate", "MAP>=70"], "has the bound '70': expected a number from 0 to 1", id="a bound in per cent"),
        pytest.param(
            ["FOLDER", "--gate", "MAP>=nan"], "has the bound 'nan': expected a number from 0 to 1", id="a bound that is no number"
        ),
        pytest.param(
            ["FOLDER", "--gate", "p99<=inf"], "has the bound 'inf': expected a number of milliseconds", id="a bound without bounds"
        ),
        pytest.param(
            ["FOLDER", "--gate", "best:MAP>=0.7"], "for the mode 'best', which is not measured: expected dense, lexical", id="no such mode"
        ),
        pytest.param(["FOLDER", "--gate", "MAP==0.7"], "is not a condition", id="an unknown relation"),
    ],
)
def test_wrong_usage(metals: Path, arguments: list[str], reason: str) -> None:
    """What makes no sense is refused before anything is indexed: exit code 2, nothing on standard output, no traceback."""
    code, out, err = run("eval", *(str(metals) if argument == "FOLDER" else argument for argument in arguments))
    assert (code, out) == (2, "")
    assert reason in err
    assert "Traceback" not in err


@pytest.mark.parametrize(
    ("text", "start", "title", "expected"),
    [
        pytest.param("Tin fell.", 0, "", "Tin fell.", id="no title"),
        pytest.param("Tin cheap\n\nTin fell.", 0, "Tin cheap", "Tin fell.", id="a first line"),
        pytest.param("---\nx\n---\n\n# Tin  cheap #\nTin fell.", 10, "Tin cheap", "Tin fell.", id="a heading after front matter"),
        pytest.param("TIN\nCHEAP: it fell.", 0, "Tin cheap", ": it fell.", id="in capitals"),
        pytest.param("Tin cheaper now.", 0, "Tin cheap", "Tin cheaper now.", id="the beginning of other words"),
        pytest.param("It fell. Tin cheap.", 0, "Tin cheap", "It fell. Tin cheap.", id="later in the text"),
        pytest.param("What? (1)\nTin fell.", 0, "What? (1)", "Tin fell.", id="signs"),
    ],
)
def test_the_title_is_taken_off(text: str, start: int, title: str, expected: str) -> None:
    """A title at the head of the text goes, however it is set; the same words elsewhere are the article's own."""
    assert text_without_title(Article("a", text, Path("a"), "", title=title, body=Span(start, len(text)))) == expected


def test_questions_from_titles(tmp_path: Path) -> None:
    """Each title of three words or more is a question; all articles that bear it are its answers; none has it in what is searched."""
    (tmp_path / "archive.jsonl").write_text(
        "".join(
            json.dumps({"_id": name, "title": title, "text": text}) + "\n"
            for name, title, text in [
                ("a", "Miners meet in Lima", "Miners meet in Lima\nThey agreed on wages."),
                ("b", "miners  meet in LIMA", "A copy by another paper."),
                ("c", "Corrections", "We were wrong."),
                ("d", "", "No title."),
                ("e", "Only a title here", "Only a title here"),
                ("f", "\u94dc\u4ef7\u4e0a\u6da8", "\u661f\u671f\u4e94\u94dc\u4ef7\u9886\u6da8\u3002"),
            ]
        )
    )
    index_paths([tmp_path / "archive.jsonl"], tmp_path / "index", Options(model="hash"))
    work = tmp_path / "work"
    work.mkdir()
    collection = from_titles(tmp_path / "index", work)
    assert collection.questions == {"a": "Miners meet in Lima", "f": "\u94dc\u4ef7\u4e0a\u6da8"}
    assert collection.grades == {"a": {"a": 1, "b": 1}, "f": {"f": 1}}
    searched = [json.loads(line) for line in (work / "corpus.jsonl").read_text().splitlines()]
    assert {d["_id"]: d["text"] for d in searched}["a"] == "They agreed on wages."
    assert all(set(document) == {"_id", "text", "language"} for document in searched)
    assert sorted(collection.remarks) == [
        "left out 1 article that are nothing but a title",
        "left out 1 article with a title of fewer than 3 words",
        "left out 1 article without a title",
    ]


def test_a_copy_is_an_answer(tmp_path: Path) -> None:
    """An article that the index knows as a copy of the one asked for, under another title, is as good."""
    words = np.random.default_rng(5).integers(0, 500, 300)
    text = " ".join(f"word{number}" for number in words)
    lines = [
        {"_id": "wire", "title": "Miners meet in Lima", "text": text, "date": "2024-04-26"},
        {"_id": "paper", "title": "Peru: talks on wages begin", "text": f"Our correspondent. {text}", "date": "2024-04-27"},
        {"_id": "other", "title": "Tin fell in Jakarta", "text": "Tin fell again.", "date": "2024-04-26"},
    ]
    (tmp_path / "archive.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    index_paths([tmp_path / "archive.jsonl"], tmp_path / "index", Options(model="hash"))
    (tmp_path / "work").mkdir()
    grades = from_titles(tmp_path / "index", tmp_path / "work").grades
    assert grades == {"wire": {"wire": 1, "paper": 1}, "paper": {"paper": 1, "wire": 1}, "other": {"other": 1}}
    [one] = from_titles(tmp_path / "index", tmp_path / "work", count=1).grades.items()
    assert one in grades.items()


def test_an_archive_without_titles(tmp_path: Path) -> None:
    """There is nothing to ask: an error that says why."""
    (tmp_path / "archive.jsonl").write_text('{"_id": "a", "text": "Tin fell."}\n')
    index_paths([tmp_path / "archive.jsonl"], tmp_path / "index", Options(model="hash"))
    with pytest.raises(UsageError, match=r"no title in .* can be used as a question: left out 1 article without a title"):
        from_titles(tmp_path / "index", tmp_path)


def test_an_archive_is_measured_by_its_titles(sample_index: Path, sample_size: int) -> None:
    """The sample archive, with the real model: most articles are found by their titles though these are not in the index; it stays as it
    is.
    """
    before = {path: path.stat().st_mtime_ns for path in sample_index.rglob("*") if path.is_file()}
    code, out, err = run(
        "eval",
        "--from-archive",
        "--index-dir",
        sample_index,
        "--modes",
        "dense,hybrid",
        "--limit",
        "12",
        "--json",
        "--gate",
        "nDCG@10>=0.6",
    )
    result = json.loads(out)
    assert code == 0, err
    assert (result["documents"], result["questions"], result["model"]) == (sample_size, 12, "all-MiniLM-L6-v2")
    assert 0.6 < result["modes"]["dense"]["measures"]["nDCG@10"]["mean"] < 1
    assert {path: path.stat().st_mtime_ns for path in sample_index.rglob("*") if path.is_file()} == before
