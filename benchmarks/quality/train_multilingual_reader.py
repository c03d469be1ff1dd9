"""Train the reader of the multilingual model, for questions and articles that are not in English: reader-multilingual.safetensors.

First it learns from --cases of the English questions of train_reader, for one epoch: the model's tokens mean alike in a hundred languages,
and what is learned in one serves in the others (Pires et al. 2019, https://arxiv.org/abs/1906.01502). Then, at half the rate, from the
questions in benchmarks/reading/foreign.tsv (archive, article, the sentences that answer, question) and --more of the English ones. These
questions are in German, Spanish, Portuguese, French, Italian, Dutch and English, on stories in FOREIGN: de.jsonl (test.csv of
https://github.com/tblock/10kGNAD), es.jsonl (the true stories of test.xlsx in https://github.com/jpposadas/FakeNewsCorpusSpanish) and
pt.jsonl (full_texts/true of https://github.com/roneysco/Fake.br-Corpus), with "id" (the row or file, from 0 in the table of German
stories), "title" (the first sentence of a German story) and "text".

The sentences of an article are scored without a search, and only low-rank additions to the weights are trained. The states of this model
nearly all point the same way, so the heads first see them centred and scaled, by the states of some questions: without that they learn
nothing.
"""

from __future__ import annotations

import math
import random
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import save_file
from script import json_lines, parser_of, save
from torch import Tensor, nn
from train_reader import CANDIDATES, QUESTIONS, RANK, Case, LowRank, Marks, Network, apart, articles, right, tensors, train
from transformers import BertModel

from newsdex import Span
from newsdex.encoder import MULTILINGUAL_MODEL
from newsdex.engines import reader
from newsdex.engines.model import open_model
from newsdex.engines.question_engine import NumpyEncoder
from newsdex.search.answer.mentions import is_statement
from newsdex.search.answer.question import Question
from newsdex.search.answer.sentence import QueryTokens, Sentence, closest, features_of, points, with_forms
from newsdex.search.question.terms import analyzer
from newsdex.sentences import split_sentences

# The questions on each article, by its archive and name.
Questions = defaultdict[tuple[str, str], list[tuple[str, str]]]
FOREIGN = QUESTIONS.with_name("foreign.tsv")
MARKS = Marks(first=0, last=2, mask=250_001, least=4)
# Of the low-rank additions, of the other weights of the layers, and of the heads.
ADDED, CHANGED, HEAD = 3e-4, 1.5e-4, 1e-3
# How the odds are scaled and shifted, so that the limits of newsdex.search.answer.hits serve, which are those of the other reader. Chosen
# on the tuning half of "languages" and 136 German and Portuguese queries.
SCALE, SHIFT = 2.1, 1.0
# Questions whose states tell how the heads' inputs are centred and scaled.
SEEN = 160


def questions(path: Path) -> Questions:
    """The questions on each article: the numbers of the sentences that answer, or "-", and the question."""
    asked = Questions(list)
    for line in path.read_text(encoding="utf-8").splitlines():
        archive, article, numbers, text = line.split("\t")
        asked[archive, article].append((numbers, text))
    return asked


def stories_of(folder: Path) -> Iterator[tuple[str, str, str, str]]:
    """Archive, name, title and text of each foreign article."""
    for path in sorted(folder.glob("*.jsonl")):
        for story in json_lines(path):
            yield path.stem, story["id"], story["title"], story["text"]


def cases(stories: Iterable[tuple[str, str, str, str]], asked: Questions, language: str = "") -> Iterator[Case]:
    """Those of the questions that are answered by none of the sentences, or by one of the CANDIDATES best; ``language`` is the stories',
    "" if their archive's name is its code.
    """
    encoder = NumpyEncoder(open_model(MULTILINGUAL_MODEL))
    for archive, name, title, text in stories:
        terms = analyzer(language or archive).terms
        spans = split_sentences(text, Span(0, len(text)))
        told = [text[span.start : span.end] for span in spans]
        lead = next((number for number, each in enumerate(told[:5]) if is_statement(each)), 0)
        places = [(span.start, max(0, number - lead)) for number, span in enumerate(spans)]
        sentences = [Sentence(each, 0.0, *place) for each, place in zip(told, places, strict=True)]
        for numbers, query in asked.get((archive, name), ()):
            question = Question(query)
            tokens = encoder.tokens([*question.words, title, *told])
            words = QueryTokens.of(tokens, len(question.words))
            alike = with_forms(closest(tokens, len(question.words)), question.words, words, [title, *told], terms)
            scores = points(features_of(question, words, sentences, alike[1:], alike[0]))
            best = np.argsort(-scores, kind="stable")[:CANDIDATES].tolist()
            answering = set() if numbers == "-" else {int(number) for number in numbers.split(",")}
            holds = np.array([place in answering for place in best])
            if not answering or holds.any():
                pieces = encoder.pieces([question.text, *(told[place] for place in best)])
                cut = [each[: reader.SENTENCE] or [MARKS.last] for each in pieces[1:]]
                starts = [spans[place].start for place in best]
                yield Case(f"{archive} {name}", pieces[0][: reader.QUESTION], cut, starts, scores[best], holds)


def untrained() -> Network:
    """The multilingual model's layers with additions of 0; the plain weights are in bfloat16, which a processor multiplies faster."""
    bert = BertModel.from_pretrained(
        open_model(MULTILINGUAL_MODEL).folder, add_pooling_layer=False, attention_probs_dropout_prob=0.0, hidden_dropout_prob=0.0
    )
    for name in [name for name, part in bert.encoder.named_modules() if isinstance(part, nn.Linear)]:
        above, _, last = name.rpartition(".")
        part = bert.encoder.get_submodule(name)
        outputs, inputs = part.weight.shape
        down = torch.randn(RANK, inputs) / math.sqrt(inputs)
        added = LowRank(part.weight.detach().bfloat16(), part.bias.detach(), torch.zeros(outputs, RANK), down)
        setattr(bert.encoder.get_submodule(above), last, added)
    return Network(bert, MARKS)


def centre(network: Network, some: Sequence[Case]) -> None:
    """Let the heads see states that are centred and scaled, by the states of ``some`` questions: of all tokens, and of the first."""
    kept: dict[nn.Linear, list[Tensor]] = {network.token: [], network.whole: []}

    def keep(head: nn.Linear, states: tuple[Tensor]) -> None:
        kept[head].append(states[0].flatten(0, -2).float())

    hooks = [head.register_forward_pre_hook(keep) for head in kept]
    with torch.no_grad(), torch.autocast("cpu", dtype=torch.bfloat16):
        for case in some:
            network([case])
    for hook in hooks:
        hook.remove()
    for head, parts in kept.items():
        states = torch.cat(parts)
        mean, spread = states.mean(0), states.std(0) + 1e-4
        before = head.weight.data.clone()
        head.weight.data = before / spread
        head.bias.data -= before @ (mean / spread)


def rate_of(name: str) -> float:
    """The rate of a weight."""
    return (ADDED if name.endswith((".down", ".up")) else CHANGED) if name.startswith("bert.") else HEAD


def separation(network: Network, some: Sequence[Case]) -> float:
    """The area under the ROC curve of the odds that one of the sentences answers."""
    network.eval()
    read = [case.read() for case in some]
    with torch.no_grad(), torch.autocast("cpu", dtype=torch.bfloat16):
        odds = np.array([float(network([case])[1]) for case in read])
    answered = np.array([case.right.any() for case in read])
    return float(np.mean([(odds[answered] > other).mean() + (odds[answered] == other).mean() / 2 for other in odds[~answered]]))


def main() -> None:
    parser = parser_of(__doc__)
    parser.add_argument("--stories", type=Path, required=True, metavar="FOLDER")
    parser.add_argument("--claims", type=Path, required=True, metavar="FOLDER")
    parser.add_argument("--foreign", type=Path, required=True, metavar="FOREIGN")
    parser.add_argument("--out", type=Path, default=Path("reader-multilingual.safetensors"), metavar="FILE")
    parser.add_argument("--cases", type=int, default=30_000)
    parser.add_argument("--more", type=int, default=4_000)
    arguments = parser.parse_args()
    torch.manual_seed(0)
    english, held = apart(list(cases(articles(arguments.stories, arguments.claims), questions(QUESTIONS), "en")))
    foreign, held_abroad = apart(list(cases(stories_of(arguments.foreign), questions(FOREIGN))))
    random.Random(2).shuffle(english)
    random.Random(1).shuffle(held)
    held = held[:800]
    first, more = english[: arguments.cases], english[arguments.cases :][: arguments.more] + foreign
    random.Random(3).shuffle(more)
    network = untrained().eval()
    told = {
        "cases": len(first),
        "more cases": len(more),
        "by scores": right(network, held),
        "by scores abroad": right(network, held_abroad),
    }
    centre(network, [case.read() for case in first[:SEEN]])
    train(network, first, epochs=1, rate_of=rate_of)
    for stage in ("first", "then"):
        if stage == "then":
            train(network, more, epochs=1, rate_of=lambda name: rate_of(name) / 2)
        for name, some in (("English", held), ("abroad", held_abroad)):
            told |= {f"{stage}, {name}": {"read": right(network, some), "separation": separation(network, some)}}
    weights = tensors(network)
    weights["whole_out.weight"], weights["whole_out.bias"] = weights["whole_out.weight"] * SCALE, weights["whole_out.bias"] * SCALE + SHIFT
    save_file(weights, arguments.out)
    print(told)
    save(arguments.json, {"multilingual reader": told}, "torch")


if __name__ == "__main__":
    main()
