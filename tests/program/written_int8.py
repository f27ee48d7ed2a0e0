# SPDX-License-Identifier: BSL-1.0
"""Quantized networks written by `write_onnx`: ONNX's checker takes them, `archetype run` gives what the model gives but for roundings, `archetype
import` makes the same integers of them, and ONNX Runtime runs them where it is at hand (npm's onnxruntime-node, in the folder that
NODE_PATH names)."""
import argparse
import pathlib
import shutil
import tempfile

from import_qdq import checked, expected
from onnx_files import Checks, by_onnx_runtime, channels_first, harness, np, onnx, run

SOURCE = pathlib.Path(__file__).resolve().parent / "written" / "integers.cpp"
RUNTIME = """
const ort = require('onnxruntime-node'), fs = require('fs');
(async () => {
    for (const one of JSON.parse(fs.readFileSync(0))) {
        const session = await ort.InferenceSession.create(one.file, {logSeverityLevel: 3});
        const results = await session.run({[session.inputNames[0]]: new ort.Tensor('float32', Float32Array.from(one.data), one.shape)});
        console.log(JSON.stringify({file: one.file, output: Array.from(results[session.outputNames[0]].data)}));
    }
})();
"""
# Steps of the result that ONNX' definition, which rounds once and halves to even, may be away. A softmax behind five layers multiplies a step.
MOST_STEPS, MEAN_STEPS = 8, 1.0


def near(checks, what, found, wanted, most=MOST_STEPS):
    steps = np.abs(found - wanted)
    checks.holds(steps.max() <= most and steps.mean() <= MEAN_STEPS, f"{what}: {steps.max()} steps at most, {steps.mean():.2f} in the mean")
    return steps


def check(checks, program, compiler, folder):
    code, output = harness.run([compiler, "-std=c++20", "-O0", f"-I{harness.INCLUDE}", *harness.WARNINGS, str(SOURCE), "-ltbb", "-lz", "-lzip", "-o", str(folder / "integers")])
    checks.holds(code == 0, f"{SOURCE.name} compiles with {compiler}: {output[:3000]}")
    if code != 0:
        return
    code, output = harness.run([str(folder / "integers"), str(folder)])
    checks.holds(code == 0, f"{SOURCE.name}, {compiler}: {output[-2000:]}")
    runs = []
    for line in output.splitlines():
        name, scale, zero = line.split()
        x, y = np.load(folder / f"{name}.input.npy"), np.load(folder / f"{name}.output.npy")
        wanted = np.round(y / np.float32(scale)) + int(zero)
        checks.holds(len(np.unique(wanted)) > 5, f"{name}: results differ from each other")
        for order in ("", ".first"):
            file = folder / f"{name}{order}.onnx"
            model = onnx.load(str(file))
            onnx.checker.check_model(model, full_check=True)
            kinds = {tensor.data_type for tensor in model.graph.initializer if tensor.name.endswith("kernel")}
            checks.holds(kinds == {onnx.TensorProto.INT8}, f"{file.name}: kernels have 8 bits, {kinds}")
            samples = channels_first(x) if order else x
            np.save(folder / "x.npy", samples)
            code, text, errors = run(program, "run", file, "--input", folder / "x.npy", "-o", folder / "y.npy")
            checks.holds(code == 0, f"{file.name}: {text} {errors}")
            if code == 0:
                near(checks, f"{file.name} as ONNX defines it", np.round(np.load(folder / "y.npy") / np.float32(scale)) + int(zero), wanted,
                     {"image": MOST_STEPS, "joins": 3}.get(name, 1))  # a softmax at the end, fifteen layers
            np.save(folder / f"{file.stem}_inputs.npy", samples[:8, None])
            shutil.rmtree(folder / "out", ignore_errors=True)
            code, text, errors = run(program, "import", file, "-o", folder / "out", "--name", "net", "--brief")
            checks.holds(code == 0, f"{file.name}: {text} {errors}")
            for k in range(8 if code == 0 else 0):
                again = expected(folder, k)
                checks.holds(np.array_equal(again, wanted[k].ravel()), f"{file.name}, sample {k}: imported {again}, the model {wanted[k].ravel()}")
            if code == 0 and file.stem == "image":
                checked(checks, compiler, folder, f"{file.name}, imported")
            runs.append({"file": str(file), "shape": list(samples.shape), "data": samples.ravel().tolist(), "scale": float(scale), "zero": int(zero), "wanted": wanted})
    checks.holds(len(runs) >= 8, f"{len(runs)} files were written")
    by_runtime(checks, runs)


def by_runtime(checks, runs):
    answers = by_onnx_runtime(RUNTIME, [{key: one[key] for key in ("file", "shape", "data")} for one in runs])
    if answers is None:
        return
    checks.holds(len(answers) == len(runs), f"ONNX Runtime ran {len(answers)} of {len(runs)} files")
    worst = equal = count = 0
    for one, answer in zip(runs, answers):
        found = np.round(np.array(answer["output"], np.float32) / np.float32(one["scale"])) + one["zero"]
        steps = near(checks, f"{pathlib.Path(one['file']).name} in ONNX Runtime", found.reshape(one["wanted"].shape), one["wanted"])
        worst, equal, count = max(worst, steps.max()), equal + int((steps == 0).sum()), count + steps.size
    print(f"ONNX Runtime: {len(answers)} files, {equal} of {count} results equal, the others by at most {worst:.0f} steps")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--program", required=True, type=pathlib.Path, help="the program `archetype`")
    parser.add_argument("--compilers", nargs="+", default=["g++"])
    arguments = harness.parsed_in_turn(parser)
    checks = Checks()
    for compiler in arguments.compilers:
        with tempfile.TemporaryDirectory() as name:
            check(checks, arguments.program, compiler, pathlib.Path(name))
    checks.finish("checks of written files in 8 bits hold")


main()
