def render_bench(rows, comparisons, notes, holdout):
    return "todo"
