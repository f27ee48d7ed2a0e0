# SPDX-License-Identifier: BSL-1.0
"""Conan 2 recipe: `conan create packaging/conan` from the project's folder."""
import os
import re

from conan import ConanFile
from conan.tools.build import check_min_cppstd
from conan.tools.files import copy, load


class ArchetypeConan(ConanFile):
    name = "archetype"
    description = "Neural-network architectures as C++ types"
    license = "BSL-1.0"
    topics = ("neural-networks", "simd", "embedded", "header-only")
    package_type = "header-library"
    settings = "os", "arch", "compiler", "build_type"
    options = {"host": [True, False]}
    default_options = {"host": False}
    no_copy_source = True

    def set_version(self):
        project = load(self, os.path.join(self.recipe_folder, "..", "..", "CMakeLists.txt"))
        self.version = re.search(r"project\(archetype VERSION ([\d.]+)", project)[1]

    def export_sources(self):
        root = os.path.join(self.recipe_folder, "..", "..")
        for pattern in ("include/*", "LICENSE"):
            copy(self, pattern, root, self.export_sources_folder)

    def requirements(self):
        self.requires("boost/[>=1.74 <2]", options={"header_only": True})
        if self.options.host:
            self.requires("xtensor/[>=0.24.3 <0.28]")
            self.requires("xsimd/[>=8.1 <15]")
            self.requires("rapidjson/[*]")
            self.requires("zlib/[>=1.2 <2]")
            self.requires("libzip/[>=1.7 <2]")
            self.requires("onetbb/[>=2021]")

    def validate(self):
        check_min_cppstd(self, 20)

    def package(self):
        copy(self, "*.hpp", os.path.join(self.source_folder, "include"), os.path.join(self.package_folder, "include"))
        copy(self, "LICENSE", self.source_folder, os.path.join(self.package_folder, "licenses"))

    def package_info(self):
        self.cpp_info.bindirs = self.cpp_info.libdirs = []
        self.cpp_info.set_property("cmake_target_name", "archetype::archetype")

    def package_id(self):
        self.info.clear()
