"""Questions by whichever library is at hand: close to the same vectors before and after OpenVINO is loaded, and in a process that was
forked meanwhile.
"""

from __future__ import annotations

import subprocess
import sys
from functools import lru_cache

import numpy as np
import pytest

from newsdex.engines import open_query_encoder, openvino_network, prepare, question_engine
from newsdex.engines.openvino_network import question_network
from newsdex.engines.question_engine import NumpyEncoder, QuestionEncoder

QUESTIONS = ["China support for Russia", "who won?", "What did the central bank decide about its rates, and why?", "\u5317\u4eac", ""]


@pytest.fixture
def unloaded(monkeypatch: pytest.MonkeyPatch) -> None:
    """As in a process that has loaded no network; those that are loaded now are forgotten."""
    monkeypatch.setattr(question_engine, "shared", lru_cache(question_engine.shared.__wrapped__))


CLOSE = 1e-4  # cosine distance that bfloat16 may leave, as for passages; where float32 is faster it is 1e-6


@pytest.mark.usefixtures("unloaded")
def test_a_prepared_encoder_keeps_to_numpy() -> None:
    """One by one and together, up to questions that are longer than any length it has a graph for."""
    encoder, reference = open_query_encoder("all-MiniLM-L6-v2"), NumpyEncoder()
    assert isinstance(encoder, QuestionEncoder)
    prepare(encoder)
    questions = [*QUESTIONS, *("sanctions on Russia " * n for n in (2, 5, 9, 13, 16, 17, 40, 100))]
    expected = reference.encode_questions(questions)
    alone = np.stack([QuestionEncoder(encoder.model).encode_questions([question])[0] for question in questions])
    for found in (encoder.encode_questions(questions), alone):
        np.testing.assert_allclose(np.linalg.norm(found, axis=1), 1, atol=1e-5)
        assert (1 - (found * expected).sum(axis=1)).max() < CLOSE


def _python(code: str, *arguments: str) -> str:
    done = subprocess.run([sys.executable, "-c", code, *arguments], capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


@pytest.mark.usefixtures("unloaded")
def test_numpy_goes_on_where_openvino_computes_wrongly(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    """A network that keeps to numpy less closely than it must is not used, and a warning says so."""
    monkeypatch.setattr("newsdex.engines.openvino_network.MOST_DISTANCE", -1.0)
    encoder = QuestionEncoder()
    encoder.load()
    assert [record.levelname for record in caplog.records] == ["WARNING"]
    assert "OpenVINO cannot be used, numpy is: it computes wrongly" in caplog.text
    np.testing.assert_array_equal(encoder.encode_questions(QUESTIONS), NumpyEncoder().encode_questions(QUESTIONS))


@pytest.mark.usefixtures("unloaded")
def test_few_graphs_are_prepared(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each takes a tenth of a second and weights of its own: one by one and together are answered by the same."""
    prepared = []
    make = openvino_network.graph
    monkeypatch.setattr(openvino_network, "graph", lambda *given: prepared.append(given) or make(*given))
    encoder = QuestionEncoder()
    encoder.load()
    encoder.encode_questions(["who won?"])
    encoder.encode_questions(QUESTIONS)
    assert 1 < len(prepared) <= 10


def test_a_vector_depends_on_its_question_alone(bfloat16: bool) -> None:
    """To the last bit, whatever is asked together with it, in each length's graph and beyond; in float32 to the error of single precision
    what numpy computes.
    """
    encoder = NumpyEncoder()
    questions = [*QUESTIONS, *("word " * n for n in range(1, 80, 3))]
    texts = encoder.framed(questions, "")
    network = question_network(encoder.model.network)
    expected = np.concatenate([network.embed([text]) for text in texts])
    for order in (np.arange(len(texts)), np.random.default_rng(0).permutation(len(texts))):
        parts = [network.embed([texts[place] for place in some]) for some in np.array_split(order, 3)]
        np.testing.assert_array_equal(np.concatenate(parts), expected[order])
    if not bfloat16:
        assert np.abs(expected - encoder.encode_questions(questions)).max() < 1e-6


def test_a_question_keeps_its_vector() -> None:
    """Asked again when OpenVINO has been loaded it has the vector of numpy, as in any process that asks it once; until a thousand others
    have been asked.
    """
    code = """if True:
    from newsdex.engines import open_query_encoder, prepare
    from newsdex.engines import question_engine
    encoder = open_query_encoder("all-MiniLM-L6-v2")
    before = encoder.encode_questions(["who won?"])[0]
    prepare(encoder)
    again = encoder.encode_questions(["why?", "who won?", "why?"])
    print((again[1] == before).all(), (again[0] == again[2]).all())
    question_engine.REMEMBERED = 2
    encoder.encode_questions(["a", "b", "c"])
    later = encoder.encode_questions(["who won?"])[0]
    print((later == before).all(), 1 - later @ before < 1e-4)
    """
    assert _python(code) == "True True\nFalse True"


def test_openvino_is_loaded_for_many_questions_only() -> None:
    """A process of a few questions never loads it; after many it is there, and whoever asks meanwhile does not wait."""
    code = """if True:
    import sys, threading
    from newsdex.engines import open_query_encoder
    from newsdex.engines.question_engine import MANY
    encoder = open_query_encoder("all-MiniLM-L6-v2")
    before = [encoder.encode_questions([f"who {n}?"])[0] for n in range(MANY - 3)]
    encoder.encode_questions(["who asks", "together?"])
    print("openvino" in sys.modules, threading.active_count())
    encoder.encode_questions(["who is it?"])
    for thread in threading.enumerate():
        if thread.name == "newsdex-model":
            thread.join()
    after = encoder.encode_questions(["who  0?"])[0]  # the tokens of "who 0?", whose vector is remembered
    print("openvino" in sys.modules, 1 - before[0] @ after < 1e-4)
    """
    assert _python(code) == "False 1\nTrue True"


def test_openvino_is_not_loaded_to_keep_small() -> None:
    """However many questions there are."""
    code = """if True:
    import sys, threading
    from newsdex.engines import keep_small, open_query_encoder
    from newsdex.engines.question_engine import MANY
    encoder = open_query_encoder("all-MiniLM-L6-v2")
    keep_small(encoder)
    encoder.encode_questions([f"who {n}?" for n in range(2 * MANY)])
    print("openvino" in sys.modules, threading.active_count())
    """
    assert _python(code) == "False 1"


def test_a_child_goes_on_with_numpy() -> None:
    """OpenVINO's threads do not survive a fork."""
    code = """if True:
    import os, sys
    from newsdex.engines import open_query_encoder, prepare
    encoder = open_query_encoder("all-MiniLM-L6-v2")
    prepare(encoder)
    there = encoder.encode_questions(["who?"])[0]
    if not (child := os.fork()):
        os._exit(0 if 1 - encoder.encode_questions(["who  ?"])[0] @ there < 1e-4 else 1)  # the tokens of "who?", whose vector is remembered
    print(os.waitpid(child, 0)[1])
    """
    assert _python(code) == "0"


def test_nothing_is_told_to_anybody() -> None:
    """To load OpenVINO opens no connection and starts no process: it would tell that it was imported."""
    code = """if True:
    import sys
    seen = []
    sys.addaudithook(lambda event, _: seen.append(event))
    from newsdex.engines import open_build_encoder
    open_build_encoder("all-MiniLM-L6-v2").encode_passages(["What nobody else must know."] * 17)
    assert "openvino" in sys.modules and "open" in seen
    print({"socket.connect", "socket.getaddrinfo", "os.fork", "os.posix_spawn", "subprocess.Popen"} & set(seen))
    """
    assert _python(code) == "set()"


def test_a_fork_waits_until_the_network_is_loaded() -> None:
    """In a process of its own: enough questions begin to load OpenVINO in a thread, and a fork at once returns in both processes."""
    script = """
import os
from newsdex.engines import open_query_encoder
encoder = open_query_encoder("all-MiniLM-L6-v2")
for number in range(80):
    encoder.encode_questions([f"question {number}"])
child = os.fork()
encoder.encode_questions(["another question"])
if not child:
    os._exit(7)
print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=120, check=True)
    assert done.stdout.split() == ["7"]
