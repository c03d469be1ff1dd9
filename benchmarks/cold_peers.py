"""One question through another library, as a process of its own. Run by benchmarks/cold_start.py, in an environment that has the libraries.

    python benchmarks/cold_peers.py build NAME MODEL_FOLDER FOLDER
    python benchmarks/cold_peers.py ask NAME MODEL_FOLDER FOLDER QUESTION
    python benchmarks/cold_peers.py versions

FOLDER has passages.json, a list of texts, and vectors.npy, a row for each, of the same model. To build, each library is given those instead of embedding
the texts again; to ask, it loads what it has saved, embeds the question with the model, and prints five ids or texts.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

HITS = 5
PACKAGES = ("sentence-transformers", "faiss-cpu", "txtai", "llama-index-core", "langchain-community", "chromadb")


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


def ask_faiss(model: str, folder: Path, question: str) -> None:
    """The few lines of the tutorials."""
    import faiss
    from sentence_transformers import SentenceTransformer

    encoder = SentenceTransformer(model, device="cpu")
    index = faiss.read_index(str(folder / "st.faiss"))
    texts = json.loads((folder / "st.json").read_text(encoding="utf-8"))
    _, found = index.search(encoder.encode([question], normalize_embeddings=True), HITS)
    print([texts[position] for position in found[0]])


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


def ask_txtai(_model: str, folder: Path, question: str) -> None:
    """Load and search."""
    from txtai import Embeddings

    embeddings = Embeddings()
    embeddings.load(str(folder / "txtai"))
    print(embeddings.search(question, HITS))


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


def ask_llama_index(model: str, folder: Path, question: str) -> None:
    """Load and retrieve."""
    from llama_index.core import StorageContext, load_index_from_storage
    from llama_index.embeddings.huggingface import HuggingFaceEmbedding
    from llama_index.vector_stores.faiss import FaissVectorStore

    place = str(folder / "llama_index")
    context = StorageContext.from_defaults(vector_store=FaissVectorStore.from_persist_dir(place), persist_dir=place)
    index = load_index_from_storage(context, embed_model=HuggingFaceEmbedding(model_name=model, device="cpu"))
    print([found.text for found in index.as_retriever(similarity_top_k=HITS).retrieve(question)])


def build_langchain(_model: str, folder: Path) -> None:
    """Its FAISS store."""
    from langchain_community.vectorstores import FAISS
    from langchain_core.embeddings import FakeEmbeddings

    texts, vectors = given(folder)
    store = FAISS.from_embeddings(zip(texts, vectors.tolist(), strict=True), FakeEmbeddings(size=vectors.shape[1]))
    store.save_local(str(folder / "langchain"))


def ask_langchain(model: str, folder: Path, question: str) -> None:
    """Load and search; its store is a pickle of our own."""
    from langchain_community.vectorstores import FAISS
    from langchain_huggingface import HuggingFaceEmbeddings

    embeddings = HuggingFaceEmbeddings(model_name=model, model_kwargs={"device": "cpu"})
    store = FAISS.load_local(str(folder / "langchain"), embeddings, allow_dangerous_deserialization=True)
    print([found.page_content for found in store.similarity_search(question, HITS)])


def build_chroma(_model: str, folder: Path) -> None:
    """A collection on disk."""
    import chromadb

    texts, vectors = given(folder)
    collection = chromadb.PersistentClient(str(folder / "chroma")).create_collection("passages", embedding_function=None)
    for start in range(0, len(texts), 5000):
        rows = slice(start, start + 5000)
        collection.add(ids=[str(n) for n in range(len(texts))[rows]], documents=texts[rows], embeddings=vectors[rows])


def ask_chroma(model: str, folder: Path, question: str) -> None:
    """Open and query, the question embedded by sentence-transformers."""
    import chromadb
    from chromadb.utils.embedding_functions import SentenceTransformerEmbeddingFunction

    encode = SentenceTransformerEmbeddingFunction(model_name=model, device="cpu")
    collection = chromadb.PersistentClient(str(folder / "chroma")).get_collection("passages", embedding_function=None)
    print(collection.query(query_embeddings=encode([question]), n_results=HITS)["documents"])


PEERS: dict[str, tuple[Callable[[str, Path], None], Callable[[str, Path, str], None]]] = {
    "sentence-transformers + FAISS": (build_faiss, ask_faiss),
    "txtai": (build_txtai, ask_txtai),
    "LlamaIndex + FAISS": (build_llama_index, ask_llama_index),
    "LangChain + FAISS": (build_langchain, ask_langchain),
    "Chroma": (build_chroma, ask_chroma),
}


def main() -> None:
    action, *rest = sys.argv[1:]
    if action == "versions":
        from importlib.metadata import version

        print(json.dumps({package: version(package) for package in PACKAGES}))
    elif action == "build":
        name, model, folder = rest
        PEERS[name][0](model, Path(folder))
    else:
        name, model, folder, question = rest
        PEERS[name][1](model, Path(folder), question)


if __name__ == "__main__":
    main()
