"""Other libraries as they come, over one collection: their default settings, the same model. Run by benchmarks/quality/quality.py, in an
environment that has them.

    python benchmarks/run.py peers NAME MODEL_FOLDER CORPUS.jsonl QUERIES.jsonl OUT.json

OUT.json has, by question, the ids of the first ten documents; a document's place is that of its best piece. Title and text are given as one
text.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Iterable
from importlib.metadata import version
from pathlib import Path

from script import json_lines

DOCUMENTS = 10
PIECES = 100  # that are asked for, so that they are of ten documents at least

Documents = dict[str, str]
Ask = Callable[[str], Iterable[str]]


def txtai(model: str, documents: Documents) -> Ask:
    """Embeddings, documents whole: it has no splitter of its own in its index."""
    from txtai import Embeddings

    embeddings = Embeddings(path=model)
    embeddings.index(list(documents.items()))
    return lambda question: [found for found, _ in embeddings.search(question, PIECES)]


def llama_index(model: str, documents: Documents) -> Ask:
    """VectorStoreIndex with its splitter, which makes pieces of 1,024 tokens with 200 of overlap."""
    from llama_index.core import Document, VectorStoreIndex
    from llama_index.embeddings.huggingface import HuggingFaceEmbedding

    given = [Document(text=text, metadata={"name": name}, excluded_embed_metadata_keys=["name"]) for name, text in documents.items()]
    retriever = VectorStoreIndex.from_documents(given, embed_model=HuggingFaceEmbedding(model_name=model)).as_retriever(
        similarity_top_k=PIECES
    )
    return lambda question: [found.metadata["name"] for found in retriever.retrieve(question)]


def langchain(model: str, documents: Documents) -> Ask:
    """FAISS with the splitter of its tutorial: 1,000 characters with 200 of overlap."""
    from langchain_community.vectorstores import FAISS
    from langchain_huggingface import HuggingFaceEmbeddings
    from langchain_text_splitters import RecursiveCharacterTextSplitter

    splitter = RecursiveCharacterTextSplitter(chunk_size=1000, chunk_overlap=200)
    pieces = splitter.create_documents(list(documents.values()), [{"name": name} for name in documents])
    store = FAISS.from_documents(pieces, HuggingFaceEmbeddings(model_name=model))
    return lambda question: [found.metadata["name"] for found in store.similarity_search(question, PIECES)]


def chroma(model: str, documents: Documents) -> Ask:
    """A collection, documents whole: it has no splitter."""
    import chromadb
    from chromadb.utils.embedding_functions import SentenceTransformerEmbeddingFunction

    collection = chromadb.EphemeralClient().create_collection(
        "documents", embedding_function=SentenceTransformerEmbeddingFunction(model_name=model)
    )
    collection.add(ids=list(documents), documents=list(documents.values()))
    count = min(PIECES, len(documents))
    return lambda question: collection.query(query_texts=[question], n_results=count)["ids"][0]


PEERS: dict[str, tuple[Callable[[str, Documents], Ask], tuple[str, ...]]] = {
    "txtai": (txtai, ("txtai",)),
    "LlamaIndex": (llama_index, ("llama-index-core",)),
    "LangChain + FAISS": (langchain, ("langchain-community", "faiss-cpu")),
    "Chroma": (chroma, ("chromadb",)),
}


def main() -> None:
    name, model, corpus, queries, out = sys.argv[1:]
    open_peer, packages = PEERS[name]
    lines = json_lines(Path(corpus))
    documents = {line["_id"]: f"{line.get('title', '')}\n\n{line['text']}".strip() for line in lines}
    questions = json_lines(Path(queries))
    began = time.process_time()
    ask = open_peer(model, documents)
    built = time.process_time()
    rankings = {question["_id"]: list(dict.fromkeys(ask(question["text"])))[:DOCUMENTS] for question in questions}
    asked = time.process_time()
    content = {
        "packages": {package: version(package) for package in packages},
        "build_cpu_seconds": round(built - began, 1),
        "question_cpu_ms": round(1000 * (asked - built) / len(questions), 1),
        "rankings": rankings,
    }
    Path(out).write_text(json.dumps(content) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
