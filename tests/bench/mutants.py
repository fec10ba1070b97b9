"""mutmut, with three kinds of mutants more: what each part of a check is there for.

    python tests/bench/mutants.py run "dupfinder.choose.*"
    python tests/bench/mutants.py results

Takes what mutmut takes; which modules are mutated and which tests look for it stands in
pyproject.toml. A check must be proven needed, and a check left out is a mutant that mutmut has not:
here statements are left out, conditions never hold, and each side of `and` and `or` stands alone.
Words for the user are not mutated, but the codes beside them are.
"""

from __future__ import annotations

from collections.abc import Iterable

import libcst as cst
from hypothesis import Phase, settings
from mutmut.__main__ import cli
from mutmut.mutation import mutators


def left_out(node: cst.SimpleStatementLine) -> Iterable[cst.SimpleStatementLine]:
    (statement, *more) = node.body
    is_text = isinstance(statement, cst.Expr) and isinstance(
        statement.value, cst.BaseString | cst.Ellipsis
    )
    if isinstance(statement, cst.Expr | cst.Raise) and not is_text and not more:
        yield node.with_changes(body=[cst.Pass()])


def never(node: cst.If) -> Iterable[cst.If]:
    yield node.with_changes(
        test=cst.Name("False"), whitespace_before_test=cst.SimpleWhitespace(" ")
    )


def one_side(node: cst.BooleanOperation) -> Iterable[cst.BaseExpression]:
    for side in (node.left, node.right):
        yield side.with_changes(lpar=[cst.LeftParen()], rpar=[cst.RightParen()])


def another_name(node: cst.BaseString) -> Iterable[cst.BaseString]:
    """Codes and names, but no sentences."""
    if isinstance(node, cst.SimpleString) and " " not in node.value and node.value[:3] != '"""':
        yield node.with_changes(value=f"{node.value[:-1]}XX{node.value[-1]}")


def main() -> None:
    # The same examples every time, and no search for the smallest one.
    settings.register_profile(
        "mutants", deadline=None, database=None, phases=[Phase.explicit, Phase.generate],
        derandomize=True, max_examples=50,
    )  # fmt: skip
    others = [each for each in mutators.mutation_operators if each[0] is not cst.BaseString]
    mutators.mutation_operators[:] = [
        *others,
        (cst.BaseString, another_name),
        (cst.SimpleStatementLine, left_out),
        (cst.If, never),
        (cst.BooleanOperation, one_side),
    ]
    cli()


if __name__ == "__main__":
    main()
