"""What an archive of some size takes, by arithmetic: memory, nodes and money for docs/SCALE.md, from the sizes of what a row holds.

python benchmarks/run.py growth
"""

from __future__ import annotations

from dataclasses import dataclass

DIMENSION = 384
PER_ARTICLE = 6  # passages, the mean of the sample archive
WORDS = 60  # distinct terms a passage, with its title: docs/decisions/passages.md
LINKS = 16  # M of HNSW: two times as many neighbours at its base, of 4 bytes each

VECTOR = 4 * DIMENSION
GRAPH = 2 * LINKS * 4 + 8
BYTES = {"raw": VECTOR, "HNSW": VECTOR + GRAPH, "8 bits": DIMENSION}
FIELDS = 96 + 2 * 32 + 12 * 8 + WORDS * (8 + 2) + 60  # id, keys, facets, terms and impacts, numbers
SPARSE = WORDS * 8  # the words again, as a vector that can be ranked by
ARTICLE = (3_000 + 5_000) / PER_ARTICLE  # head and text

NODE_GB = 64  # of which USABLE are for data
USABLE = 0.75
NODE_MONTH = 330  # dollars, about what a virtual machine of 8 processors and 64 GB costs by the hour
EMBEDDED = 145  # passages a CPU second: docs/PERFORMANCE.md
CORE_HOUR = 0.05  # dollars
REPLICAS = 2


@dataclass(frozen=True)
class Row:
    """A size: gigabytes for each form of the vectors, for words and fields, and for the articles; nodes and dollars of two replicas, by
    form.
    """

    passages: int
    vectors: dict[str, float]
    fields: float
    articles: float
    nodes: dict[str, int]
    month: dict[str, int]
    core_hours: float


def row(passages: int) -> Row:
    """The arithmetic for so many passages."""
    vectors = {name: passages * size / 1e9 for name, size in BYTES.items()}
    fields, articles = passages * (FIELDS + SPARSE) / 1e9, passages * ARTICLE / 1e9
    room = NODE_GB * USABLE
    nodes = {name: REPLICAS * -int(-(size + fields + articles) // room) for name, size in vectors.items()}
    return Row(
        passages, vectors, fields, articles, nodes, {name: count * NODE_MONTH for name, count in nodes.items()}, passages / EMBEDDED / 3600
    )


def main() -> None:
    print(
        "| passages | raw | HNSW | 8 bits | words, fields | articles | nodes, HNSW | nodes, 8 bits | $ a month, HNSW | $ a month, 8 bits | "
        "to embed, core hours | $ |"
    )
    print("|" + "---:|" * 12)
    for exponent in range(5, 10):
        it = row(10**exponent)
        sizes = " | ".join(f"{value:,.1f}" for value in (*it.vectors.values(), it.fields, it.articles))
        counts = f"{it.nodes['HNSW']:,} | {it.nodes['8 bits']:,} | {it.month['HNSW']:,} | {it.month['8 bits']:,}"
        print(f"| 10^{exponent} | {sizes} | {counts} | {it.core_hours:,.1f} | {it.core_hours * CORE_HOUR:,.2f} |")


if __name__ == "__main__":
    main()
