"""Files that are made in the background: the jobs, the worker, where the files lie, and what routes do with them."""
