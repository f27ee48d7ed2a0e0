#!/usr/bin/env bash
# SPDX-License-Identifier: BSL-1.0
# HDF5 1.10.8 (Debian 12): a file that is opened from its bytes in memory (H5Pset_file_image, the core driver, read only) lies in
# memory three times: the bytes, a copy that H5Pset_file_image makes for the property list, and one more that H5Fopen makes.
# Guessed: one copy, or none, as nothing is written. Seen for an image of 95 MiB (archives such as .keras hold such images):
#   set_file_image 1 image more, open 1 image more
# H5Pset_file_image_callbacks with functions that hand on the same buffer avoid both. Fails if this changes.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
for pinned in python3-h5py=3.7.0-8 libhdf5-103-1=1.10.8+repack1-1; do
    [ "$(dpkg-query -W -f '${Version}' "${pinned%%=*}" 2>/dev/null)" = "${pinned##*=}" ] ||
        apt-get install -y -qq --no-install-recommends "$pinned" >/dev/null
done
cd "$folder"
cat >image.py <<'PYTHON'
import h5py
import numpy


def resident():
    with open("/proc/self/status") as status:
        return next(int(line.split()[1]) for line in status if line.startswith("VmRSS")) * 1024


with h5py.File("large.h5", "w") as file:
    file.create_dataset("x", data=numpy.zeros(25_000_000, "f4"))
with open("large.h5", "rb") as file:
    image = file.read()
access = h5py.h5p.create(h5py.h5p.FILE_ACCESS)
access.set_fapl_core(1 << 16, False)
before = resident()
access.set_file_image(image)
given = resident()
opened = h5py.h5f.open(b"in memory", h5py.h5f.ACC_RDONLY, access)
images = [(b - a) / len(image) for a, b in ((before, given), (given, resident()))]
print("set_file_image {:.0f} image more, open {:.0f} image more".format(*images))
PYTHON
seen=$(/usr/bin/python3 image.py)
printf '%s\n' "$seen"
[ "$seen" = "set_file_image 1 image more, open 1 image more" ]
