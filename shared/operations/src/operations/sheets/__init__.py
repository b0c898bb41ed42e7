"""Tables as files, written as their lines come: CSV, and XLSX that an office prints."""
