"""Reads records of files, CSV, XLSX and JSONL, and makes complaints of them by mappings."""
