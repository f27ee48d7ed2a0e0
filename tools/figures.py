# SPDX-License-Identifier: BSL-1.0
"""Draws docs/pictures/figure_*.svg: windows under each option, a residual block, a stream in blocks.

    figures.py            draws them (Graphviz)
    figures.py --check    says whether they are drawn from this file
"""
import diagrams

INPUT, ZERO, FIRST, SECOND, RESULT, NONE = "#dae8fc", "#eeeeee", "#fde9c8", "#d5e8d4", "#f6d6d6", ""
HEAD = ['digraph { graph [bgcolor=white, nodesep=0.3, ranksep=0.35, fontname="Helvetica", fontsize=11]',
        'node [fontname="Helvetica", fontsize=11]', 'edge [fontname="Helvetica", fontsize=10, color="#666666"]']


def row(label, cells):
    """A row of a table: (text, colour) for each cell, no colour for none."""
    made = "".join(f'<td width="24" height="20" border="1" bgcolor="{colour}">{text}</td>' if colour else '<td border="0"></td>' for text, colour in cells)
    return f'<tr><td border="0" align="right">{label}</td>{made}</tr>'


def table(title, rows):
    return f'<<table border="0" cellspacing="2" cellpadding="1"><tr><td border="0" align="left" colspan="12"><b>{title}</b></td></tr>{"".join(rows)}</table>>'


def window(title, size, kernel, stride=1, padding=0, dilation=1):
    """A sequence of `size` cells, the results, and which cells the first two of them see."""
    cells, reach = size + 2 * padding, dilation * (kernel - 1)
    count = (cells - reach - 1) // stride + 1
    results, first, second = ([("", NONE)] * cells for _ in range(3))
    for result in range(count):
        results[result * stride + reach // 2] = (str(result), RESULT)
    for tap in range(kernel):
        first[tap * dilation] = ("", FIRST)
        second[stride + tap * dilation] = ("", SECOND)
    inputs = [("", ZERO) if not padding <= i < padding + size else (str(i - padding), INPUT) for i in range(cells)]
    return table(title, [row(f"{count} results", results), row("window of 1", second), row("window of 0", first), row("input", inputs)])


def windows():
    kinds = (("no option", {}), ("stride&lt;2&gt;", {"stride": 2}), ("padding&lt;1&gt;, or same", {"padding": 1}), ("dilation&lt;2&gt;", {"dilation": 2}))
    lines = [*HEAD, "node [shape=plain]"] + [f"n{i} [label={window(title, 7, 3, **options)}]" for i, (title, options) in enumerate(kinds)]
    return "\n".join([*lines, "n0 -> n2 [style=invis]", "n1 -> n3 [style=invis]"]) + "\n}\n"


def residual():
    boxes = {"in": ("what comes in", INPUT), "one": ("<b>body</b><br/>conv2d, batch_norm, relu", FIRST), "two": ("conv2d, batch_norm", FIRST),
             "short": ("<b>shortcut</b><br/>a projection, or what comes in", SECOND), "sum": ("+", RESULT), "relu": ("relu", "#ffffff"), "out": ("result", INPUT)}
    lines = [*HEAD, "rankdir=LR", 'node [shape=box, style="filled,rounded"]']
    lines += [f'{name} [label=<{text}>, fillcolor="{colour}"]' for name, (text, colour) in boxes.items()]
    lines += ['subgraph cluster_step { label="one step of the plan: no memory for the sum"; color="#888888"; style=dashed; two; sum; relu }',
              "in -> one -> two -> sum -> relu -> out", "in -> short -> sum"]
    return "\n".join(lines) + "\n}\n"


def blocks():
    """conv1d<C, 3, causal, dilation<2>> in blocks of four: four rows are remembered."""
    kept, size = 4, 4
    lines = [*HEAD, "node [shape=plain]"]
    for call in range(3):
        start = call * size
        rows = [(f"{t}" if t >= 0 else "", ZERO if t < start else INPUT) for t in range(start - kept, start + size)]
        seen = [("", FIRST if i in (kept - 4, kept - 2, kept) else NONE) for i in range(kept + size)]
        results = [("", NONE)] * kept + [(str(start + i), RESULT) for i in range(size)]
        lines.append(f"c{call} [label={table(f'call {call}', [row('results', results), row(f'what {start} sees', seen), row('remembered, block', rows)])}]")
    lines += [f'c{call} -> c{call + 1} [label="  its last {kept} rows are the state"]' for call in range(2)]
    return "\n".join(lines) + "\n}\n"


if __name__ == "__main__":
    diagrams.main(__doc__, "figures.py", {"figure_windows": windows(), "figure_residual": residual(), "figure_blocks": blocks()}, [])
