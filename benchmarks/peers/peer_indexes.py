"""Indexes of other libraries, built once and asked in a process of their own. Run by cold_start.py and throughput.py, in an environment
that has the libraries.

    python benchmarks/run.py peer_indexes build NAME MODEL_FOLDER FOLDER
    python benchmarks/run.py peer_indexes ask NAME MODEL_FOLDER FOLDER QUESTION
    python benchmarks/run.py peer_indexes time NAME MODEL_FOLDER FOLDER QUESTIONS TOGETHER
    python benchmarks/run.py peer_indexes versions

FOLDER has passages.json, a list of texts, and vectors.npy, a row for each, of the same model. To build, each library is given those instead
of embedding the texts again; to ask, it loads what it has saved, embeds the question with the model, and finds five texts. To time, it does
so with the lines of the file QUESTIONS, one by one, TOGETHER at once and a third of them at once, where it can, and prints what timing.py
measures.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from timing import Ask, measured

HITS = 5
PACKAGES = ("sentence-transformers", "faiss-cpu", "txtai", "llama-index-core", "langchain-community", "chromadb")
SCRIPT = Path(__file__)


def give(python: str, index: Path, folder: Path) -> None:
    """Let each library in ``python``'s environment save its own index of the passages of ``index`` in ``folder``, unless they are there."""
    import subprocess

    import numpy as np
    from archive import indexed

    from newsdex.engines.known import MINILM

    if folder.exists():
        return
    folder.mkdir()
    texts, vectors = zip(*((text, vector) for *_, text, vector in indexed(index)), strict=True)
    (folder / "passages.json").write_text(json.dumps(texts), encoding="utf-8")
    np.save(folder / "vectors.npy", np.stack(vectors))
    for name in PEERS:
        subprocess.run([python, str(SCRIPT), "build", name, str(MINILM.folder()), str(folder)], check=True, capture_output=True)


def given(folder: Path) -> tuple[list[str], Any]:
    """The texts and their vectors."""
    import numpy as np

    return json.loads((folder / "passages.json").read_text(encoding="utf-8")), np.load(folder / "vectors.npy")


def build_faiss(_model: str, folder: Path) -> None:
    """A flat index, and the texts beside it."""
    import faiss

    texts, vectors = given(folder)
    index = faiss.IndexFlatIP(vectors.shape[1])
    index.add(vectors)
    faiss.write_index(index, str(folder / "st.faiss"))
    (folder / "st.json").write_text(json.dumps(texts), encoding="utf-8")


def open_faiss(model: str, folder: Path) -> Ask:
    """The few lines of the tutorials."""
    import faiss
    from sentence_transformers import SentenceTransformer

    encoder = SentenceTransformer(model, device="cpu")
    index = faiss.read_index(str(folder / "st.faiss"))
    texts = json.loads((folder / "st.json").read_text(encoding="utf-8"))

    def ask(questions: Sequence[str]) -> list[list[str]]:
        _, found = index.search(encoder.encode(list(questions), normalize_embeddings=True), HITS)
        return [[texts[position] for position in each] for each in found]

    return ask


def build_txtai(model: str, folder: Path) -> None:
    """Embeddings with their content."""
    from txtai import Embeddings

    texts, vectors = given(folder)
    rows = dict(zip(texts, vectors, strict=True))

    def known(batch: list[str]) -> Any:
        return [rows[text] for text in batch]

    embeddings = Embeddings(method="external", transform=known, content=True)
    embeddings.index(texts)
    for name in ("method", "transform"):
        embeddings.config.pop(name)
    embeddings.config["path"] = model
    embeddings.save(str(folder / "txtai"))


def open_txtai(_model: str, folder: Path) -> Ask:
    """Its search, for many at once too."""
    from txtai import Embeddings

    embeddings = Embeddings()
    embeddings.load(str(folder / "txtai"))

    def ask(questions: Sequence[str]) -> list[list[str]]:
        return [[found["text"] for found in each] for each in embeddings.batchsearch(list(questions), HITS)]

    return ask


def build_llama_index(_model: str, folder: Path) -> None:
    """A FAISS vector store, with the texts in its document store."""
    import faiss
    from llama_index.core import MockEmbedding, StorageContext, VectorStoreIndex
    from llama_index.core.schema import TextNode
    from llama_index.vector_stores.faiss import FaissVectorStore

    texts, vectors = given(folder)
    nodes = [
        TextNode(id_=str(number), text=text, embedding=vector.tolist())
        for number, (text, vector) in enumerate(zip(texts, vectors, strict=True))
    ]
    store = FaissVectorStore(faiss_index=faiss.IndexFlatIP(vectors.shape[1]))
    context = StorageContext.from_defaults(vector_store=store)
    index = VectorStoreIndex(nodes, storage_context=context, embed_model=MockEmbedding(vectors.shape[1]))
    index.storage_context.persist(str(folder / "llama_index"))


def open_llama_index(model: str, folder: Path) -> Ask:
    """Its retriever, which takes one question."""
    from llama_index.core import StorageContext, load_index_from_storage
    from llama_index.embeddings.huggingface import HuggingFaceEmbedding
    from llama_index.vector_stores.faiss import FaissVectorStore

    place = str(folder / "llama_index")
    context = StorageContext.from_defaults(vector_store=FaissVectorStore.from_persist_dir(place), persist_dir=place)
    index = load_index_from_storage(context, embed_model=HuggingFaceEmbedding(model_name=model, device="cpu"))
    retriever = index.as_retriever(similarity_top_k=HITS)
    return lambda questions: [[found.text for found in retriever.retrieve(question)] for question in questions]


def build_langchain(_model: str, folder: Path) -> None:
    """Its FAISS store."""
    from langchain_community.vectorstores import FAISS
    from langchain_core.embeddings import FakeEmbeddings

    texts, vectors = given(folder)
    store = FAISS.from_embeddings(zip(texts, vectors.tolist(), strict=True), FakeEmbeddings(size=vectors.shape[1]))
    store.save_local(str(folder / "langchain"))


def open_langchain(model: str, folder: Path) -> Ask:
    """Its search, which takes one question; its store is a pickle of our own."""
    from langchain_community.vectorstores import FAISS
    from langchain_huggingface import HuggingFaceEmbeddings

    embeddings = HuggingFaceEmbeddings(model_name=model, model_kwargs={"device": "cpu"})
    store = FAISS.load_local(str(folder / "langchain"), embeddings, allow_dangerous_deserialization=True)
    return lambda questions: [[found.page_content for found in store.similarity_search(question, HITS)] for question in questions]


def build_chroma(_model: str, folder: Path) -> None:
    """A collection on disk."""
    import chromadb

    texts, vectors = given(folder)
    collection = chromadb.PersistentClient(str(folder / "chroma")).create_collection("passages", embedding_function=None)
    for start in range(0, len(texts), 5000):
        rows = slice(start, start + 5000)
        collection.add(ids=[str(n) for n in range(len(texts))[rows]], documents=texts[rows], embeddings=vectors[rows])


def open_chroma(model: str, folder: Path) -> Ask:
    """Its query, the questions embedded by sentence-transformers."""
    import chromadb
    from chromadb.utils.embedding_functions import SentenceTransformerEmbeddingFunction

    encode = SentenceTransformerEmbeddingFunction(model_name=model, device="cpu")
    collection = chromadb.PersistentClient(str(folder / "chroma")).get_collection("passages", embedding_function=None)

    def ask(questions: Sequence[str]) -> list[list[str]]:
        return collection.query(query_embeddings=encode(list(questions)), n_results=HITS)["documents"]  # type: ignore[return-value]

    return ask


PEERS: dict[str, tuple[Callable[[str, Path], None], Callable[[str, Path], Ask]]] = {
    "sentence-transformers + FAISS": (build_faiss, open_faiss),
    "txtai": (build_txtai, open_txtai),
    "LlamaIndex + FAISS": (build_llama_index, open_llama_index),
    "LangChain + FAISS": (build_langchain, open_langchain),
    "Chroma": (build_chroma, open_chroma),
}


def main() -> None:
    action, *rest = sys.argv[1:]
    if action == "versions":
        from importlib.metadata import version

        print(json.dumps({package: version(package) for package in PACKAGES}))
    elif action == "build":
        name, model, folder = rest
        PEERS[name][0](model, Path(folder))
    elif action == "time":
        name, model, folder, questions, together = rest
        lines = Path(questions).read_text(encoding="utf-8").splitlines()
        print(json.dumps(measured(PEERS[name][1](model, Path(folder)), lines, int(together))))
    else:
        name, model, folder, question = rest
        print(PEERS[name][1](model, Path(folder))([question]))


if __name__ == "__main__":
    main()
