"""Reading a question: its dates, filters and earlier turns."""
