"""newsdex verify finds what is wrong, and changes nothing."""

from __future__ import annotations

import hashlib
import json
import os
import shlex
import shutil
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from newsdex import Options, Span, index_paths
from newsdex.cli import main
from newsdex.engines.hashing import HashEncoder
from newsdex.indexer.upkeep.status import drift, read_status
from newsdex.indexer.upkeep.takedown import Selection, delete
from newsdex.indexer.upkeep.verify import Finding, verify
from newsdex.records import Article
from newsdex.settings import Chunking
from newsdex.store import segment
from newsdex.store.postings import ArticleTerms, pack_postings
from newsdex.store.segment import Entry, sign_planes
from newsdex.store.snapshot import Snapshot
from newsdex.store.writer import Writer
from newsdex.words import ONCE_SPACES, Analyzer


@pytest.fixture
def index(tmp_path: Path) -> Path:
    """A sound index of two articles."""
    (tmp_path / "a.md").write_text("---\ntitle: Ferry\n---\nA ferry ran aground. Nobody was hurt.", encoding="utf-8")
    (tmp_path / "b.txt").write_text("Parliament voted.\n\nThe budget passed by two votes.", encoding="utf-8")
    index_paths([tmp_path / "a.md", tmp_path / "b.txt"], tmp_path / "index", Options(model="hash"))
    return tmp_path / "index"


def contents(folder: Path) -> dict[str, str]:
    """Every file with the hash of its content."""
    return {str(path): hashlib.sha256(path.read_bytes()).hexdigest() for path in sorted(folder.rglob("*")) if path.is_file()}


def test_a_sound_index_has_no_findings_and_stays_as_it_is(index: Path) -> None:
    """No byte below the folder changes, no file comes or goes."""
    before = contents(index)
    assert list(verify(index, deep=True)) == []
    assert contents(index) == before


def test_an_index_of_a_newsdex_that_cut_words_elsewhere_is_sound(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It took other hyphens than "-", spaces between thousands and breaks within words for their ends."""
    (tmp_path / "a.txt").write_text("ICE\u20114 derails\n\nAll 49\u202f312 mur\u200bders of ICE\u20114 passengers.", encoding="utf-8")

    def once(article: Article, spans: Sequence[Span], analyzer: Analyzer) -> ArticleTerms:
        title, text = article.title.translate(ONCE_SPACES), article.text.translate(ONCE_SPACES)
        return terms_of(replace(article, title=title, text=text), spans, analyzer)

    terms_of = segment.terms_of
    for name, cut in (("before", once), ("now", terms_of)):
        monkeypatch.setattr(segment, "terms_of", cut)
        index_paths([tmp_path / "a.txt"], tmp_path / name, Options(model="hash"))
        assert list(verify(tmp_path / name, deep=True)) == []


def test_changed_and_missing_sources_are_drift(index: Path) -> None:
    """Each is named with the command that mends it, and --no-sources leaves them out."""
    (index.parent / "a.md").write_text("Another text.", encoding="utf-8")
    (index.parent / "b.txt").unlink()
    found = list(verify(index))
    assert [finding.kind for finding in found] == ["drift", "drift"]
    assert f"{index.parent / 'a.md'} has changed" in found[0].what
    assert found[1].cure == f"newsdex index {index.parent / 'b.txt'} --prune --index-dir {index}"
    assert list(verify(index, sources=False)) == []


def test_suggested_commands_run_as_shown(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """From a shell, wherever the index is and whatever its files are called: what verify and status name is mended by what they print."""
    source, folder = tmp_path / "the news" / "a b.jsonl", tmp_path / "an index"

    def write_ids(*ids: str) -> None:
        source.write_text("".join(f"{json.dumps({'_id': each, 'text': f'On {each}.'})}\n" for each in ids), encoding="utf-8")

    def run_shown(words: str) -> None:
        name, *arguments = shlex.split(words.replace("FILE", shlex.quote(str(source))))
        assert name == "newsdex"
        assert main(arguments) == 0
        capsys.readouterr()

    def told(name: str, before: str, after: str) -> str:
        [line] = [value for key, value in read_status(folder).rows() if key == name]
        return line.partition(before)[2].partition(after)[0]

    source.parent.mkdir()
    write_ids("copper", "tin", "zinc")
    index_paths([source], folder, Options(model="hash"))
    write_ids("copper", "zinc")
    [changed] = verify(folder)
    run_shown(changed.cure)
    assert list(verify(folder)) == []
    assert read_status(folder).left_over == [str(source)]
    run_shown(told("left over", "To remove them: ", "\n"))
    assert read_status(folder).left_over == []
    delete(folder, Selection(ids=frozenset({"zinc"})))
    run_shown(told("withdrawn", "to restore: ", ")"))
    assert (read_status(folder).articles, read_status(folder).purged) == (2, 0)
    source.unlink()
    [missing] = verify(folder)
    run_shown(missing.cure)
    assert list(verify(folder)) == []


def test_the_command_for_a_file_that_had_no_article_works(tmp_path: Path) -> None:
    """Such as a copy of a deleted article: once the file is gone, the command forgets it, and without --prune it is missing."""
    articles, folder = tmp_path / "articles", tmp_path / "index_data"
    articles.mkdir()
    text = " ".join(f"The court heard witness number {n} in the case of the bridge." for n in range(9))
    (articles / "case.md").write_text(text, encoding="utf-8")
    (articles / "harvest.md").write_text("The harvest was late.", encoding="utf-8")
    index_paths([articles], folder, Options(model="hash"))
    delete(folder, Selection(ids=frozenset({"articles/case.md"})))
    (articles / "case.md").rename(articles / "other-name.md")
    index_paths([articles], folder, Options(prune=True))
    (articles / "other-name.md").unlink()
    [finding] = verify(folder)
    assert finding.cure == f"newsdex index {articles / 'other-name.md'} --prune --index-dir {folder}"
    assert main(["index", str(articles / "other-name.md"), "--index-dir", str(folder)]) == 2
    assert main(["index", str(articles / "other-name.md"), "--prune", "--index-dir", str(folder)]) == 0
    assert list(verify(folder)) == []


def test_drift_where_a_folder_is_gone(tmp_path: Path) -> None:
    """All of its files are missing, in the order of their names; of the others each is looked at, and read only where it may have
    changed.
    """
    for name in ("away/b.txt", "away/a.txt", "here/same.txt", "here/touched.txt", "here/other.txt", "here/gone.txt"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(f"The text of {name}.", encoding="utf-8")
    index_paths([tmp_path / "away", tmp_path / "here"], tmp_path / "index_data", Options("hash"))
    shutil.rmtree(tmp_path / "away")
    (tmp_path / "here" / "gone.txt").unlink()
    os.utime(tmp_path / "here" / "touched.txt", ns=(5, 5))
    (tmp_path / "here" / "other.txt").write_text("Another text.", encoding="utf-8")
    changed, missing = drift(Snapshot.open(tmp_path / "index_data"))
    assert changed == [str(tmp_path / "here" / "other.txt")]
    assert missing == [str(tmp_path / name) for name in ("away/a.txt", "away/b.txt", "here/gone.txt")]


@pytest.mark.parametrize(
    "pattern",
    [
        "*/s0*.articles",
        "*/s*.texts",
        "*/s*.faiss",
        "*/s*.bits",
        "*/s*.postings",
        "*/s0*.blocks",
        "*/sources-??????",
        "*/sources-*.blocks",
        "*/commit-*",
    ],
)
def test_a_flipped_bit_is_damage(index: Path, pattern: str) -> None:
    """Whichever file it is in, the file is named."""
    [path] = index.glob(pattern)
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    found = list(verify(index))
    assert found
    assert {finding.kind for finding in found} == {"damage"}
    assert path.name in found[0].what
    assert f"{found[0].what}; {found[0].cure}".lower().count("from a backup") == 1


def test_a_damaged_pointer_is_damage(index: Path) -> None:
    """A pointer to nowhere is found, and a pointer that is none."""
    pointer = (index / "CURRENT").read_bytes()
    for content in (pointer.replace(b"00", b"01", 1), pointer[:-9], b"", bytes(44)):
        (index / "CURRENT").write_bytes(content)
        assert [finding.kind for finding in verify(index)] == ["damage"]


def tampered(index: Path, change: Callable[[Entry], Entry]) -> list[Finding]:
    """What is found when a writer with sound checksums wrote something wrong."""
    snapshot = Snapshot.open(index)
    entry = snapshot.segments[0].entry(0)
    with Writer(index, snapshot.manifest.model, Chunking()) as writer:
        writer.add(change(entry))
        writer.commit(snapshot.sources().values())
    return list(verify(index, sources=False))


@pytest.mark.parametrize(
    ("change", "what"),
    [
        pytest.param(lambda e: replace(e, vectors=e.vectors * np.float32(1.01)), "not of unit length", id="length"),
        pytest.param(lambda e: replace(e, vectors=e.vectors * np.float32("nan")), "not of unit length", id="nan"),
        pytest.param(lambda e: replace(e, vectors=-e.vectors), "other vectors when embedded again", id="another vector"),
        pytest.param(
            lambda e: replace(e, passages=[Span(p.start, p.end - 1) for p in e.passages]), "not the text that was embedded", id="shifted"
        ),
        pytest.param(lambda e: replace(e, passages=[Span(p.start, p.end + 9000) for p in e.passages]), "not a slice", id="beyond the end"),
    ],
)
def test_wrong_content_with_right_checksums_is_damage(index: Path, change: Callable[[Entry], Entry], what: str) -> None:
    """Checksums alone do not make an index sound."""
    found = tampered(index, change)
    assert any(what in finding.what for finding in found)
    assert {finding.kind for finding in found} == {"damage"}


def test_problems_of_many_passages_are_counted(tmp_path: Path) -> None:
    """A large archive would print millions of lines."""
    (tmp_path / "long.txt").write_text(
        "\n\n".join(f"The council met for the {number}th time. " * 15 for number in range(60)), encoding="utf-8"
    )
    index_paths([tmp_path / "long.txt"], tmp_path / "index_data", Options("hash"))
    found = tampered(tmp_path / "index_data", lambda e: replace(e, passages=[Span(p.start, p.end - 1) for p in e.passages]))
    passages = len(Snapshot.open(tmp_path / "index_data").segments[0])
    assert passages > 50
    assert [finding.what.partition(": ")[2].split(" of ")[0] for finding in found[:20]] == [f"passage {number}" for number in range(20)]
    assert [finding.what.partition(": ")[2] for finding in found[20:]] == [f"{passages - 20} more problems of its passages"]


def test_signs_that_are_not_of_the_vectors_are_damage(index: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The short forms by which many passages are searched must be those of the vectors beside them."""
    monkeypatch.setattr(segment, "sign_planes", lambda vectors: sign_planes(-vectors))
    found = tampered(index, lambda entry: entry)
    assert ["the signs of passages 0 to 0 are not those of their vectors" in finding.what for finding in found] == [True]


def test_words_that_do_not_lead_to_their_passage_are_damage(index: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each passage must be found by each of its words."""
    monkeypatch.setattr(
        segment,
        "pack_postings",
        lambda terms: pack_postings([each._replace(passages=[own[1:] for own in each.passages]) for each in terms]),
    )
    found = tampered(index, lambda entry: replace(entry, article=replace(entry.article, title="")))
    assert [finding.what.partition(": ")[2] for finding in found[-2:]] == [
        "passage 0 of 'a.md' is not found by all of its words",
        "article 'a.md' is not found by all words of passage 0",
    ]


def test_another_version_of_the_model_is_no_damage(
    index: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The index is as it was; what can be checked without the model is, and the advice is not to restore it."""

    class Newer(HashEncoder):
        card = replace(HashEncoder.card, weights="of another version")

    monkeypatch.setattr("newsdex.indexer.upkeep.verify.open_build_encoder", lambda *_: Newer())
    [finding] = verify(index)
    assert (finding.kind, "another version of the model" in finding.what) == ("model", True)
    assert finding.cure == f"install that version again, or build the index again: newsdex rebuild --index-dir {index}"
    assert main(["verify", "--index-dir", str(index)]) == 2
    assert capsys.readouterr().out.startswith("model: the installed hash is another version")
    found = tampered(index, lambda entry: replace(entry, vectors=entry.vectors * np.float32(1.01)))
    assert {each.kind for each in found} == {"model", "damage"}
