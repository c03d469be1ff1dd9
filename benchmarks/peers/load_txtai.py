"""The same load on txtai's API: the vectors and texts of the archive that load.py made, asked over HTTP by the same client.

It needs txtai[api], and the archive of load.py in ``--folder``. txtai ranks by meaning alone, as it does by default, over a FAISS index of
its own choice. It embeds a question with sentence-transformers, and takes the passages' vectors as they are, for to embed them once more
would take hours.
"""

from __future__ import annotations

import json
import shutil
import sys
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from archive import indexed, real_passages
from load import WARM, Target, free_port, load_parser, measured, other_server, questions_of, requests_of
from script import save

from newsdex.engines.known import MINILM

_KNOWN: dict[str, np.ndarray] = {}  # the passages' vectors, while the archive is filled


@cache
def _model() -> Any:
    from sentence_transformers import SentenceTransformer

    return SentenceTransformer(str(MINILM.folder()), device="cpu")


def vectors(texts: list[str]) -> np.ndarray:
    """What txtai embeds by."""
    if _KNOWN:
        return np.stack([_KNOWN[text] for text in texts])
    return _model().encode(texts, normalize_embeddings=True)  # type: ignore[no-any-return]


def fill(home: Path, folder: Path) -> None:
    """Txtai's index of the archive's passages."""
    from txtai.embeddings import Embeddings

    rows: list[tuple[str, dict[str, str], None]] = []
    for name, article, text, vector in indexed(folder):
        _KNOWN[text] = vector
        rows.append((name, {"text": text, "title": article.title, "source": article.source}, None))
    embeddings = Embeddings({"method": "external", "transform": vectors, "content": True})
    embeddings.index(rows)
    embeddings.config["transform"] = "load_txtai.vectors"
    embeddings.save(str(home / "index"))
    _KNOWN.clear()


def main() -> None:
    arguments = load_parser(__doc__).parse_args()
    home = arguments.folder / "txtai"
    shutil.rmtree(home, ignore_errors=True)
    home.mkdir()
    questions = list(questions_of(real_passages(arguments.folder / "real"), arguments.requests + WARM))
    fill(home, arguments.folder / "index")
    port = free_port()
    config = home / "api.yml"
    config.write_text(
        json.dumps({"path": str(home / "index"), "embeddings": {"method": "external", "transform": "load_txtai.vectors", "content": True}})
    )
    command = [sys.executable, "-m", "uvicorn", "txtai.api:app", "--port", str(port), "--log-level", "error"]
    requests = requests_of(questions, port, "query")
    with other_server(command, port, CONFIG=str(config), ALLOW_RESOLVE_TRANSFORM="True") as process:
        _, results = measured(Target(process, "127.0.0.1", port, requests), arguments)
    save(arguments.json, {"results": results}, "txtai", "sentence-transformers", "torch", "faiss-cpu")


if __name__ == "__main__":
    main()
