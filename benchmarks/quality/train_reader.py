"""Train the reader of newsdex.engines.reader, which chooses the sentence that answers and tells whether any does: reader.safetensors.

The questions are in benchmarks/reading/questions.tsv: archive, article, the sentences that answer ("-" for none), question. They are on the
2,225 stories that benchmarks/quality/stories.py names, and on the 2,184 news reports of the Fake News Challenge
(https://github.com/FakeNewsChallenge/fnc-1, train_bodies.csv and competition_test_bodies.csv) that have 700 to 9,000 characters; their
sentences are counted as newsdex.sentences cuts them. A question is searched for, and the reader learns to tell which of the SENTENCES
best sentences of the right article answers, beside their scores (here without a period that the question names), and whether any does. So
that it cannot tell this by the question, many questions without an answer have a twin of the same form that has one, and in a share of
REMOVED the sentences that answer are taken away. A tenth of the articles is held out. All weights of the layers are trained. Then the
changes are reduced to low-rank matrices, which are trained further to tell what the whole weights told (Hinton et al. 2015,
https://arxiv.org/abs/1503.02531).
"""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Iterator, Sequence
from copy import deepcopy
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

import numpy as np
import torch
from answer_weights import features
from indexes import index_of
from numpy.typing import NDArray
from quiz import reports
from safetensors.torch import save_file
from script import parser_of, save
from stories import SECTIONS, title_of
from torch import Tensor, nn
from transformers import BertModel

from newsdex import Span
from newsdex.engines import reader
from newsdex.engines.known import MINILM
from newsdex.engines.question_engine import NumpyEncoder
from newsdex.search.answer import paging
from newsdex.search.answer.hits import PASSAGES_IF_LIKELY
from newsdex.search.answer.question import Question
from newsdex.search.answer.sentence import points
from newsdex.sentences import split_sentences

QUESTIONS = Path(__file__).parents[1] / "reading" / "questions.tsv"
BATCH, RATE, RANK, HIDDEN = 16, 7e-5, 32, 64
SENTENCES, CANDIDATES, REMOVED = 4, 8, 0.3
HEADS = ("token.weight", "token.bias", "token_out.weight", "whole.weight", "whole.bias", "whole_out.weight", "whole_out.bias")
# Steps, for each epoch, in which the low-rank matrices are trained.
REDUCING = 250
# The share of tokens that are hidden from the network, so that it does not learn questions by heart.
HIDDEN_TOKENS = 0.08
# What transformers calls the parts of a layer, and newsdex.engines.families.
PARTS = {
    "attention.self.query": "query",
    "attention.self.key": "key",
    "attention.self.value": "value",
    "attention.output.dense": "output",
    "intermediate.dense": "wide",
    "output.dense": "narrow",
    "attention.output.LayerNorm": "attention_norm",
    "output.LayerNorm": "wide_norm",
}


class Marks(NamedTuple):
    """A tokenizer's ids of what stands before a text, behind it, and for a token that is hidden, and the ``least`` of one that may be."""

    first: int = 101
    last: int = 102
    mask: int = 103
    least: int = 104


MARKS = Marks()


class Case(NamedTuple):
    """A question on an article: the tokens of both, where the sentences begin, their scores, and which of them answer, (sentences,)."""

    article: str
    question: list[int]
    sentences: list[list[int]]
    starts: list[int]
    scores: NDArray[np.float64]
    right: NDArray[np.bool_]

    def read(self, *, removed: bool = False) -> Case:
        """The same with the SENTENCES best, in the article's order; without those that answer if they are ``removed``."""
        best = [place for place in np.argsort(-self.scores, kind="stable").tolist() if not (removed and self.right[place])][:SENTENCES]
        best.sort(key=self.starts.__getitem__)
        sentences, starts = [self.sentences[place] for place in best], [self.starts[place] for place in best]
        return Case(self.article, self.question, sentences, starts, self.scores[best] - self.scores[best].max(), self.right[best])


def articles(stories: Path, claims: Path) -> Iterator[tuple[str, str, str, str]]:
    """Archive, name, title and text of each article."""
    for path in sorted(path for section in SECTIONS for path in (stories / section).glob("*.txt")):
        text = path.read_text(encoding="utf-8", errors="replace").strip()
        yield "stories", f"{path.parent.name}/{path.name}", title_of(path), text.partition("\n")[2].strip()
    for name, text in reports(claims):
        yield "claims", name, "", text


def cases(stories: Path, claims: Path, work: Path) -> Iterator[Case]:
    """Those of the questions whose article is among the first five."""
    encoder, every = NumpyEncoder(), list(articles(stories, claims))
    texts = {(archive, name): text for archive, name, _, text in every}
    rows = [line.split("\t") for line in QUESTIONS.read_text(encoding="utf-8").splitlines()]
    for archive in ("stories", "claims"):
        named = {article for mine, article, *_ in rows if mine == archive}
        told = [(name, title, text) for mine, name, title, text in every if mine == archive and name in named]
        lines = [json.dumps({"id": name, "title": title, "text": text, "language": "en"}) for name, title, text in told]
        (work / f"{archive}.jsonl").write_text("\n".join(lines), encoding="utf-8")
        with index_of([work / f"{archive}.jsonl"]) as index:
            for mine, article, numbers, text in rows:
                if mine != archive:
                    continue
                hits = index.search(text, min_score=0, limit=5, per_article=PASSAGES_IF_LIKELY)
                if (hit := next((hit for hit in hits if hit.article.id == article), None)) is None:
                    continue
                sentences, _, found = features(encoder, Question(text), hit)
                scores = points(found)
                best = np.argsort(-scores, kind="stable")[:CANDIDATES].tolist()
                answers = answering(texts[archive, article], numbers)
                right = np.array([is_one(" ".join(sentences[place].text.split()), answers) for place in best])
                pieces = encoder.pieces([text.lower(), *(sentences[place].text for place in best)])
                if numbers == "-" or right.any():
                    cut = [each[: reader.SENTENCE] or [MARKS.last] for each in pieces[1:]]
                    starts = [sentences[place].start for place in best]
                    yield Case(f"{archive} {article}", pieces[0][: reader.QUESTION], cut, starts, scores[best], right)


def apart(every: Sequence[Case]) -> tuple[list[Case], list[Case]]:
    """Those to train with, and those on a tenth of the articles, held out."""
    names = sorted({case.article for case in every})
    random.Random(0).shuffle(names)
    held = set(names[: len(names) // 10])
    return [case for case in every if case.article not in held], [case for case in every if case.article in held]


def answering(text: str, numbers: str) -> list[str]:
    """The sentences of a text by their numbers."""
    sentences = [" ".join(text[each.start : each.end].split()) for each in split_sentences(text, Span(0, len(text)))]
    return [] if numbers == "-" else [sentences[int(number)] for number in numbers.split(",") if int(number) < len(sentences)]


def is_one(sentence: str, answers: Sequence[str]) -> bool:
    """Whether ``sentence`` is one of the ``answers``, or a large part of one."""
    return any(sentence == answer or (len(sentence) > 40 and (sentence in answer or answer in sentence)) for answer in answers)


class Network(nn.Module):
    """A model's layers, the default one's if none are given, and two heads."""

    def __init__(self, bert: BertModel | None = None, marks: Marks = MARKS) -> None:
        super().__init__()
        self.bert = bert or BertModel.from_pretrained(
            MINILM.folder(), add_pooling_layer=False, attn_implementation="eager", attention_probs_dropout_prob=0.0, hidden_dropout_prob=0.0
        )
        self.marks = marks
        self.bert.embeddings.requires_grad_(False)
        width = self.bert.config.hidden_size
        self.token, self.token_out = nn.Linear(width, HIDDEN), nn.Linear(HIDDEN, 2, bias=False)
        self.whole, self.whole_out = nn.Linear(width, HIDDEN), nn.Linear(HIDDEN + 1, 1)
        self.scale, self.dropout = nn.Parameter(torch.tensor(1.0)), nn.Dropout(0.1)
        for each in (self.token_out, self.whole_out):
            nn.init.zeros_(each.weight)

    def forward(self, some: Sequence[Case]) -> tuple[Tensor, Tensor]:
        """The score of each sentence, (cases, SENTENCES), -1e9 where there is none, and whether one answers, (cases,)."""
        first, last, mask, least = self.marks
        rows = [[first, *case.question, last, *(id_ for each in case.sentences for id_ in each), last] for case in some]
        longest, slots = max(map(len, rows)), SENTENCES + 1
        ids, seen, kinds, owner = (torch.zeros(len(some), longest, dtype=torch.long) for _ in range(4))
        scores = torch.full((len(some), SENTENCES), -1e9)
        for number, (row, case) in enumerate(zip(rows, some, strict=True)):
            ids[number, : len(row)], seen[number, : len(row)] = torch.tensor(row), 1
            start = len(case.question) + 2
            kinds[number, start : len(row)] = 1
            for place, sentence in enumerate(case.sentences, 1):
                owner[number, start : start + len(sentence)] = place
                start += len(sentence)
            scores[number, : len(case.scores)] = torch.tensor(case.scores, dtype=torch.float32)
        if self.training:
            ids = torch.where((torch.rand(ids.shape) < HIDDEN_TOKENS) & (ids >= least), torch.tensor(mask), ids)
        states = self.bert(input_ids=ids, attention_mask=seen, token_type_ids=kinds).last_hidden_state
        told = self.token_out(self.dropout(nn.functional.gelu(self.token(states)))).float()
        place = (owner + torch.arange(len(some))[:, None] * slots).flatten()
        count = torch.zeros(len(some) * slots).index_add(0, place, torch.ones(len(place))).clamp(1)
        mean = torch.zeros(len(some) * slots).index_add(0, place, told[..., 0].flatten()) / count
        most = torch.full((len(some) * slots,), -1e9).scatter_reduce(0, place, told[..., 1].flatten(), "amax")
        found = (mean + most).view(len(some), slots)[:, 1:]
        best = found.masked_fill(scores < -1e8, -1e4).amax(1, keepdim=True)
        whole = torch.cat([self.dropout(nn.functional.gelu(self.whole(states[:, 0]))).float(), best], 1)
        return torch.where(scores > -1e8, found + self.scale * scores, scores), self.whole_out(whole).float()[:, 0]


def loss(network: Network, some: Sequence[Case]) -> Tensor:
    """The cross-entropy over sentences, plus that of whether any answers."""
    with torch.autocast("cpu", dtype=torch.bfloat16):
        scores, whole = network(some)
    right = torch.zeros(scores.shape, dtype=torch.bool)
    for number, case in enumerate(some):
        right[number, : len(case.right)] = torch.tensor(case.right)
    answered = right.any(1)
    unlikely = torch.logsumexp(scores, 1) - torch.logsumexp(scores.masked_fill(~right, -1e9), 1)
    said = nn.functional.binary_cross_entropy_with_logits(whole, answered.float())
    return unlikely[answered].sum() / len(some) + said


def whole_layers(name: str) -> float:
    """The rate of a weight if all are trained."""
    return RATE if name.startswith("bert.") else 10 * RATE


def train(network: Network, training: list[Case], epochs: int, rate_of: Callable[[str], float] = whole_layers) -> None:
    """Train by AdamW with rates that rise for 100 steps and fall to 0, ``rate_of`` a weight's name; batches are of texts of like length."""
    weights = {name: weight for name, weight in network.named_parameters() if weight.requires_grad}
    optimizer = torch.optim.AdamW([{"params": [weight], "of": rate_of(name)} for name, weight in weights.items()], weight_decay=0.01)
    steps, step = epochs * (len(training) // BATCH), 0
    for epoch in range(epochs):
        network.train()
        chance, batches = random.Random(epoch), []
        given = [case for case in (each.read(removed=chance.random() < REMOVED) for each in training) if case.sentences]
        chance.shuffle(given)
        for start in range(0, len(given), 40 * BATCH):
            alike = sorted(given[start : start + 40 * BATCH], key=lambda case: sum(map(len, case.sentences)))
            batches += [alike[at : at + BATCH] for at in range(0, len(alike) - BATCH + 1, BATCH)]
        random.Random(epoch).shuffle(batches)
        for some in batches:
            for group in optimizer.param_groups:
                group["lr"] = group["of"] * min(1, (step + 1) / 100) * max(0.0, 1 - step / steps)
            optimizer.zero_grad()
            loss(network, some).backward()
            nn.utils.clip_grad_norm_(weights.values(), 1.0)
            optimizer.step()
            step += 1
        print(f"epoch {epoch + 1}", flush=True)


def right(network: Network, some: Sequence[Case]) -> float:
    """How often the best sentence answers."""
    network.eval()
    answered = [case for case in (each.read() for each in some) if case.right.any()]
    count = 0
    with torch.no_grad(), torch.autocast("cpu", dtype=torch.bfloat16):
        for start in range(0, len(answered), BATCH):
            part = answered[start : start + BATCH]
            best = network(part)[0].argmax(1).tolist()
            count += sum(bool(case.right[place]) for case, place in zip(part, best, strict=True))
    return count / max(1, len(answered))


class LowRank(nn.Module):
    """A linear layer whose weights are the ``plain`` ones and a low-rank addition."""

    def __init__(self, plain: Tensor, bias: Tensor, up: Tensor, down: Tensor) -> None:
        super().__init__()
        self.register_buffer("plain", plain)
        self.bias, self.up, self.down = nn.Parameter(bias), nn.Parameter(up), nn.Parameter(down)

    @classmethod
    def nearest(cls, plain: Tensor, trained: nn.Linear) -> LowRank:
        """The one whose weights are nearest to those of ``trained``."""
        left, size, other = torch.linalg.svd(trained.weight.detach() - plain, full_matrices=False)
        root = size[:RANK].sqrt()
        return cls(plain, trained.bias.detach(), left[:, :RANK] * root, root[:, None] * other[:RANK])

    def forward(self, states: Tensor) -> Tensor:
        return nn.functional.linear(states, self.plain, self.bias) + states @ self.down.T @ self.up.T


def reduce(network: Network, training: Sequence[Case], steps: int) -> None:
    """Give the layers low-rank additions, trained for ``steps`` to tell what the ``network`` told."""
    before, plain = deepcopy(network).eval().requires_grad_(False), Network().bert.encoder
    for name in [name for name, part in network.bert.encoder.named_modules() if isinstance(part, nn.Linear)]:
        above, _, last = name.rpartition(".")
        trained = network.bert.encoder.get_submodule(name)
        setattr(network.bert.encoder.get_submodule(above), last, LowRank.nearest(plain.get_parameter(f"{name}.weight").detach(), trained))
    network.eval()
    weights = [weight for weight in network.parameters() if weight.requires_grad]
    optimizer, chance = torch.optim.AdamW(weights, lr=RATE, weight_decay=0.0), random.Random(0)
    for step in range(steps):
        optimizer.param_groups[0]["lr"] = 3 * RATE * min(1, (step + 1) / 30) * (1 - step / steps)
        some = [case.read() for case in chance.choices(training, k=BATCH)]
        with torch.autocast("cpu", dtype=torch.bfloat16):
            (scores, whole), (now, whole_now) = before(some), network(some)
        there = scores > -1e8
        optimizer.zero_grad()
        (((now - scores)[there] ** 2).mean() + ((whole_now - whole) ** 2).mean()).backward()
        nn.utils.clip_grad_norm_(weights, 1.0)
        optimizer.step()


def tensors(network: Network) -> dict[str, Tensor]:
    """The reader's, float16. The reader adds its points to the scores as they are, so they are divided by the scale."""
    found: dict[str, Tensor] = {}
    for name, weight in network.bert.encoder.named_parameters():
        number, rest = name.removeprefix("layer.").split(".", 1)
        part, kind = rest.rsplit(".", 1)
        found[f"{number}.{PARTS[part]}.{kind}"] = weight
    found |= {name: network.get_parameter(name) for name in HEADS}
    found["token_out.weight"] = found["token_out.weight"] / network.scale
    last = found["whole_out.weight"]
    found["whole_out.weight"] = torch.cat([last[:, :HIDDEN], last[:, HIDDEN:] * network.scale], 1)
    return {name: weight.detach().half().contiguous() for name, weight in found.items()}


def main() -> None:
    parser = parser_of(__doc__)
    parser.add_argument("--stories", type=Path, required=True, metavar="FOLDER")
    parser.add_argument("--claims", type=Path, required=True, metavar="FOLDER")
    parser.add_argument("--out", type=Path, default=Path("reader.safetensors"), metavar="FILE")
    parser.add_argument("--epochs", type=int, default=2)
    arguments = parser.parse_args()
    torch.manual_seed(0)
    paging.READ = 0  # the reader is not there yet
    with TemporaryDirectory() as work:
        every = list(cases(arguments.stories, arguments.claims, Path(work)))
    training, others = apart(every)
    network = Network()
    told = {"cases": len(training), "held out": len(others), "by scores": right(network, others)}
    train(network, training, arguments.epochs)
    told["read"] = right(network, others)
    reduce(network, training, arguments.epochs * REDUCING)
    save_file(tensors(network), arguments.out)
    told["reduced"] = right(network, others)
    print(told)
    save(arguments.json, {"reader": told}, "torch")


if __name__ == "__main__":
    main()
