"""Does a request in a chat's or an editor's words find what its bare topic finds: "give me a summary of X", "quick question: who ..."?

The phrasings are those of phrasings/tuning.jsonl, in five languages, or with ``--unseen`` of the other half, which are for one figure.
They were written without a look at newsdex. Each is put around PLAIN of the bare topics or questions below that are answered over the
sample archive. "first": the first hit is that of the bare query, or a copy or another version of it; "kept": and it is called an answer;
"sentence": and its highlighted sentence is the same.
"""

from __future__ import annotations

import json
from pathlib import Path
from random import Random
from typing import Any

from everyday import build
from script import SAMPLE, json_lines, parser_of, save, workplace

from newsdex import Index, Results

PHRASINGS = Path(__file__).parents[1] / "phrasings"
PLAIN = 5
TOPICS = {
    "en": (
        *("the bridge collapse in Baltimore", "Boeing", "inflation in Britain", "Gaza", "the EU AI act", "aid for Ukraine"),
        *("the earthquake in Taiwan", "sanctions against Russia", "the sunken yacht", "mpox", "the Olympic cauldron", "Mike Lynch"),
    ),
    "de": ("Boeing", "Navalny", "Taiwan", "Gaza", "Cannabis", "Bayer Leverkusen"),
    "fr": ("Boeing", "Navalny", "Taiwan", "Gaza", "Senegal", "Mike Lynch"),
    "es": ("Boeing", "Navalny", "Taiwan", "Gaza", "Senegal", "Mike Lynch"),
    "it": ("Boeing", "Navalny", "Taiwan", "Gaza", "Senegal", "Mike Lynch"),
}
QUESTIONS = {
    "en": (
        *("who won the election in Senegal", "why did the bridge in Baltimore collapse", "how many seats did the ANC win"),
        *("when did the bridge in Dresden collapse", "who lit the Olympic cauldron in Paris", "who led the coup attempt in Bolivia"),
        *("how many people died in the earthquake in Taiwan", "what did the Bank of Japan decide", "why was Srettha Thavisin dismissed"),
    ),
    "de": ("wer gewann den Literaturnobelpreis 2024", "wann stürzte die Brücke in Dresden ein", "wer wurde Deutscher Meister"),
    "fr": (
        "qui a gagné l'élection au Sénégal",
        "combien de personnes sont mortes à Taïwan",
        "pourquoi le pont de Baltimore s'est effondré",
    ),
    "es": ("quién ganó las elecciones en Senegal", "cuántas personas murieron en Taiwán", "quién lideró el golpe en Bolivia"),
    "it": ("chi ha vinto le elezioni in Senegal", "quante persone sono morte a Taiwan", "chi ha guidato il golpe in Bolivia"),
}


def same(results: Results, plain: Results) -> dict[str, bool]:
    """Which of the measures are met."""
    articles = {plain[0].article.id, *(copy.article_id for copy in plain[0].also_in)} if plain else set()
    first = bool(results) and not articles.isdisjoint([results[0].article.id, *(copy.article_id for copy in results[0].also_in)])
    kept = first and results.answerable
    return {"first": first, "kept": kept, "sentence": kept and results[0].answer_text == plain[0].answer_text}


def main() -> None:
    arguments = parser_of(__doc__, "--work", "--model", "--unseen", "--show").parse_args()
    name = "unseen" if arguments.unseen else "tuning"
    phrasings = json_lines(PHRASINGS / f"{name}.jsonl")
    outcomes: dict[str, list[dict[str, bool]]] = {}
    with workplace(arguments.work) as work, Index.open(build([SAMPLE], work / "sample", arguments.model)) as index:
        bare = {text: index.search(text) for texts in (TOPICS, QUESTIONS) for group in texts.values() for text in group}
        for entry in phrasings:
            texts = (TOPICS if entry["kind"] == "topic" else QUESTIONS)[entry["language"]]
            answered = [text for text in texts if bare[text].answerable]
            for text in Random(entry["phrasing"]).sample(answered, min(PLAIN, len(answered))):
                asked = entry["phrasing"].replace("{}", text)
                outcome = same(index.search(asked), bare[text])
                outcomes.setdefault(f"{entry['language']}, {entry['kind']}", []).append(outcome)
                if arguments.show and not outcome["kept"]:
                    print("found" if outcome["first"] else "other", asked, sep="\t")
    half: dict[str, Any] = {
        kind: {"asked": len(some), **{measure: sum(outcome[measure] for outcome in some) for measure in some[0]}}
        for kind, some in {**outcomes, "all": [outcome for some in outcomes.values() for outcome in some]}.items()
    }
    print(json.dumps(half, indent=1))
    save(arguments.json, {"model": arguments.model or "automatic", name: half}, beside=True)


if __name__ == "__main__":
    main()
