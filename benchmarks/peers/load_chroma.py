"""The same load on Chroma's server: the vectors and texts of the archive that load.py made, asked over HTTP by the same client.

It needs chromadb, and the archive of load.py in ``--folder``. Chroma's server embeds nothing and ranks by meaning alone: it is sent the
questions' vectors, worked out before the clock runs, so that a program which asks it spends the time of its own model besides.
"""

from __future__ import annotations

import json
import shutil
from itertools import islice
from pathlib import Path
from typing import Any

import chromadb
from archive import indexed, real_passages
from load import LIMIT, WARM, Target, free_port, load_parser, measured, other_server, questions_of
from script import save

from newsdex.engines import open_query_encoder

_BATCH = 2_000
_API = "/api/v2/tenants/default_tenant/databases/default_database/collections"


def fill(port: int, folder: Path) -> str:
    """Send the archive's passages; the id of their collection."""
    client = chromadb.HttpClient(host="127.0.0.1", port=port)
    collection = client.get_or_create_collection("archive", configuration={"hnsw": {"space": "cosine"}})
    passages = indexed(folder)
    while batch := list(islice(passages, _BATCH)):
        ids, articles, texts, vectors = map(list, zip(*batch, strict=True))
        about = [{"title": each.title, "source": each.source, "published": str(each.published)} for each in articles]
        collection.add(ids=ids, embeddings=vectors, documents=texts, metadatas=about)
    return str(collection.id)


def main() -> None:
    arguments = load_parser(__doc__).parse_args()
    home = arguments.folder / "chroma"
    shutil.rmtree(home, ignore_errors=True)
    questions = list(questions_of(real_passages(arguments.folder / "real"), arguments.requests + WARM))
    vectors = open_query_encoder("all-MiniLM-L6-v2").encode_questions(questions)
    port = free_port()
    with other_server(["chroma", "run", "--path", str(home), "--port", str(port)], port) as process:
        collection = fill(port, arguments.folder / "index")
        requests = [_request(port, collection, vector) for vector in vectors]
        _, results = measured(Target(process, "127.0.0.1", port, requests), arguments)
    save(arguments.json, {"results": results}, "chromadb", "httptools", "uvloop")


def _request(port: int, collection: str, vector: Any) -> bytes:
    body = json.dumps(
        {
            "query_embeddings": [[round(float(number), 6) for number in vector]],
            "n_results": LIMIT,
            "include": ["documents", "metadatas", "distances"],
        }
    ).encode()
    head = (
        f"POST {_API}/{collection}/query HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nContent-Type: application/json\r\nContent-Length: "
        f"{len(body)}\r\n\r\n"
    )
    return head.encode() + body


if __name__ == "__main__":
    main()
