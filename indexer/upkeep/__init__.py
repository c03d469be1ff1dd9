"""Looking after an index: status, verification, takedowns, transfer, new generations."""
