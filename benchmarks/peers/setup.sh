#!/usr/bin/env bash
# SPDX-License-Identifier: BSL-1.0
# Installs the libraries that benchmarks/run.py compares with. Debian 12, as root or with sudo; does nothing twice.
#   benchmarks/peers/setup.sh [FOLDER]    FOLDER is where ONNX Runtime goes (default: ~/.cache/archetype-peers)
set -euo pipefail
folder=$(realpath -m "${1:-$HOME/.cache/archetype-peers}")
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
. scripts/packages.sh
install_packages g++ clang-19 python3 python3-torch python3-torchvision python3-onnx libdnnl-dev libdlib-dev libopenblas-dev tiny-dnn libcereal-dev \
    libgemmlowp-dev libstb-dev libboost-dev libxsimd-dev libxtensor-dev rapidjson-dev zlib1g-dev miscfiles npm
if [ ! -e "$folder"/node_modules/onnxruntime-node/package.json ]; then
    mkdir -p "$folder"
    # Its install script only fetches parts for graphics cards.
    npm install --prefix "$folder" --no-fund --no-audit --ignore-scripts onnxruntime-node@1.30 >/dev/null
fi
# Debian's tiny-dnn includes stb by the path it has in tiny-dnn's own repository.
mkdir -p "$folder/include/third_party"
ln -sfn /usr/include/stb "$folder/include/third_party/stb"
