"""Are the articles most like one those of its story, and are its threads those that a person marks?

INDEX is an index of examples/articles: precision and recall of its threads over all pairs of an article and another report, against
tests/data/threads.json, of the half for building (0) or the half that is held out (1). With --translations it is an index of records whose
ids are STORY.LANGUAGE, such as those of NTREX: the share of a story's translations among the ten articles most like it.
"""

from __future__ import annotations

import json
from collections import defaultdict
from pathlib import Path

from script import parser_of

from newsdex import Index
from newsdex.store.snapshot import Snapshot

TRUTH = Path(__file__).parents[2] / "tests" / "data" / "threads.json"
_STORIES = 40


def threads(index: Index, ids: list[str], half: int) -> dict[str, float]:
    """Precision and recall over the pairs of an article and a report of its thread."""
    truth = json.loads(TRUTH.read_text(encoding="utf-8"))
    of = {name: set(members) for members in truth["threads"] for name in members}
    either = [set(pair) for pair in truth["either"]]
    lone = [name for name in ids if name not in of]
    asked = [name for members in truth["threads"][half::2] for name in members] + lone[half::2]
    right = wrong = missed = 0
    for name in asked:
        found = index.thread(name)
        reports = {Path(other).name for r in found.reports for other in (r.article.id, *(c.article_id for c in r.also_in))} - {name}
        wanted = of.get(name, set()) - {name}
        right += len(reports & wanted)
        wrong += sum({name, other} not in either for other in reports - wanted)
        missed += len(wanted - reports)
    return {"precision": right / max(right + wrong, 1), "recall": right / max(right + missed, 1), "pairs": right + missed}


def translations(index: Index, ids: list[str]) -> dict[str, float]:
    """The recall of the translations of some stories, by the language that is asked from."""
    stories = sorted({name.rpartition(".")[0] for name in ids})
    shares = defaultdict(list)
    for story in stories[:: max(1, len(stories) // _STORIES)]:
        own = {name for name in ids if name.rpartition(".")[0] == story}
        for name in sorted(own):
            near = {hit.article.id for hit in index.similar(name, limit=10)}
            shares[name.rpartition(".")[2]].append(len(near & own) / (len(own) - 1))
    return {language: sum(found) / len(found) for language, found in shares.items()}


def main() -> None:
    parser = parser_of(__doc__)
    parser.add_argument("index", metavar="INDEX")
    parser.add_argument("--threads", type=int, choices=[0, 1], default=0)
    parser.add_argument("--translations", action="store_true")
    options = parser.parse_args()
    with Index.open(options.index) as index:
        snapshot = Snapshot.open(index.folder)
        ids = [snapshot.segments[number].article_id(row) for number, row in snapshot.articles()]
        found = (
            translations(index, ids) if options.translations else threads(index, sorted(Path(name).name for name in ids), options.threads)
        )
    print(json.dumps(found, indent=2))


if __name__ == "__main__":
    main()
