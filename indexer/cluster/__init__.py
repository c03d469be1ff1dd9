"""Indexes past one machine: moved to Milvus and back, exchanged as Parquet, built by Ray."""
