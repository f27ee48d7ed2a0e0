# SPDX-License-Identifier: BSL-1.0
"""Every reader of data/, interchange/ and text/ on inputs that libFuzzer makes, with sanitizers for addresses, undefined behaviour
and conversions: a few seconds each in the tests, as long as one likes by hand:

    python3 tests/fuzz/run.py --seconds 3600 --targets npz csv --corpus /tmp/corpus

A finding is printed, with its input in hexadecimal. A corpus folder keeps what was found to be interesting.
"""
import base64
import functools
import gzip
import io
import json
import operator
import pathlib
import platform
import shutil
import struct
import subprocess
import sys
import tempfile
import threading
import zipfile
import zlib

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent.parent / "tools"))
import harness

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "program"))
import tflite_files

FOLDER = pathlib.Path(__file__).resolve().parent
SANITIZERS = "fuzzer,address,undefined,float-cast-overflow,implicit-conversion"
FLAGS = ["-std=c++20", "-O1", "-g1", f"-fsanitize={SANITIZERS}", "-fno-sanitize-recover=all", f"-I{harness.INCLUDE}",
         f"-fsanitize-ignorelist={FOLDER / 'ignored.txt'}"]
LIBRARIES = ["-lz", "-lzip", "-lutf8proc"]
# Of targets that need more: flags, and a program that does not compile where it is not there.
MORE = {"hdf5_set": (["-I/usr/include/hdf5/serial", "-L/usr/lib/%s-linux-gnu/hdf5/serial" % platform.machine(), "-lhdf5"], "hdf5.h"),
        "picture": (["-lpng", "-ljpeg"], "png.h"), "sound": (["-lsndfile"], "sndfile.h")}
# Targets of the program `archetype` are linked with its sources.
PROGRAM = harness.ROOT / "tools" / "archetype"
SOURCES = [one for room in ("graph", "evaluate", "rewrite", "lower") for one in sorted(PROGRAM.glob(f"{room}/*.cpp"))]
OF_PROGRAM = {"import", "keras", "onnx", "tflite"}
NEEDED = "#include <protozero/pbf_reader.hpp>\n#include <flatbuffers/flatbuffers.h>\n"
ONCE = threading.Lock()
OBJECTS = {}  # of the program, compiled once for all targets
NODE_CASES = pathlib.Path("/usr/share/libonnx-testdata/data/node")  # Debian: libonnx-testdata


def npy(shape, kind="<f4", order="False"):
    header = f"{{'descr': '{kind}', 'fortran_order': {order}, 'shape': {shape}, }}\n".encode()
    return b"\x93NUMPY\1\0" + struct.pack("<H", len(header)) + header + b"\0" * 24


def npz():
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("a.npy", npy("(2, 3)"), zipfile.ZIP_DEFLATED)
        archive.writestr("b.npy", npy("(6,)"), zipfile.ZIP_STORED)
    return out.getvalue()


def safetensors(tensors, metadata=None):
    header, at = ({"__metadata__": metadata} if metadata else {}), 0
    for name, shape, size in tensors:
        header[name] = {"dtype": "F32", "shape": shape, "data_offsets": [at, at + size]}
        at += size
    text = json.dumps(header).encode()
    return struct.pack("<Q", len(text)) + text + b"\0" * at


def field(number, content):
    """A field of a protobuf message: a varint, bytes, or a list of fields."""
    if isinstance(content, int):
        return bytes([number << 3]) + bytes([content])
    content = content if isinstance(content, bytes) else content.encode() if isinstance(content, str) else b"".join(content)
    return bytes([number << 3 | 2]) + bytes([len(content)]) + content


def onnx_seeds():
    """A small network, and ONNX' own operator cases where they are installed."""
    shape = field(2, [field(1, [field(1, 1)]), field(1, [field(1, 2)])])
    value = [field(2, [field(1, [field(1, 1), shape])])]
    weights = [field(1, 2), field(1, 2), field(2, 1), field(8, "w"), field(9, bytes(16))]
    graph = [field(1, [field(1, "x"), field(1, "w"), field(2, "y"), field(4, "MatMul")]), field(5, weights),
             field(11, [field(1, "x"), *value]), field(12, [field(1, "y"), *value])]
    small = b"".join([field(1, 8), field(7, graph), field(8, [field(1, ""), field(2, 13)])])
    cases = sorted(NODE_CASES.glob("*/model.onnx"), key=lambda path: path.stat().st_size)[:600]
    return [small, *(path.read_bytes() for path in cases)]


def tflite_seeds():
    """One operator each, with options that fit, and a stream."""
    def one(name, shape, to, kind=0, options=None, weights=(), buffers=()):
        tensors = [tflite_files.tensor("x", "int8", shape, scale=0.1), *weights, tflite_files.tensor("y", "int8", to, scale=1 / 256, zero=-128)]
        inputs = list(range(len(tensors) - 1))
        graph = (tensors, [0], [len(tensors) - 1], [tflite_files.operator(0, inputs, [len(tensors) - 1], kind, options)])
        return tflite_files.model([name], [graph], list(buffers))
    kernel = [tflite_files.tensor("w", "int8", [2, 3, 3, 1], 1, scale=[0.1, 0.2])]
    matrix = [tflite_files.tensor("w", "float32", [3, 2], 1)]
    window = {0: ("b", 0), 1: ("i", 1), 2: ("i", 1), 3: ("i", 2), 4: ("i", 2)}
    tensors = [tflite_files.tensor("x", "float32", [1]), tflite_files.tensor("h", 13, []), tflite_files.tensor("b", "float32", [1]), tflite_files.tensor("y", "float32", [1])]
    steps = [tflite_files.operator(0, [], [1], 111, {1: "s"}), tflite_files.operator(1, [1], [2]), tflite_files.operator(2, [0, 2], [3], 11, {0: ("b", 0)}),
             tflite_files.operator(3, [1, 3], [])]
    return [one("SOFTMAX", [2, 3], [2, 3], 9, {0: ("f", 1.0)}), one("LOGISTIC", [4], [4]), one("AVERAGE_POOL_2D", [1, 3, 3, 1], [1, 3, 3, 1], 5, window),
            one("CONV_2D", [1, 4, 4, 1], [1, 4, 4, 2], 1, {1: ("i", 1), 2: ("i", 1)}, kernel, [bytes(18)]),
            one("FULLY_CONNECTED", [2, 2], [2, 3], 8, {0: ("b", 1)}, matrix, [bytes(24)]),
            tflite_files.model(["VAR_HANDLE", "READ_VARIABLE", "ADD", "ASSIGN_VARIABLE"], [(tensors, [0], [3], steps)], [])]


def keras_seeds():
    """A functional model and a recurrent one, each with the bytes of its weights behind a zero."""
    def model(layers, weights, inputs=None):
        config = {"name": "m", "layers": layers, **({"input_layers": [inputs[0]], "output_layers": [inputs[1]]} if inputs else {})}
        kind = "Functional" if inputs else "Sequential"
        manifest = [{"paths": ["a.bin"], "weights": [{"name": name, "shape": shape, "dtype": "float32"} for name, shape in weights]}]
        count = sum(functools.reduce(operator.mul, shape, 1) for _, shape in weights)
        text = json.dumps({"modelTopology": {"keras_version": "2.4.0", "model_config": {"class_name": kind, "config": config}}, "weightsManifest": manifest})
        return text.encode() + b"\0" + struct.pack("<f", 0.5) * count

    def layer(kind, inbound=None, **config):
        made = {"class_name": kind, "config": config}
        return made if inbound is None else {**made, "name": config["name"], "inbound_nodes": [[[one, 0, 0, {}] for one in inbound]] if inbound else []}
    window = {"kernel_size": [3, 3], "strides": [1, 1], "padding": "same", "dilation_rate": [1, 1]}
    graph = [layer("InputLayer", [], name="x", batch_input_shape=[None, 4, 4, 2]), layer("Conv2D", ["x"], name="c", filters=2, activation="relu", **window),
             layer("BatchNormalization", ["c"], name="n", axis=[3], epsilon=0.001), layer("Add", ["n", "x"], name="a"), layer("MaxPooling2D", ["a"], name="p", pool_size=[2, 2]),
             layer("Flatten", ["p"], name="f"), layer("Dense", ["f"], name="d", units=3, activation="softmax")]
    weights = [("c/kernel", [3, 3, 2, 2]), ("c/bias", [2]), *((f"n/{name}", [2]) for name in ("gamma", "beta", "moving_mean", "moving_variance")), ("d/kernel", [8, 3]), ("d/bias", [3])]
    inner = layer("LSTM", name="l", units=2, recurrent_activation="sigmoid", return_sequences=True)
    words = [layer("Embedding", name="e", input_dim=5, output_dim=3, batch_input_shape=[None, 4]), layer("Bidirectional", name="b", layer=inner, merge_mode="concat"),
             layer("GRU", name="g", units=2, reset_after=True), layer("RepeatVector", name="r", n=2), layer("TimeDistributed", name="t", layer=layer("Dense", name="i", units=2))]
    parts = [(f"b/{way}_l/{name}", shape) for way in ("forward", "backward") for name, shape in (("kernel", [3, 8]), ("recurrent_kernel", [2, 8]), ("bias", [8]))]
    # A graph model: nodes of TensorFlow.
    def node(name, kind, inputs=(), **attributes):
        return {"name": name, "op": kind, "input": list(inputs), "attr": attributes}
    four = {"list": {"i": ["1", "2", "2", "1"]}}
    nodes = [node("x", "Placeholder", dtype={"type": "DT_FLOAT"}, shape={"shape": {"dim": [{"size": "1"}, {"size": "4"}, {"size": "4"}, {"size": "1"}]}}),
             *(node(name, "Const", dtype={"type": kind}) for name, kind in (("k", "DT_FLOAT"), ("b", "DT_FLOAT"), ("a", "DT_INT32"), ("e", "DT_INT32"))),
             node("c", "_FusedConv2D", ["x", "k", "b"], strides=four, padding={"s": "U0FNRQ=="}, fused_ops={"list": {"s": ["Qmlhc0FkZA==", "UmVsdQ=="]}}),
             node("s", "StridedSlice", ["c", "a", "e", "e"], end_mask={"i": "2"}, shrink_axis_mask={"i": "1"}), node("y", "Softmax", ["s"])]
    kinds = (("k", [3, 3, 1, 2], "float32"), ("b", [2], "float32"), ("a", [2], "int32"), ("e", [2], "int32"))
    text = json.dumps({"modelTopology": {"node": nodes}, "signature": {"outputs": {"y": {"name": "y:0"}}},
                       "weightsManifest": [{"paths": ["a.bin"], "weights": [{"name": name, "shape": shape, "dtype": kind} for name, shape, kind in kinds]}]})
    drawn = text.encode() + b"\0" + struct.pack("<20f4i", *[0.5] * 20, 0, 0, 1, 1)
    return [drawn, model(graph, weights, [["x", 0, 0], ["d", 0, 0]]),
            model(words, [("e/embeddings", [5, 3]), *parts, ("g/kernel", [4, 6]), ("g/recurrent_kernel", [2, 6]), ("g/bias", [2, 6]), ("t/kernel", [2, 2]), ("t/bias", [2])])]


def hdf5_seeds():
    """Two datasets, x (2, 3) and y (2), as h5py 3.7 writes them: contiguous, deflated in chunks, in the oldest format."""
    stored = [
        "c-rgqaB<`1lHy|K;9!7(|4{Io3BoskiaYW-ZSePS31U(xcj3)O#uZFL$QogQi;01efq{*O0Z1`c9EKVL<ySsugbG+NkPWi9;_iZ-1T>IQg@J*I"
        "iIEZNY6fN~jm~ElVPF(gkY`{4^As4wIT*z2fh<;_Yniz?fIeYiJP&o71k9oZ41*ppvhFd0GVK@`8i4o!5Hr{V{b&ylBN1SDFe1VT9yUA-i~_(E"
        "01Ff3u=osB1WzD47=|pcxRP-T99BRK0QcuLAp",
        "c-rgqaB<`1lHy|K;9!7(|4<Oh4B;C<#nV++Tlssq1TiU;yYOZs;|eArWQ{Pu#l*nKz`(}C0Hhcz4nvKB@+%#gpaK>QWP|0#@jt*$0vgDu!oa}9"
        "#K;IU7V3HibUw2P1EZjVJOc}ur@$c2!604_WU&HW%goFz!@$VI401RlSOp`T1<}s|^eGDy12ZEdGYd1<c}A$A4GaSh8kU;4IeNG-F!FK1{QM8<"
        "z8lHef)#Pe2@MTwY}VEcOvf1hwj`_-baQlZVqk=M;x&{O29r8aGep5;ZPKU9AOjd0nR&R%zI|h0Yi68#kRe4L9{M7{kY+@LK0MTU7#IbBX$uzG"
        ";85lQha#gdG)mw}ZwJGW1&60FG%|qG3j+fHg{Vk>",
        "c-rgqaB<`1lHy_j0S*oZ76t(ZWbhvfR<NP+Ve$!3nh{EOK<O1sFmXn(oCH){5NbZUx{x4OSCH!eXaHu90Skmib=@c!DZs<kF#tqIK>4urbb<+0"
        "T?Le`L`#<rWZKKfzzQ*g5ysbm&`b~knDxw18lBG!bSX%spn^ODBnc}ph;uNA*F)u5892c5OiU01IiNmcW~^XE^(nd!2L=TD`MWRzeaQjkD=_0%"
        "56iC;SVz+^7GTG~&;Y~-fSAD^7@GE&=?xP9jEt!14Ux_Sz)A&x5duqJ_|w$_Xi3h2=9CG8HjqFb004|YGok"]
    return [zlib.decompress(base64.b85decode(one)) for one in stored]


def sound_seeds():
    """Two frames as WAV in integers and floating point, as AIFF and AU, and what sox writes where it is."""
    def wav(kind, bits, data):
        form = struct.pack("<HHIIHH", kind, 2, 8000, 2000 * bits, bits // 4, bits)
        return b"RIFF" + struct.pack("<I", 36 + len(data)) + b"WAVEfmt " + struct.pack("<I", 16) + form + b"data" + struct.pack("<I", len(data)) + data
    common = struct.pack(">hIh", 1, 2, 16) + bytes([0x40, 0x0b, 0xfa, 0, 0, 0, 0, 0, 0, 0])
    aiff = b"AIFFCOMM" + struct.pack(">I", 18) + common + b"SSND" + struct.pack(">III", 12, 0, 0) + b"\1\2\3\4"
    made = [wav(1, 16, b"\1\2\3\4\5\6\7\x88"), wav(3, 32, struct.pack("<4f", 0.5, -1, 0.25, 0)), wav(7, 8, b"\1\2\3\4"),
            b"FORM" + struct.pack(">I", len(aiff)) + aiff, b".snd" + struct.pack(">5I", 24, 4, 3, 8000, 1) + b"\1\2\3\4"]
    for kind in (["-t", "flac"], ["-t", "ogg"], ["-e", "ms-adpcm", "-t", "wav"], ["-t", "caf"]) if shutil.which("sox") else ():
        done = subprocess.run(["sox", "-D", "-n", "-r", "8000", *kind, "-", "synth", "0.02", "sine", "440"], capture_output=True)
        made += [done.stdout] * (done.returncode == 0)
    return made


def picture_seeds():
    """A PNG of 3 x 2, the same interlaced with a palette, and the JPEG of tests/data/picture_files.hpp."""
    def part(name, content):
        return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))

    def png(header, *parts):
        return b"\x89PNG\r\n\x1a\n" + b"".join(part(*one) for one in ((b"IHDR", struct.pack(">II5B", *header)), *parts, (b"IEND", b"")))
    rows = zlib.compress(bytes([0, *range(9), 1, *range(9)]))
    text = (FOLDER.parent / "data" / "picture_files.hpp").read_text()
    jpeg = text[text.index("> jpeg{") + 7:]
    return [png((3, 2, 8, 2, 0, 0, 0), (b"IDAT", rows)), png((3, 2, 16, 6, 0, 0, 0), (b"IDAT", zlib.compress(bytes(50)))),
            png((2, 2, 8, 3, 0, 0, 1), (b"PLTE", bytes(range(12))), (b"tRNS", b"\x80"), (b"IDAT", zlib.compress(bytes([0, 1, 0, 2, 0, 3, 0])))),
            bytes(int(value) for value in jpeg[:jpeg.index("}")].split(","))]


IDX = bytes([0, 0, 8, 3, 0, 0, 0, 2, 0, 0, 0, 1, 0, 0, 0, 3, 1, 2, 3, 4, 5, 6])
CHECKPOINT = {"seed": "1", "epochs": "1", "updates": "7", "schedule": "", "loss": "", "optimizer": "", "architecture": ""}
LSTM = {"type": "lstm", "shape": [None, None, 1], "activation": "", "weights": [[[0.1] * 4] * 2, [[0.1] * 4], [0.0] * 4]}
SEEDS = {
    "npy": [npy("(2, 3)"), npy("(2, 3)", ">i4", "True"), npy("(0, 5)", "|b1")],
    "npz": [npz()],
    "gzip": [gzip.compress(IDX), gzip.compress(b"a" * 100) + gzip.compress(b"b"), IDX],
    "idx": [IDX, gzip.compress(IDX), bytes([0, 0, 8, 1, 0, 0, 0, 2, 1, 0])],
    "csv": [b"\x06a,b\n1,x\n\"2\",\"y\"\"\"\n", b"\x10" + b"1,,-3e5\n+4,5,6\n", b"\x02" + gzip.compress(b"a,b\n1,2\n")],
    "scikit_learn": [b"2,2,a,b\n1,2,0\n3,4,1\n"],
    "safetensors": [safetensors([("a", [1], 4), ("b", [0, 7], 0)], {"k": "v"})],
    "checkpoint": [safetensors([("dense/bias", [1], 4), ("dense/kernel", [2, 1], 8), ("optimizer/0/dense/bias", [1], 4),
                                ("optimizer/0/dense/kernel", [2, 1], 8)], CHECKPOINT)],
    "keras_json": [json.dumps({"in_shape": [None, None, 1], "layers": [
        {"type": "conv1d", "activation": "tanh", "num_filters_in": 1, "num_filters_out": 2, "kernel_size": [2],
         "dilation": [1], "strides": [1], "padding": "causal", "shape": [None, None, 2],
         "weights": [[[[0.1, 0.2]], [[0.3, 0.4]]], [0.0, 0.1]]}, LSTM,
        {"type": "time-distributed-dense", "activation": "", "shape": [None, None, 1], "weights": [[[0.5]], [0.25]]}]}).encode()],
    "state_dict": [json.dumps({"g.weight_ih_l0": [[0.1]] * 3, "g.weight_hh_l0": [[0.1]] * 3, "g.bias_ih_l0": [0.1] * 3,
                               "g.bias_hh_l0": [0.1] * 3, "d.weight": [[1.5]], "d.bias": [0.5]}).encode(),
                   safetensors([("d.bias", [1], 4), ("d.weight", [1, 1], 4)])],
    "torch": [path.read_bytes() for path in sorted(FOLDER.parent.glob("interchange/torch_files/*.pt"))],
    "import": [*onnx_seeds(), *tflite_seeds()],
    "keras": keras_seeds(),
    "onnx": onnx_seeds(),
    "tflite": tflite_seeds(),
    "llama2c": [b"\0" + struct.pack("<7i", 4, 8, 1, 2, 1, 5, 6) + b"\0" * 2048,
                b"\1" + struct.pack("<i", 7) + b"".join(struct.pack("<fi", -n, len(piece)) + piece for n, piece in enumerate(
                    [b"<unk>", b"<s>", b"</s>", *(b"<0x%02X>" % byte for byte in range(256)), b" ", b"a", b" a"]))],
    "hugging_face": [*(b"\0" + path.read_bytes() for path in sorted(FOLDER.parent.glob("interchange/hugging_face/*"))
                       if path.suffix != ".json"),
                     *(b"\1" + path.read_bytes() for path in sorted(FOLDER.parent.glob("interchange/hugging_face/*.json")))],
    "word_piece": ["[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\nun\n##aff\n##able\n,\n\0Un\xe1ffable, [MASK] \u6211".encode()],
    "byte_pair": [b', "th": 256, " th": 257, "the": 258}\0t h\nth e\n\0the thing\'s  1\n\xff the'.replace(b'" th"', '"\u0120th"'.encode())],
    "cifar": [b"\0" + bytes([3]) + bytes(3072), b"\1" + bytes([3, 50]) + bytes(3072), b"\0" + gzip.compress(bytes([9]) + bytes(3072) + bytes([1]) + bytes(3072))],
    "hdf5_set": hdf5_seeds(),
    "picture": picture_seeds(),
    "sound": sound_seeds(),
    "nam": [json.dumps({"version": "0.5.4", "architecture": "LSTM", "sample_rate": 48000,
                        "config": {"input_size": 1, "hidden_size": 2, "num_layers": 1}, "weights": [0.1] * 39}).encode(),
            *(path.read_bytes() for path in sorted(FOLDER.parent.glob("interchange/nam/*.nam")) if path.stem != "a2")],
}


def program_objects(compiler, folder, jobs):
    """The program's sources as objects, or what the compiler says."""
    with ONCE:
        if not OBJECTS:
            made = [str(folder / f"program{number}.o") for number in range(len(SOURCES))]
            tasks = [([compiler, *FLAGS, "-c", str(source), "-o", one],) for source, one in zip(SOURCES, made)]
            output = [text for _, (code, text) in harness.run_all(harness.run, tasks, jobs) if code != 0]
            OBJECTS.update({"objects": made, "output": "\n".join(output)})
    return OBJECTS["objects"], OBJECTS["output"]


def build(compiler, target, folder, jobs):
    """What the compiler says, or nothing."""
    objects, output = program_objects(compiler, folder, jobs) if target in OF_PROGRAM else ([], "")
    if output:
        return output
    code, output = harness.run([compiler, *FLAGS, str(FOLDER / f"{target}.cpp"), *objects, "-o", str(folder / target), *LIBRARIES, *MORE.get(target, [[]])[0]])
    return output if code != 0 else ""


def fuzz(target, folder, corpus, seconds):
    """Findings as text, or nothing; and how many inputs were tried."""
    where = (corpus or folder / "corpus") / target
    where.mkdir(parents=True, exist_ok=True)
    for number, seed in enumerate(SEEDS[target]):
        (where / f"seed{number}").write_bytes(seed)
    prefix = folder / f"{target}-found-"
    ours = f"LSAN_OPTIONS=print_suppressions=0:suppressions={FOLDER / 'leaks.txt'}"
    code, output = harness.run(["env", ours, str(folder / target), str(where), f"-max_total_time={seconds}", "-timeout=20",
                                "-max_len=4096", "-rss_limit_mb=1024", "-malloc_limit_mb=256", f"-artifact_prefix={prefix}"],
                               timeout=seconds + 300)
    if code == 0:
        return "", output.rsplit("Done ", 1)[-1].split(" ")[0]
    found = [f"{path.name}: {path.read_bytes().hex()}" for path in folder.glob(f"{target}-found-*")]
    return "\n".join(output.splitlines()[-60:] + found), "0"


def work(compiler, target, folder, corpus, seconds, jobs):
    output = build(compiler, target, folder, jobs)
    return (output, "0") if output else fuzz(target, folder, corpus, seconds)


def main():
    parser = harness.parser(__doc__)
    parser.add_argument("--seconds", type=int, default=10, help="for each target")
    parser.add_argument("--targets", nargs="+", choices=sorted(SEEDS), default=sorted(SEEDS))
    parser.add_argument("--corpus", type=pathlib.Path, help="a folder that keeps inputs from run to run")
    harness.add_turns(parser)
    arguments = parser.parse_args()
    compiler = next((c for c in arguments.compilers if harness.kind(c) == "clang" and shutil.which(c)), None)
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        empty = folder / "empty.cpp"
        empty.write_text("extern \"C\" int LLVMFuzzerTestOneInput(const unsigned char*, unsigned long) { return 0; }\n")
        if compiler is None or harness.run([compiler, "-fsanitize=fuzzer,address", str(empty), "-o", str(folder / "empty")])[0]:
            print("skipped: no clang++ with libFuzzer (Debian: clang-19, libclang-rt-19-dev)")
            sys.exit(harness.SKIPPED)
        targets = harness.in_parts(list(arguments.targets), arguments.turns, 6)
        if OF_PROGRAM & set(targets) and harness.run([compiler, "-fsyntax-only", "-x", "c++", "-"], text=NEEDED)[0]:
            print("left out: import, keras, onnx, tflite: no protozero or no FlatBuffers (Debian: libprotozero-dev, libflatbuffers-dev)")
            targets = [target for target in targets if target not in OF_PROGRAM]
        for target, (flags, header) in MORE.items():
            if target in targets and harness.run([compiler, *flags[:1], "-fsyntax-only", "-x", "c++", "-"], text=f"#include <{header}>\n")[0]:
                print(f"left out: {target}: no {header}")
                targets.remove(target)
        failures = 0
        tasks = [(compiler, target, folder, arguments.corpus, arguments.seconds, arguments.jobs) for target in targets]
        for (_, target, *_), (found, count) in harness.run_all(work, tasks, arguments.jobs):
            failures += bool(found)
            print(f"FAILED {target}\n{found}" if found else f"passed {target}: {count} inputs", flush=True)
    harness.finish(failures, len(tasks), "readers")


if __name__ == "__main__":
    main()
