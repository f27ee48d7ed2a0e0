# SPDX-License-Identifier: BSL-1.0
"""Readers beside the loaders of torchvision, scikit-learn, SciPy, h5py and ImageMagick, on the same files: made by Pillow,
ImageMagick, h5py and sox, and of scikit-learn.

    /usr/bin/python3 tests/data/loaders/check.py

What needs a loader that is not there is skipped (Debian: python3-torchvision, python3-sklearn, python3-scipy, python3-h5py,
imagemagick, sox), and all without libpng-dev, libjpeg-dev, libsndfile1-dev and libhdf5-dev.
"""
import importlib
import os
import pathlib
import pickle
import shutil
import struct
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[3]
sys.path.insert(0, str(ROOT / "tools"))
import harness

# Debian's modules are those of Debian's Python.
if not os.environ.get("LOADERS") and pathlib.Path("/usr/bin/python3").exists() and os.path.realpath(sys.executable) != os.path.realpath("/usr/bin/python3"):
    os.execve("/usr/bin/python3", ["/usr/bin/python3", *sys.argv], {**os.environ, "LOADERS": "1"})
def module(name):
    try:
        return importlib.import_module(name)
    except ImportError:
        return None


numpy, image, wavfile, datasets, torchvision, h5py = map(module, ("numpy", "PIL.Image", "scipy.io.wavfile", "sklearn.datasets", "torchvision", "h5py"))
if numpy is None:
    print("skipped: no numpy")
    sys.exit(harness.SKIPPED)


def pictures(folder):
    """Colours, grey, a palette and JPEG, by class."""
    random = numpy.random.default_rng(1)
    color = random.integers(0, 256, (8, 16, 3), dtype=numpy.uint8)
    images = {"b/1.png": image.fromarray(color), "b/2.png": image.fromarray(color[:, :, 0]),
              "b/3.png": image.fromarray(random.integers(0, 256, (8, 16, 4), dtype=numpy.uint8)),
              "a/x.jpg": image.fromarray(color), "a/y.png": image.fromarray(color).quantize(9),
              "c/z.jpg": image.fromarray(color[:, :, 1])}
    for name, picture in images.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        picture.save(folder / name)
    loaded = torchvision.datasets.ImageFolder(folder, torchvision.transforms.ToTensor())
    return numpy.stack([picture.numpy().transpose(1, 2, 0) for picture, _ in loaded]), [label for _, label in loaded]


def cifar(folder, kind):
    """Binary records beside the pickled ones that torchvision reads."""
    random = numpy.random.default_rng(2)
    planes = random.integers(0, 256, (7, 3072), dtype=numpy.uint8)
    fine, coarse = random.integers(0, 10, 7), random.integers(0, 20, 7)
    class Loaded(torchvision.datasets.CIFAR10 if kind == "cifar10" else torchvision.datasets.CIFAR100):
        base_folder, train_list, test_list = "", [["batch", None]], []
        meta = {"filename": "meta", "key": "names", "md5": None}
    (folder / "meta").write_bytes(pickle.dumps({"names": [str(i) for i in range(100)]}))
    (folder / "batch").write_bytes(pickle.dumps({"data": planes, "labels" if kind == "cifar10" else "fine_labels": fine.tolist()}))
    records = [bytes([label] if kind == "cifar10" else [group, label]) + plane.tobytes() for label, group, plane in zip(fine, coarse, planes)]
    (folder / "records").write_bytes(b"".join(records))
    loaded = Loaded(folder, transform=torchvision.transforms.ToTensor())
    return numpy.stack([picture.numpy().transpose(1, 2, 0) for picture, _ in loaded]), [label for _, label in loaded]


def idx(folder):
    random = numpy.random.default_rng(3)
    pixels, labels = random.integers(0, 256, (5, 28, 28), dtype=numpy.uint8), random.integers(0, 10, 5).astype(numpy.uint8)
    (folder / "images").write_bytes(struct.pack(">4B3I", 0, 0, 8, 3, 5, 28, 28) + pixels.tobytes())
    (folder / "labels").write_bytes(struct.pack(">4BI", 0, 0, 8, 1, 5) + labels.tobytes())
    of = torchvision.datasets.mnist
    return of.read_image_file(folder / "images").numpy(), of.read_label_file(folder / "labels").numpy()


def has_imagemagick():
    found = shutil.which("convert", path="/usr/bin")
    return found and "ImageMagick" in subprocess.run([found, "-version"], stdout=subprocess.PIPE, text=True, check=False).stdout


def converted(folder):
    """Path and values of pictures in forms that files of other people have, as ImageMagick reads them; alpha is left out."""
    numpy.random.default_rng(5).integers(0, 256, (24, 40, 3), dtype=numpy.uint8).tofile(folder / "noise.rgb")
    source = ["-size", "40x24", "-depth", "8", f"rgb:{folder / 'noise.rgb'}"]
    for name, more in {"interlaced.png": ["-interlace", "PNG"], "deep.png": ["-define", "png:bit-depth=16", "-define", "png:color-type=2"],
                       "grey.png": ["-colorspace", "Gray", "-define", "png:color-type=0"], "bits.png": ["-monochrome", "-define", "png:bit-depth=1"],
                       "palette.png": ["-colors", "4", "-type", "Palette"], "grey_alpha.png": ["-colorspace", "Gray", "-alpha", "set", "-channel", "A", "-fx", "i/w", "+channel", "-define", "png:color-type=4"],
                       "alpha.png": ["-alpha", "set", "-channel", "A", "-fx", "i/w", "+channel", "-define", "png:color-type=6"],
                       "progressive.jpg": ["-interlace", "JPEG", "-quality", "80"], "halves.jpg": ["-sampling-factor", "4:2:0"],
                       "whole.jpg": ["-sampling-factor", "4:4:4", "-quality", "95"], "grey.jpg": ["-colorspace", "Gray"]}.items():
        subprocess.run(["/usr/bin/convert", *source, *more, folder / name], check=True)
        read = subprocess.run(["/usr/bin/convert", folder / name, "-alpha", "off", "-colorspace", "sRGB", "-depth", "8", "rgb:-"],
                              stdout=subprocess.PIPE, check=True).stdout
        yield folder / name, numpy.frombuffer(read, numpy.uint8)


def hdf5(folder):
    """Chunks, gzip and shuffled bytes, other kinds of numbers."""
    random = numpy.random.default_rng(6)
    for name, kind, how in (("plain.h5", "f4", {}), ("chunks.h5", "f8", {"chunks": (3, 4, 5, 1)}), ("gzip.h5", "u1", {"chunks": True, "compression": "gzip", "shuffle": True}),
                            ("half.h5", "f2", {"compression": "gzip", "fletcher32": True})):
        samples, labels = random.integers(0, 200, (11, 4, 5, 2)).astype(kind), random.integers(0, 3, 11)
        with h5py.File(folder / name, "w") as file:
            file.create_dataset("x", data=samples, **how)
            file.create_dataset("y", data=labels.astype("u1" if kind == "u1" else "i8"))
        yield folder / name, samples, labels


def sounds(folder):
    """Path and values of files by sox; what SciPy cannot read is compared with the WAV of the same numbers."""
    for name, more in {"stereo.wav": ["-c", "2", "-b", "16"], "deep.wav": ["-c", "1", "-b", "24"], "real.wav": ["-c", "1", "-e", "floating-point", "-b", "32"],
                       "unsigned.wav": ["-c", "1", "-e", "unsigned-integer", "-b", "8"]}.items():
        subprocess.run(["sox", "-D", "-n", "-r", "8000", *more, folder / name, "synth", "0.05", "sine", "440"], check=True)
    for name in "stereo.flac", "stereo.aiff":
        subprocess.run(["sox", "-D", folder / "stereo.wav", folder / name], check=True)
    for name in "stereo.wav", "deep.wav", "real.wav", "unsigned.wav", "stereo.flac", "stereo.aiff":
        values = wavfile.read(folder / name.replace("flac", "wav").replace("aiff", "wav"))[1]
        kind, values = values.dtype, values.astype(numpy.float64)
        scaled = {"int16": values / 2**15, "int32": values / 2**31, "uint8": (values - 128) / 128}.get(str(kind), values)
        yield folder / name, scaled.reshape(len(values), -1)


def main():
    harness.parser(__doc__).parse_args()
    failures = done = 0
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        program = folder / "program"
        code, output = harness.run(["g++", "-std=c++20", "-O0", f"-I{harness.INCLUDE}", pathlib.Path(__file__).parent / "program.cpp", "-o", program,
                                    "-lpng", "-ljpeg", "-lsndfile", "-lz", *subprocess.run(["pkg-config", "--cflags", "--libs", "hdf5"], stdout=subprocess.PIPE, text=True, check=True).stdout.split()])
        if code:
            sys.exit(output[-4000:])

        def compare(kind, path, samples, targets=(), apart=0.0):
            nonlocal failures, done
            text, _, raw = subprocess.run([program, kind, path], stdout=subprocess.PIPE, check=True).stdout.partition(b"\n")
            *shape, count = map(int, text.split())
            read = numpy.frombuffer(raw, numpy.float32)
            samples, targets = numpy.asarray(samples, numpy.float64), numpy.asarray(targets, numpy.float64)
            size = read.size - count
            same = size == samples.size and count == targets.size
            most = max(abs(read[:size] - samples.ravel()).max(), abs(read[size:] - targets).max(initial=0)) if same else numpy.inf
            done += 1
            failures += not most <= apart
            print("passed" if most <= apart else "FAILED", kind, path.name, f"{shape}, {count} targets, apart at most {most:.2g}")

        for kind in "pictures", "picture", "cifar10", "cifar100", "idx", "sound", "hdf5":
            (folder / kind).mkdir()
        if torchvision and image:
            compare("pictures", folder / "pictures", *pictures(folder / "pictures"), apart=1e-7)
            for kind in "cifar10", "cifar100":
                compare(kind, folder / kind / "records", *cifar(folder / kind, kind), apart=1e-7)
            compare("idx", folder / "idx", *idx(folder / "idx"))
        else:
            print("skipped: pictures by Pillow, CIFAR, IDX: no torchvision")
        for path, values in converted(folder / "picture") if has_imagemagick() else ():
            compare("picture", path, values)
        if image:  # colours become grey as with Pillow
            for path in sorted((folder / "picture").glob("*.*g")):
                compare("gray", path, numpy.asarray(image.open(path).convert("L")))
        for path, samples, labels in hdf5(folder / "hdf5") if h5py else ():
            compare("hdf5", path, samples, labels)
        for kind in ("digits", "iris", "wine", "diabetes") if datasets else ():
            more = {"scaled": False} if kind == "diabetes" else {}
            loaded = getattr(datasets, f"load_{kind}")(**more)
            of = pathlib.Path(datasets.__file__).parent / "data"
            compare(kind, of, loaded.data / (16 if kind == "digits" else 1), loaded.target, apart=1e-4 if kind in ("wine", "diabetes") else 1e-6)
        for path, values in sounds(folder / "sound") if shutil.which("sox") and wavfile else ():
            compare("sound", path, values, apart=1e-7)
    for what, is_there in ("ImageMagick", has_imagemagick()), ("h5py", h5py), ("scikit-learn", datasets), ("sox and SciPy", shutil.which("sox") and wavfile):
        if not is_there:
            print(f"skipped: no {what}")
    harness.finish(failures, done, "readers")


if __name__ == "__main__":
    main()
