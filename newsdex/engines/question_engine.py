"""The default model for questions: numpy, which is there at once, and OpenVINO in a process that asks many.

OpenVINO takes two thirds to three quarters of numpy's time for questions, alone and together, but half a second and 200 MB to load. So it
is loaded beside the questions once so many have come that more can be expected, or by ``load``. It computes in float32, so that the same question has the same
answer before and after, unless bfloat16 is allowed, which takes half the time for many questions together. Either way its vectors depend on the question alone, to
the last bit, and not on those that are asked with it.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from threading import Lock, Thread
from typing import TYPE_CHECKING

import numpy as np

from newsdex.encoder import Vectors
from newsdex.engines import minilm
from newsdex.engines.numpy_engine import NumpyEncoder

if TYPE_CHECKING:
    from newsdex.engines.openvino_engine import Network

MANY = 32  # questions
_LONGEST = 48  # tokens of nearly all questions
_REMEMBERED = 1_024  # questions at least, and twice as many at most: 3 MB


class QuestionEncoder(NumpyEncoder):
    """The default model for questions, and for a few passages."""

    def __init__(self) -> None:
        super().__init__()
        self._asked = 0
        self._known: dict[str, Vectors] = {}  # the vectors of the questions that were asked last

    def load(self) -> None:
        """Load now what many questions are encoded by; not in a process that will fork."""
        shared.load(self._weights)
        self.pieces(["\u5317"])  # which the tokenizers library reads, so that it is there as well

    def encode_question(self, question: str) -> Vectors:
        return self.encode_questions([question])[0]  # type: ignore[no-any-return]

    def encode_questions(self, questions: Sequence[str]) -> Vectors:
        """A question that was asked before has the vector that it had, to the last bit, whatever has been loaded since."""
        known = self._known
        found = {question: known[question] for question in questions if question in known}
        if new := [question for question in dict.fromkeys(questions) if question not in found]:
            fresh = dict(zip(new, self._encode(new), strict=True))
            found |= fresh
            known.update(fresh)
            if len(known) > 2 * _REMEMBERED:
                self._known = dict(list(known.items())[-_REMEMBERED:])
        return np.stack([found[question] for question in questions]) if questions else self.encode_passages(())

    def _encode(self, questions: Sequence[str]) -> Vectors:
        self._asked += len(questions)
        network = shared.network
        if network is None:
            if self._asked >= MANY:
                shared.begin(self._weights)
            return self.encode_passages(questions)
        return network.embed([[minilm.CLS, *ids, minilm.SEP] for ids in self.pieces(questions)])


class Shared:
    """The network of this process; ``reduced``: it may be of bfloat16, where the processor has it.

    One that was loaded before a fork is of no use to the child, whose libraries miss their threads: it goes on with numpy.
    """

    def __init__(self) -> None:
        self.reduced = False
        self._lock = Lock()
        self._process: int | None = None  # that has begun to load it
        self._network: Network | None = None

    @property
    def network(self) -> Network | None:
        """The network, once it is loaded."""
        return self._network if self._process == os.getpid() else None

    def begin(self, weights: dict[str, Vectors]) -> None:
        """Load it in a thread, if nobody does."""
        if self._take():
            Thread(target=self._load, args=(weights,), name="newsdex-model").start()  # a process that ends waits: it is a second

    def load(self, weights: dict[str, Vectors]) -> None:
        """Load it, if nobody does."""
        if self._take():
            self._load(weights)

    def _take(self) -> bool:
        with self._lock:
            free = self._process is None
            if free:
                self._process = os.getpid()
        return free

    def _load(self, weights: dict[str, Vectors]) -> None:
        try:
            from newsdex.engines.openvino_engine import Network, float_linear

            network = Network(weights, float_linear(weights), bfloat16=self.reduced, threads=1)
            network.warm_up(_LONGEST)
            self._network = network
        except (ImportError, RuntimeError) as error:  # numpy answers as well
            import logging  # takes milliseconds to load

            logging.getLogger(__name__).warning("OpenVINO cannot be used for questions: %s", error)


shared = Shared()
