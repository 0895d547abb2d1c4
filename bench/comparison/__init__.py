"""The side-by-side comparison: data sets, tools, the run, and what is made of its results."""
