"""The sentence of a passage that answers the question best.

Each token of the question is compared with every token of the sentence by the model's input embeddings, the closest counts, and
rare tokens count more: the late interaction of ColBERT (Khattab and Zaharia 2020, https://arxiv.org/abs/2004.12832) without a
forward pass. On questions with marked answers it finds the sentence more often than encoding each sentence with the whole model
does, at a hundredth of the cost: benchmarks/quality/answer_sentence.py.
"""

from __future__ import annotations

import numpy as np

from newsdex.encoder import Tokens, Vectors


def interactions(tokens: Tokens) -> Vectors:
    """How well each text but the first answers the first, float32, (texts - 1,): the sum over the first's tokens of their weight times their closest cosine in the other."""
    first = tokens.ends[0]
    asked, rest, ends = tokens.places[:first], tokens.places[first:], tokens.ends - first
    scores = np.zeros(len(ends) - 1, np.float32)
    some = ends[1:] > ends[:-1]
    if len(asked) and len(rest):
        cosines = tokens.vectors @ tokens.vectors[asked].T  # (u, q)
        closest = np.maximum.reduceat(cosines[rest], ends[:-1][some])  # (texts, q)
        # Not by the matrix library: OpenBLAS 0.3.31 with AVX-512 says now and then that such a product by five numbers was invalid, when it was not.
        scores[some] = np.einsum("tq,q->t", closest, tokens.weights[asked])
    return scores


def best_of(scores: Vectors) -> int:
    """The place of the largest score, the first of equals."""
    return int(np.argmax(np.round(scores, 6)))
