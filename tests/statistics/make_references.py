# SPDX-License-Identifier: BSL-1.0
"""Writes iris_references.hpp beside this file: what scikit-learn finds in its iris data (Debian: python3-sklearn)."""
import pathlib

import numpy
import sklearn
from sklearn.datasets import load_iris
from sklearn.decomposition import PCA
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.linear_model import LinearRegression, Ridge
from sklearn.metrics import roc_auc_score

SAMPLES = [0, 50, 149]


def signed(directions, *others):
    """Rows turned so that their entry of largest magnitude is positive; columns of `others` turned with them."""
    signs = numpy.array([numpy.sign(row[numpy.argmax(abs(row))]) for row in directions])
    return [directions * signs[:, None], *(other * signs for other in others)]


def constant(name, value):
    value = numpy.asarray(value, dtype=float)
    if value.ndim == 0:
        return f"inline constexpr double {name} = {float(value)!r};\n"
    if value.ndim == 1:
        return f"inline const xt::xtensor<double, 1> {name}{{{', '.join(repr(float(v)) for v in value)}}};\n"
    rows = ",\n".join("    {" + ", ".join(repr(float(v)) for v in row) + "}" for row in value)
    return f"inline const xt::xtensor<double, 2> {name}{{\n{rows}}};\n"


def main():
    x, labels = load_iris(return_X_y=True)
    lines = ["// SPDX-License-Identifier: BSL-1.0\n",
             f"// Made by make_references.py with scikit-learn {sklearn.__version__}.\n",
             "// Projected samples are 0, 50 and 149.\n",
             "#pragma once\n#include <xtensor/xtensor.hpp>\n\nnamespace iris_references {\n\n",
             "// clang-format off\n"]
    pca = PCA().fit(x)
    components, projected = signed(pca.components_, pca.transform(x)[SAMPLES])
    lines += [constant("pca_components", components), constant("pca_variance", pca.explained_variance_),
              constant("pca_ratio", pca.explained_variance_ratio_), constant("pca_projected", projected)]
    lda = LinearDiscriminantAnalysis().fit(x, labels)
    directions, projected = signed(lda.scalings_.T, lda.transform(x)[SAMPLES])
    lines += [constant("lda_components", directions), constant("lda_ratio", lda.explained_variance_ratio_),
              constant("lda_projected", projected)]
    line = LinearRegression().fit(x[:, :3], x[:, 3])
    error = numpy.mean((x[:, 3] - line.predict(x[:, :3])) ** 2)
    lines += [constant("width_weights", line.coef_), constant("width_offset", line.intercept_),
              constant("width_error", error)]
    lines += [constant("width_ridge", Ridge(alpha=2.5, fit_intercept=False).fit(x[:, :3], x[:, 3]).coef_)]
    two = labels > 0
    lines += ["// classes 1 and 2 by sepal length, which has ties\n",
              constant("area_under_curve", roc_auc_score(labels[two] == 2, x[two, 0]))]
    lines += ["// clang-format on\n\n}  // namespace iris_references\n"]
    pathlib.Path(__file__).with_name("iris_references.hpp").write_text("".join(lines))


main()
