"""What an archive of some size takes, by arithmetic: memory, nodes and money for docs/SCALE.md, from the sizes of what a row holds.

python benchmarks/run.py growth
"""

from __future__ import annotations

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


def main() -> None:
    print(
        "| passages | raw | HNSW | 8 bits | words, fields | articles | nodes, HNSW | nodes, 8 bits | $ a month, HNSW | $ a month, 8 bits | "
        "to embed, core hours | $ |"
    )
    print("|" + "---:|" * 12)
    for exponent in range(5, 10):
        passages = 10**exponent
        vectors = {name: passages * size / 1e9 for name, size in BYTES.items()}
        fields, articles = passages * (FIELDS + SPARSE) / 1e9, passages * ARTICLE / 1e9
        sizes = [f"{gigabytes:,.1f}" for gigabytes in (*vectors.values(), fields, articles)]
        nodes = [REPLICAS * -int(-(vectors[name] + fields + articles) // (NODE_GB * USABLE)) for name in ("HNSW", "8 bits")]
        counts = [f"{count:,}" for count in (*nodes, *(NODE_MONTH * count for count in nodes))]
        hours = passages / EMBEDDED / 3600
        print("| " + " | ".join((f"10^{exponent}", *sizes, *counts, f"{hours:,.1f}", f"{hours * CORE_HOUR:,.2f}")) + " |")


if __name__ == "__main__":
    main()
