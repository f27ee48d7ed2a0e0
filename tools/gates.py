# SPDX-License-Identifier: BSL-1.0
"""Draws docs/pictures/gates_*.svg: what a recurrent cell does with its gates and states, from the formulas of
include/archetype/expression/cells.hpp.

    gates.py            draws them (Graphviz)
    gates.py --check    says whether the formulas stand in the comment of their function and the pictures are drawn from them
"""
import re
import sys

import diagrams

HEADER = diagrams.ROOT / "include" / "archetype" / "expression" / "cells.hpp"
FUNCTIONS = {"f": "tanh", "g": "sigmoid"}
STATES = {"h": "state h", "l": "long-term state l"}
SUM, READ = "W x + U h + b", "W x + U (r h) + b"
# picture: the sums before the functions; (result, function of the header, formula), each of which may use those before it.
CELLS = {
    "gates_lstm": ({"forget": SUM, "in": SUM, "candidate": SUM, "out": SUM},
                   [("l'", "lstm_state", "g(forget) l + g(in) f(candidate)"), ("h'", "lstm_results", "g(out) f(l')")]),
    "gates_gru": ({"reset": SUM, "update": SUM, "candidate": READ},
                  [("r h", "gru_read", "g(reset) h"), ("z", "gru_state", "g(update)"), ("h'", "gru_state", "z h + (1 - z) f(candidate)")]),
}


class drawing:
    """A graph that grows as a formula is read: sums of products of names, numbers and functions, as they are written in print."""

    def __init__(self, sums, formulas):
        self.lines, self.count, self.known = [], 0, {}
        for state in sorted(set(re.findall(r"\b[hl]\b(?!')", " ".join(f for _, _, f in formulas)))):
            self.known[state] = self.node(STATES[state], "#dae8fc")
        for gate, formula in sums.items():
            self.known[gate] = self.node(f"<b>{gate}</b><br/>{formula}", "#fde9c8")
        for result, _, formula in formulas:
            self.words = re.findall(r"[a-z]+'?|\d+|\S", formula)
            made = self.sum()
            if self.words:
                sys.exit(f"{formula}: {' '.join(self.words)} is not understood")
            self.known[result] = self.node(STATES[result[0]] + " after the step", "#dae8fc", made) if result[-1] == "'" else made
            if result == "r h":  # what the candidate reads
                self.lines.append(f'{made} -> {self.known["candidate"]} [constraint=false]')

    def node(self, label, colour="#ffffff", *sources, shape="box"):
        self.count += 1
        name = f"n{self.count}"
        self.lines.append(f'{name} [label=<{label}>, fillcolor="{colour}", shape={shape}]')
        self.lines += [f"{source} -> {name}" for source in sources]
        return name

    def operation(self, sign, *sources):
        return self.node(sign, "#f6d6d6", *sources, shape="circle")

    def next(self):
        return self.words[0] if self.words else ""

    def sum(self):
        made = self.product()
        while self.next() in ("+", "-"):
            sign = self.words.pop(0)
            made = self.operation("+" if sign == "+" else "&#8722;", made, self.product())
        return made

    def product(self):
        made = self.factor()
        while self.next() and self.next() not in "+-)":
            made = self.operation("&#215;", made, self.factor())
        return made

    def factor(self):
        word = self.words.pop(0)
        if word == "(" or word in FUNCTIONS:
            if word != "(":
                self.words.pop(0)
            made = self.sum()
            self.words.pop(0)
            return made if word == "(" else self.node(FUNCTIONS[word], "#d5e8d4", made)
        return self.node(word, "#eeeeee", shape="circle") if word.isdigit() else self.known[word]


def source_of(sums, formulas):
    lines = ['digraph { graph [rankdir=LR, bgcolor=white, nodesep=0.15, ranksep=0.3]',
             'node [style="filled,rounded", fontname="Helvetica", fontsize=11, margin="0.08,0.04", width=0.3, height=0.3]',
             'edge [color="#666666", arrowsize=0.6]']
    return "\n".join(lines + drawing(sums, formulas).lines) + "\n}\n"


def faults_of(formulas):
    for _, function, formula in formulas:
        comment = re.search(rf"((?:///.*\n)+)template <[^>]*>\nconstexpr auto {function}\(", HEADER.read_text())
        if formula not in comment[1].replace("\n/// ", " "):
            yield f"{HEADER.name}: {function} does not say {formula}"


if __name__ == "__main__":
    diagrams.main(__doc__, "gates.py", {name: source_of(*cell) for name, cell in CELLS.items()},
                  [fault for _, formulas in CELLS.values() for fault in faults_of(formulas)])
