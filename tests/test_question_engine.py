"""Questions by whichever library is at hand: the same vectors, before and after OpenVINO is loaded, and in a process that was forked meanwhile."""

from __future__ import annotations

import subprocess
import sys

import numpy as np

from newsdex.engines import open_query_encoder, prepare
from newsdex.engines.numpy_engine import NumpyEncoder
from newsdex.engines.question_engine import QuestionEncoder

QUESTIONS = ["China support for Russia", "who won?", "What did the central bank decide about its rates, and why?", "\u5317\u4eac", ""]


def test_a_prepared_encoder_gives_the_vectors_of_numpy() -> None:
    """One by one and together, to the error that single precision leaves."""
    encoder, reference = open_query_encoder("all-MiniLM-L6-v2"), NumpyEncoder()
    assert isinstance(encoder, QuestionEncoder)
    prepare(encoder)
    expected = np.stack([reference.encode_question(question) for question in QUESTIONS])
    assert np.abs(encoder.encode_questions(QUESTIONS) - expected).max() < 1e-6
    assert np.abs(np.stack([encoder.encode_question(question) for question in QUESTIONS]) - expected).max() < 1e-6


def test_a_server_encodes_in_bfloat16() -> None:
    """Close to the vectors of numpy: a cosine distance of 1e-4 at most, as for passages."""
    code = f"""if True:
    from newsdex.engines import allow_reduced, open_query_encoder, prepare
    from newsdex.engines.numpy_engine import NumpyEncoder
    questions = {QUESTIONS!r} * 4
    encoder = open_query_encoder("all-MiniLM-L6-v2")
    allow_reduced()
    prepare(encoder)
    cosines = (encoder.encode_questions(questions) * NumpyEncoder().encode_questions(questions)).sum(axis=1)
    print(1 - cosines.min() < 1e-4)
    """
    assert _python(code) == "True"


def _python(code: str, *arguments: str) -> str:
    done = subprocess.run([sys.executable, "-c", code, *arguments], capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_a_vector_depends_on_its_question_alone() -> None:
    """To the last bit, whatever is asked together with it or before, in float32 and in bfloat16."""
    code = f"""if True:
    import sys
    from newsdex.engines import allow_reduced, open_query_encoder, prepare
    questions = {QUESTIONS!r} + ["word " * n for n in range(1, 40)]
    if sys.argv[-1] == "reduced":
        allow_reduced()
    one, other = open_query_encoder("all-MiniLM-L6-v2"), open_query_encoder("all-MiniLM-L6-v2")
    prepare(one)
    together = one.encode_questions(questions)
    print(all((other.encode_question(question) == vector).all() for question, vector in zip(questions, together)))
    """
    assert _python(code) == "True"
    assert _python(code, "reduced") == "True"


def test_a_question_keeps_its_vector() -> None:
    """Asked again when OpenVINO has been loaded it has the vector of numpy, as in any process that asks it once; until a thousand others have been asked."""
    code = """if True:
    from newsdex.engines import open_query_encoder, prepare
    from newsdex.engines import question_engine
    encoder = open_query_encoder("all-MiniLM-L6-v2")
    before = encoder.encode_question("who won?")
    prepare(encoder)
    again = encoder.encode_questions(["why?", "who won?", "why?"])
    print((again[1] == before).all(), (again[0] == again[2]).all())
    question_engine._REMEMBERED = 2
    encoder.encode_questions(["a", "b", "c"])
    print(sorted(encoder._known), abs(encoder.encode_question("who won?") - before).max() < 1e-6)
    """
    assert _python(code) == "True True\n['b', 'c'] True"


def test_openvino_is_loaded_for_many_questions_only() -> None:
    """A process of a few questions never loads it; after many it is there, and whoever asks meanwhile does not wait."""
    code = """if True:
    import sys, threading
    from newsdex.engines import open_query_encoder
    from newsdex.engines.question_engine import MANY
    encoder = open_query_encoder("all-MiniLM-L6-v2")
    before = encoder.encode_questions([f"who {n}?" for n in range(MANY - 1)])
    print("openvino" in sys.modules, threading.active_count())
    encoder.encode_question("who is it?")
    for thread in threading.enumerate():
        if thread.name == "newsdex-model":
            thread.join()
    after = encoder.encode_question("who  0?")  # the tokens of "who 0?", whose vector is remembered
    print("openvino" in sys.modules, abs(before[0] - after).max() < 1e-6)
    """
    assert _python(code) == "False 1\nTrue True"


def test_a_child_goes_on_with_numpy() -> None:
    """OpenVINO's threads do not survive a fork."""
    code = """if True:
    import os, sys
    from newsdex.engines import open_query_encoder, prepare
    encoder = open_query_encoder("all-MiniLM-L6-v2")
    prepare(encoder)
    there = encoder.encode_question("who?")
    if not (child := os.fork()):
        os._exit(0 if abs(encoder.encode_question("who?") - there).max() < 1e-6 else 1)
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
    open_build_encoder("all-MiniLM-L6-v2").encode_passages(["What nobody else must know."])
    assert "openvino" in sys.modules and "open" in seen
    print({"socket.connect", "socket.getaddrinfo", "os.fork", "os.posix_spawn", "subprocess.Popen"} & set(seen))
    """
    assert _python(code) == "set()"
