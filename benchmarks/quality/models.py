"""The two packaged models on archives in English, in other languages and mixed: which one a new index should take.

DATA is a folder of collections in BEIR format; SCRATCH keeps the indexes and both legs for the next run. nDCG@10 is over documents, by
exact search. The mixed archives are made of ntrex: each story is there in one language only, English but for the share that the name says,
and the questions are English. The weights of meaning and words are those in use; ``by_weight`` has others.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
from fusion import GRID, measure
from legs import ndcg, open_archive, own_legs
from script import json_lines, parser_of, save

from newsdex.encoder import DEFAULT_MODEL, MULTILINGUAL_MODEL

MODELS = (DEFAULT_MODEL, MULTILINGUAL_MODEL)
FOREIGN = ("de", "es", "fr", "pt", "ru", "zh", "ar", "hi", "tr", "ja")
GROUPS = {
    "English": ("gum_wikinews", "anthropic_docs", "covidqa", "squad2_dev", "xquad/en", "ntrex/en"),
    "English in capitals": ("xquad/en",),
    "foreign, asked in English": tuple(f"ntrex/{language}" for language in FOREIGN),
    "foreign, asked in their language": ("xquad/de", "xquad/es", "xquad/zh"),
}
# The language of each story, over and over.
MIXED = {
    "mixed, a tenth": ["en"] * 9 + ["de"] + ["en"] * 9 + ["zh"],
    "mixed, a fifth": ["en"] * 4 + ["de"] + ["en"] * 4 + ["zh"],
    "mixed, half": ["en", "de", "en", "es", "en", "zh", "en", "fr", "en", "ru"],
    "mixed, ten elevenths": ["en", *FOREIGN],
}


def mix(data: Path, languages: list[str], folder: Path) -> Path:
    """A collection in ``folder`` of the stories of ntrex, whose ids are the same in every language, each in one of ``languages``."""
    lines = {each: (data / each / "corpus.jsonl").read_text(encoding="utf-8").splitlines() for each in set(languages)}
    return changed(data / "en", [lines[languages[number % len(languages)]][number] for number in range(len(lines["en"]))], folder)


def in_capitals(collection: Path, folder: Path) -> Path:
    """``collection`` with its documents in capitals, in ``folder``."""
    documents = json_lines(collection / "corpus.jsonl")
    lines = [json.dumps(document | {name: document[name].upper() for name in ("title", "text")}) for document in documents]
    return changed(collection, lines, folder)


def changed(collection: Path, lines: list[str], folder: Path) -> Path:
    """``collection`` with other documents, in ``folder``."""
    (folder / "qrels").mkdir(parents=True, exist_ok=True)
    (folder / "corpus.jsonl").write_text("\n".join(lines) + "\n", encoding="utf-8")
    for name in ("queries.jsonl", "qrels/test.tsv"):
        (folder / name).write_text((collection / name).read_text(encoding="utf-8"), encoding="utf-8")
    return folder


def measure_mixed(folder: Path, scratch: Path, model: str) -> dict[str, float]:
    """The hybrid's nDCG@10, of all questions and of those whose story is in English and is not."""
    archive = open_archive(folder, scratch, model)
    asked, legs = own_legs(archive, scratch, None)
    grades = archive.grades(asked)
    english = np.isin(archive.languages, ["en"])[archive.starts][grades.argmax(axis=1)]
    found = ndcg(archive.best(legs.points(archive.spoken)), grades)
    parts = {"all": found, "english": found[english], "foreign": found[~english]}
    return {name: round(float(values.mean()), 4) for name, values in parts.items()}


def main() -> None:
    parser = parser_of(__doc__, "scratch")
    parser.add_argument("data", type=Path, metavar="DATA")
    parser.add_argument("--questions", type=int, default=300, help="of each collection, chosen at random but the same  [default: 300]")
    arguments = parser.parse_args()
    results: list[dict[str, Any]] = []
    for group, names in GROUPS.items():
        for name in names:
            folder = arguments.data / name
            if group == "English in capitals":
                folder = in_capitals(folder, arguments.scratch / "collections" / "capitals")
            row: dict[str, Any] = {"group": group, "collection": name}
            for model in MODELS:
                found = measure(folder, arguments.scratch / model, arguments.questions, model)
                row["questions"] = found.questions
                row[model] = {way: round(value, 4) for way, value in found.by_way.items()}
                row[model]["by_weight"] = [round(value, 4) for value in found.by_weight.tolist()]
            print(f"{name:<22}" + "".join(f"  {row[model]['dense']:.3f} {row[model]['hybrid']:.3f}" for model in MODELS), flush=True)
            results.append(row)
        mine = [row for row in results if row["group"] == group]
        print(f"{'mean':<22}" + "".join(f"        {np.mean([row[model]['hybrid'] for row in mine]):.3f}" for model in MODELS), flush=True)
    for name, languages in MIXED.items():
        folder = mix(arguments.data / "ntrex", languages, arguments.scratch / "collections" / name.replace(", ", "-").replace(" ", "-"))
        row = {"group": "mixed", "collection": name, **{model: measure_mixed(folder, arguments.scratch / model, model) for model in MODELS}}
        print(f"{name:<22}" + "".join(f"  {row[model]['english']:.3f} {row[model]['foreign']:.3f}" for model in MODELS), flush=True)
        results.append(row)
    save(arguments.json, {"weights": GRID, "results": results}, "numpy", "tokenizers")


if __name__ == "__main__":
    main()
