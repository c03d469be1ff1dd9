"""Are copies found, and nothing but copies, and what does it cost?

ARCHIVE is a folder of articles in Markdown, several outlets' stories on the same events among them, and each FOLDER a collection in BEIR
format whose documents are long news stories. Copies of each article are planted, edited as newsrooms edit. Then every article of an index
with all of them is asked for its copies. A copy that is found and was not planted counts as false, but for other copies of the same story.
``exact`` applies the rule to all shingles of all pairs, instead of sketches that are looked up; ``minhash`` is datasketch's MinHashLSH on
the same shingles (128 permutations, Jaccard 0.5), with ``--peer``.

``--wire`` is a folder of the Reuters-21578 collection as JSON (lists of objects with title, body and date), real stories of one agency with
their real updates and reprints; how alike the pairs are that are found there, and how many pairs of one headline and one day are among
them.

The cost is measured on an index of made-up articles of 600 words, an eighth of them copies.
"""

from __future__ import annotations

import itertools
import json
import random
import re
import tempfile
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from datetime import date, datetime
from pathlib import Path
from typing import Any
from unittest import mock

import numpy as np
from archive import write
from beir import load
from script import parser_of, save
from timing import milliseconds

from newsdex.engines.hashing import HashEncoder
from newsdex.records import Article, Published, Span
from newsdex.search.ranking.candidates import Ranked
from newsdex.search.ranking.copies import CopyFinder, collapse
from newsdex.store import copies as copies_module
from newsdex.store import sketches as sketches_module
from newsdex.store.copies import DAYS, Place, are_copies, copied_share, copies_of
from newsdex.store.segment import Entry
from newsdex.store.sketches import Overlap, Shingler, overlap
from newsdex.store.snapshot import Snapshot

PASSAGES = 5
FRONT_MATTER = re.compile(r"---\n(.*?)\n---\n", re.DOTALL)
# Articles of examples/articles that were made of another's or update one of the same outlet, as reading them shows: most sentences are the
# same, in the same order.
ADAPTED = {
    "2024-03-14-eu-ai-act-nb": "2024-03-13-eu-ai-act-hc",
    "2024-03-27-baltimore-bridge-nb": "2024-03-26-baltimore-bridge-hc",
    "2024-04-04-taiwan-quake-nb": "2024-04-03-hualien-earthquake-hc",
    "2024-04-27-blinken-beijing-nb": "2024-04-26-blinken-beijing-hc",
    "2024-05-24-srebrenica-un-vote-al": "2024-05-23-srebrenica-un-resolution-hc",
    "2024-06-14-g7-loan-nb": "2024-06-14-g7-loan-hc",
    "2024-03-02-northgate-library-fire-update-nb": "2024-02-29-northgate-library-fire-nb",
    "2024-05-22-sq321-turbulence-update-nb": "2024-05-21-sq321-turbulence-nb",
    "2024-06-03-hochwasser-sueddeutschland-aktuell-tl": "2024-06-02-hochwasser-sueddeutschland-tl",
    "2024-08-10-voepass-vinhedo-correccion-me": "2024-08-09-voepass-vinhedo-me",
    "2024-08-23-bayesian-yacht-found-hc": "2024-08-20-bayesian-yacht-hc",
    "2024-09-30-helene-toll-hc": "2024-09-27-helene-big-bend-hc",
    "2024-11-01-dana-valencia-balance-me": "2024-10-30-dana-valencia-me",
    "2024-11-03-novi-sad-canopy-update-al": "2024-11-01-novi-sad-canopy-al",
}
FILLER = (
    "said", "had", "been", "also", "after", "with", "would", "more", "from", "about", "their", "which", "when", "there", "other", "time",
    "people", "could", "first",
)  # fmt: skip


@dataclass(frozen=True)
class Story:
    """A text, the day it came out, and the story it is a version of."""

    name: str
    text: str
    day: int
    origin: str
    kind: str = ""


def sentences(text: str) -> list[str]:
    """Roughly."""
    return [s for s in re.split(r"(?<=[.!?])[\"\u201d]?\s+", text) if s.strip()]


def first(share: float) -> Callable[[str, str, random.Random], str]:
    """Cut from the end, as an editor cuts."""
    return lambda text, _other, _chance: " ".join(sentences(text)[: max(3, round(share * len(sentences(text))))])


def new_head(text: str, other: str, _chance: random.Random) -> str:
    """Another headline, byline and lead in place of the first two sentences."""
    return "By Our Own Staff\n\n" + " ".join(sentences(other)[:2] + sentences(text)[2:])


def appended(share: float) -> Callable[[str, str, random.Random], str]:
    """As much of another story at the end as ``share`` of this one."""
    return lambda text, other, _chance: text + "\n\n" + other[: round(share * len(text))]


def merged(text: str, other: str, _chance: random.Random) -> str:
    """Two stories in one."""
    return text + "\n\n" + other[: len(text)]


def thinned(text: str, _other: str, chance: random.Random) -> str:
    """Three sentences in ten left out, here and there."""
    return " ".join(s for s in sentences(text) if chance.random() >= 0.3)


def reworded(share: float) -> Callable[[str, str, random.Random], str]:
    """Words replaced, left out or added at random places."""

    def change(word: str, chance: random.Random) -> list[str]:
        if chance.random() >= share:
            return [word]
        return chance.choice(([chance.choice(FILLER)], [], [word, chance.choice(FILLER)]))

    return lambda text, _other, chance: " ".join(w for word in text.split() for w in change(word, chance))


def desk(text: str, other: str, chance: random.Random) -> str:
    """All at once: another lead, cut to two thirds, 5 % reworded, a paragraph of its own at the end."""
    cut = first(2 / 3)(new_head(text, other, chance), other, chance)
    return appended(0.15)(reworded(0.05)(cut, other, chance), other, chance)


EDITS: dict[str, Callable[[str, str, random.Random], str]] = {
    "as it was, other headline": lambda text, _other, _chance: "By Our Own Staff\n\n" + text,
    "cut to 3/4": first(0.75),
    "cut to 1/2": first(0.5),
    "cut to 1/3": first(1 / 3),
    "cut to 1/4": first(0.25),
    "other lead": new_head,
    "1/3 appended": appended(1 / 3),
    "2/3 appended": appended(2 / 3),
    "merged with another story": merged,
    "sentences left out": thinned,
    "5 % of words changed": reworded(0.05),
    "10 % of words changed": reworded(0.10),
    "15 % of words changed": reworded(0.15),
    "all at once": desk,
}


def read_archive(folder: Path) -> list[Story]:
    """The articles of a folder of Markdown files with dates in their front matter."""
    stories = []
    for path in sorted(folder.glob("*.md")):
        content = path.read_text(encoding="utf-8")
        front = FRONT_MATTER.match(content)
        published = re.search(r"date: (\d{4}-\d\d-\d\d)", front[1]) if front else None
        assert front
        assert published
        stories.append(Story(path.stem, content[front.end() :].strip(), date.fromisoformat(published[1]).toordinal(), path.stem))
    return stories


def read_collection(folder: Path) -> list[Story]:
    """The documents of at least 150 words; all of one day."""
    documents = load(folder).documents
    return [Story(d["_id"], d["text"], 735_000, d["_id"]) for d in documents if len(d["text"].split()) >= 150]


def plant(stories: Sequence[Story]) -> list[Story]:
    """An edited copy of each kind of each story, within three days."""
    chance = random.Random(7)
    planted = []
    for number, story in enumerate(stories):
        for kind, edit in EDITS.items():
            other = stories[(number + chance.randrange(1, len(stories))) % len(stories)]
            text = edit(story.text, other.text, chance)
            planted.append(Story(f"{story.name} {kind}", text, story.day + chance.randrange(4), story.origin, kind))
    return planted


def build(folder: Path, stories: Sequence[Story]) -> Snapshot:
    """An index of ``stories``, whose passages are of no account."""
    card = HashEncoder.card
    chance = np.random.default_rng(0)
    vectors = chance.standard_normal((PASSAGES, card.dimension)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    spans = [Span(i * 8, i * 8 + 8) for i in range(PASSAGES)]
    entries = []
    for story in stories:
        published, body = Published(date.fromordinal(story.day).isoformat(), "made up"), Span(0, len(story.text))
        article = Article(story.name, story.text, folder / "none", "0" * 64, story.name, published=published, body=body)
        keys = chance.integers(0, 256, (PASSAGES, 16)).astype(np.uint8)
        entries.append(Entry(article, b"0" * 16, spans, spans, keys, vectors))
    write(entries, card, folder, with_sources=False)
    return Snapshot.open(folder)


Pairs = set[tuple[int, int]]


def by_sketches(stories: Sequence[Story]) -> Pairs:
    """What an index finds."""
    with tempfile.TemporaryDirectory() as scratch:
        snapshot = build(Path(scratch, "index"), stories)
        numbers = {story.name: number for number, story in enumerate(stories)}
        places = [Place(number, row) for number, row in snapshot.articles()]
        names = {place: numbers[snapshot.segments[place.segment].article_id(place.row)] for place in places}
        found = copies_of(snapshot, places)
    return {
        (min(names[place], names[copy.place]), max(names[place], names[copy.place]))
        for place, copies in zip(places, found, strict=True)
        for copy in copies
    }


def near(one: Story, other: Story) -> bool:
    """Whether the dates allow two stories to be copies."""
    return abs(one.day - other.day) <= DAYS


def by_all_shingles(stories: Sequence[Story]) -> Pairs:
    """The rule applied to all shingles of all pairs."""
    shingler = Shingler()
    shingles = [set(shingler.shingles(story.text).tolist()) for story in stories]
    pairs = set()
    for (i, one), (j, other) in itertools.combinations(enumerate(stories), 2):
        if near(one, other):
            common = len(shingles[i] & shingles[j])
            small, large = sorted((len(shingles[i]), len(shingles[j])))
            shared = Overlap(*(np.array([value], np.float64) for value in (common / max(small, 1), common, large / max(small, 1))))
            if are_copies(shared, np.array([True]))[0]:
                pairs.add((i, j))
    return pairs


def by_minhash(stories: Sequence[Story]) -> Pairs:
    """What datasketch finds."""
    from datasketch import MinHash, MinHashLSH

    index, shingler, hashes = MinHashLSH(threshold=0.5, num_perm=128), Shingler(), []
    for number, story in enumerate(stories):
        made = MinHash(num_perm=128)
        made.update_batch([shingle.to_bytes(4, "little") for shingle in shingler.shingles(story.text).tolist()])
        hashes.append(made)
        index.insert(number, made)
    return {
        (number, other)
        for number, made in enumerate(hashes)
        for other in index.query(made)
        if other > number and near(stories[number], stories[other])
    }


def judge(stories: Sequence[Story], pairs: Pairs) -> dict[str, Any]:
    """Recall of each kind of copy of its original, in any of its copies, and what was found though it is none."""
    originals = {story.origin: number for number, story in enumerate(stories) if not story.kind}
    recall = {
        kind: round(float(np.mean([(originals[s.origin], n) in pairs for n, s in enumerate(stories) if s.kind == kind])), 3)
        for kind in EDITS
    }
    stems = [ADAPTED.get(story.origin, story.origin) for story in stories]
    borrowed = {"merged with another story", "1/3 appended", "2/3 appended", "other lead", "all at once"}
    other_story = [(one, other) for one, other in pairs if stems[one] != stems[other]]
    false = [pair for pair in other_story if not borrowed & {stories[number].kind for number in pair}]
    return {
        "recall": recall,
        "recall_mean": round(float(np.mean(list(recall.values()))), 3),
        "pairs": len(pairs),
        "of_two_stories_one_of_which_has_a_part_of_the_other": len(other_story) - len(false),
        "false": len(false),
    }


def choices(stories: Sequence[Story]) -> list[dict[str, Any]]:
    """Each constant varied alone."""
    varied = [
        *((sketches_module, "WIDTH", value) for value in (2, 3, 4, 5)),
        *((sketches_module, "SIZE", value) for value in (64, 256)),
        *((sketches_module, "KEYS", value) for value in (8, 32)),
        *((copies_module, "SHARE", value) for value in (0.4, 0.6)),
    ]
    results = []
    for module, name, value in varied:
        with ExitStack() as changed:
            for each in (sketches_module, copies_module) if name == "SIZE" else (module,):
                changed.enter_context(mock.patch.object(each, name, value))
            judged = judge(stories, by_sketches(stories))
        results.append({name: value, **{figure: judged[figure] for figure in ("recall_mean", "recall", "false")}})
    return results


def read_wire(folder: Path) -> list[Story]:
    """The stories of at least 60 words; ``origin`` is the headline."""
    stories = []
    for path in sorted(folder.glob("reut2-*.json")):
        for number, record in enumerate(json.loads(path.read_text(encoding="utf-8"))):
            body = record.get("body", "")
            published = datetime.strptime(record["date"].split()[0], "%d-%b-%Y")  # noqa: DTZ007 - a day
            if len(body.split()) >= 60:
                stories.append(Story(f"{path.stem} {number}", body, published.toordinal(), record.get("title", "").strip()))
    return stories


def wire(stories: Sequence[Story]) -> dict[str, Any]:
    """What is found among real stories."""
    pairs = by_sketches(stories)
    shingler = Shingler()
    sketches = {number: shingler.sketch(stories[number].text) for pair in pairs for number in pair}
    shares = [float(overlap(sketches[one], sketches[other][None]).share[0]) for one, other in pairs]
    by_headline: dict[tuple[str, int], list[int]] = {}
    for number, story in enumerate(stories):
        if story.origin:
            by_headline.setdefault((story.origin, story.day), []).append(number)
    twins = {pair for numbers in by_headline.values() for pair in itertools.combinations(numbers, 2)}
    return {
        "stories": len(stories),
        "pairs": len(pairs),
        "pairs_by_similarity": dict(
            zip(("0.5", "0.6", "0.7", "0.8", "0.9"), np.histogram(shares, (0.5, 0.6, 0.7, 0.8, 0.9, 1.01))[0].tolist(), strict=True)
        ),
        "stories_with_copies": len({number for pair in pairs for number in pair}),
        "pairs_of_one_headline_and_day": len(twins),
        "of_them_found": len(twins & pairs),
    }


def rewrites(stories: Sequence[Story]) -> dict[str, Any]:
    """Pairs of the archive itself that share most, and which of them the rule calls copies."""
    shingler = Shingler()
    shingles = [set(shingler.shingles(story.text).tolist()) for story in stories]
    shares = sorted(
        (
            (len(shingles[i] & shingles[j]) / min(len(shingles[i]), len(shingles[j])), stories[i].name, stories[j].name)
            for i, j in itertools.combinations(range(len(stories)), 2)
        ),
        reverse=True,
    )
    called = {(stories[i].name, stories[j].name) for i, j in by_sketches(stories)}
    adapted = {(original, version) for version, original in ADAPTED.items()}
    return {
        "adapted": len(adapted),
        "found": len(called & adapted),
        "false": len(called - adapted),
        "most_alike": [[round(share, 3), one, other, (one, other) in called] for share, one, other in shares[:10]],
    }


def made_up(articles: int, share: float = 0.125) -> list[Story]:
    """Articles of 600 random words over a year, a share of them edited copies of the one before."""
    chance = random.Random(3)
    words = [f"word{n}" for n in range(20_000)]
    stories: list[Story] = []
    for number in range(articles):
        if stories and not stories[-1].kind and chance.random() < share / (1 - share):
            origin = stories[-1]
            text = reworded(0.05)(origin.text[: len(origin.text) * 2 // 3], "", chance)
            stories.append(Story(f"{number:06d}", text, origin.day, origin.name, "copy"))
        else:
            text = " ".join(chance.choices(words, k=600))
            stories.append(Story(f"{number:06d}", text, 738_000 + number * 365 // articles, f"{number:06d}"))
    return stories


def timed(action: Callable[[], object], repeat: int = 1) -> float:
    """CPU milliseconds, the least of ``repeat``."""
    return min(milliseconds(action) for _ in range(repeat))


def cost(articles: int, *, peer: bool) -> dict[str, Any]:
    """What copies cost when an index is built, and when a question is asked."""
    stories = made_up(articles)
    some = [story.text for story in stories[:500]]
    result: dict[str, Any] = {"articles": articles}
    shingler = Shingler()
    result["sketch_ms_an_article"] = round(timed(lambda: [shingler.sketch(text) for text in some], 3) / len(some), 3)
    if peer:
        from datasketch import MinHash
        from rensa import RMinHash

        def triples(text: str) -> list[str]:
            words = re.findall(r"\w+", text.casefold())
            return [" ".join(words[i : i + 3]) for i in range(len(words) - 2)]

        def datasketch(text: str) -> None:
            MinHash(num_perm=128).update_batch([triple.encode() for triple in triples(text)])

        def rensa(text: str) -> None:
            made = RMinHash(num_perm=128, seed=1)
            made.update(triples(text))
            made.digest()

        result["datasketch_ms_an_article"] = round(timed(lambda: [datasketch(text) for text in some]) / len(some), 3)
        result["rensa_ms_an_article"] = round(timed(lambda: [rensa(text) for text in some]) / len(some), 3)
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch, "index")
        snapshot = build(folder, stories)
        tensors = [segment.tensors for segment in snapshot.segments]
        result["segments"] = len(tensors)
        result["bytes_an_article"] = round(sum(t[name].nbytes for t in tensors for name in t if name.startswith("copy.")) / articles)
        places = [Place(number, row) for number, row in snapshot.articles()]
        chance = random.Random(1)

        def ask(finder: CopyFinder) -> None:
            ranked = [Ranked(*place, snapshot.segments[place.segment].passages(place.row).start) for place in chance.sample(places, 20)]
            for group in collapse(ranked, 5, finder):
                finder.also_in(group)

        fresh = [Snapshot.open(folder) for _ in range(5)]
        result["five_hits_ms_first"] = round(min(timed(lambda s=s: ask(CopyFinder(s))) for s in fresh), 2)  # type: ignore[misc]
        result["five_hits_ms_later"] = round(timed(lambda: ask(CopyFinder(snapshot)), 20), 2)
        result["share_of_all_ms"] = round(timed(lambda: copied_share(Snapshot.open(folder))))
        result["share_of_all"] = round(copied_share(snapshot), 3)
        result["share_planted"] = round(2 * sum(story.kind == "copy" for story in stories) / articles, 3)
    return result


def main() -> None:
    parser = parser_of(__doc__)
    parser.add_argument("archive", type=Path, metavar="ARCHIVE")
    parser.add_argument("folders", type=Path, nargs="*", metavar="FOLDER")
    parser.add_argument("--wire", type=Path, metavar="FOLDER", help="the Reuters-21578 collection as JSON")
    parser.add_argument("--peer", action="store_true", help="also measure datasketch and rensa, which must be installed")
    parser.add_argument("--articles", type=int, default=20_000)
    arguments = parser.parse_args()
    archive = read_archive(arguments.archive)
    base = archive + [story for folder in arguments.folders for story in read_collection(folder)]
    stories = base + plant(base)
    ways = {"newsdex": by_sketches, "exact": by_all_shingles}
    if arguments.peer:
        ways["minhash"] = by_minhash
    results: dict[str, Any] = {"planted": {name: judge(stories, way(stories)) for name, way in ways.items()}}
    later = [replace(story, name=f"{story.name} again", day=story.day + 30) for story in base]
    results["reprinted after 30 days, found"] = sum(abs(j - i) == len(base) for i, j in by_sketches([*base, *later]))
    results["archive"] = rewrites(archive)
    results["choices"] = choices(stories)
    if arguments.wire:
        results["wire"] = wire(read_wire(arguments.wire))
    results["cost"] = cost(arguments.articles, peer=arguments.peer)
    print(json.dumps(results, indent=1))
    content = {"stories": len(base), "planted": len(stories) - len(base), "results": results}
    save(arguments.json, content, "numpy", "xxhash", *(("datasketch", "rensa") if arguments.peer else ()))


if __name__ == "__main__":
    main()
