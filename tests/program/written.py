# SPDX-License-Identifier: BSL-1.0
"""Networks of every layer written by `write_onnx`: ONNX's checker takes them, `archetype run` gives what the model gives, and
so does ONNX Runtime where it is at hand (npm's onnxruntime-node, in the folder that NODE_PATH names)."""
import argparse
import pathlib
import tempfile

from onnx_files import Checks, by_onnx_runtime, channels_first, harness, np, onnx, run

SOURCE = pathlib.Path(__file__).resolve().parent / "written" / "networks.cpp"
RUNTIME = """
const ort = require('onnxruntime-node'), fs = require('fs');
(async () => {
    for (const one of JSON.parse(fs.readFileSync(0))) {
        try {
            const session = await ort.InferenceSession.create(one.file, {logSeverityLevel: 3});
            const feeds = {};
            one.inputs.forEach((input, k) => feeds[session.inputNames[k]] = new ort.Tensor(input.type, input.type == 'int64'
                ? BigInt64Array.from(input.data.map(BigInt)) : Float32Array.from(input.data), input.shape));
            const results = await session.run(feeds);
            console.log(JSON.stringify({name: one.name, outputs: session.outputNames.map(n => Array.from(results[n].data))}));
        } catch (error) { console.log(JSON.stringify({name: one.name, error: String(error)})); }
    }
})();
"""


def largest_difference(a, b):
    return float(np.abs(a - b).max() / max(np.abs(b).max(), 1e-30))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--program", required=True, type=pathlib.Path, help="the program `archetype`")
    parser.add_argument("--compilers", nargs="+", default=["g++"])
    arguments = parser.parse_args()
    checks = Checks()
    for compiler in arguments.compilers:
        with tempfile.TemporaryDirectory() as name:
            check(checks, arguments.program, compiler, pathlib.Path(name))
    checks.finish("checks of written files hold")


def check(checks, program, compiler, folder):
    code, output = harness.run([compiler, "-std=c++20", "-O0", f"-I{harness.INCLUDE}", *harness.WARNINGS, str(SOURCE), "-ltbb", "-lz", "-lzip", "-o", str(folder / "networks")])
    checks.holds(code == 0, f"{SOURCE.name} compiles with {compiler}: {output[:3000]}")
    if code != 0:
        return
    code, output = harness.run([str(folder / "networks"), str(folder)])
    checks.holds(code == 0, f"{SOURCE.name}, {compiler}: {output[-2000:]}")
    runs = []
    for network in output.split():
        for order in ("", ".first"):
            file = folder / f"{network}{order}.onnx"
            model = onnx.load(str(file))
            onnx.checker.check_model(model, full_check=True)
            move = channels_first if order else (lambda array: array)
            inputs = [move(np.load(folder / f"{network}.input{k}.npy")) for k in range(len(model.graph.input))]
            expected = [move(np.load(folder / f"{network}.output{k}.npy")) for k in range(len(model.graph.output))]
            whole = [one.type.tensor_type.elem_type == onnx.TensorProto.INT64 for one in model.graph.input]
            inputs = [one.astype(np.int64 if is_whole else np.float32) for one, is_whole in zip(inputs, whole)]
            command = [program, "run", file, "--tolerance", "1e-5"]
            for kind, option, arrays in ((model.graph.input, "--input", inputs), (model.graph.output, "--expect", expected)):
                for info, array in zip(kind, arrays):
                    path = folder / f"{info.name}.{option[2:]}.npy"
                    np.save(path, array)
                    command += [option, f"{info.name}={path}"]
            code, text, errors = run(*command)
            checks.holds(code == 0, f"{file.name}, {compiler}: {text} {errors}")
            runs.append({"name": file.name, "file": str(file), "expected": expected,
                         "inputs": [{"type": "int64" if w else "float32", "shape": list(i.shape), "data": i.ravel().tolist()} for i, w in zip(inputs, whole)]})
    checks.holds(len(runs) >= 40, f"{len(runs)} files were written")
    by_runtime(checks, runs)


def by_runtime(checks, runs):
    found = by_onnx_runtime(RUNTIME, [{k: v for k, v in one.items() if k != "expected"} for one in runs])
    if found is None:
        return
    answers = {answer["name"]: answer for answer in found}
    worst = 0.0
    for one in runs:
        answer = answers.get(one["name"], {"error": "no answer"})
        if "error" in answer:
            checks.holds(False, f"{one['name']}: ONNX Runtime: {answer['error']}")
            continue
        for got, expected in zip(answer["outputs"], one["expected"]):
            difference = largest_difference(np.array(got), expected.ravel().astype(np.float64))
            worst = max(worst, difference)
            checks.holds(difference < 1e-5, f"{one['name']}: ONNX Runtime differs by {difference}")
    print(f"ONNX Runtime: {len(runs)} files, largest difference {worst:.1e} of the largest value")


main()
