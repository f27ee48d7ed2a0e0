// SPDX-License-Identifier: BSL-1.0
/// @file sound_file.hpp
/// Sounds as WAV files and what else libsndfile reads (FLAC, Ogg, AIFF). `ARCHETYPE_HAS_LIBSNDFILE` is 1 where <sndfile.h> is
/// found (link with -lsndfile) unless defined before; with 0 there is only an error that says so.
#pragma once
#include <archetype/data/file_error.hpp>
#include <archetype/data/read_limits.hpp>
#include <archetype/expression/ieee.hpp>

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#if __has_include(<xtensor/containers/xtensor.hpp>)  // since xtensor 0.26
#include <xtensor/containers/xtensor.hpp>
#else
#include <xtensor/xtensor.hpp>
#endif

#if !defined(ARCHETYPE_HAS_LIBSNDFILE)
#if __has_include(<sndfile.h>)
#define ARCHETYPE_HAS_LIBSNDFILE 1
#else
#define ARCHETYPE_HAS_LIBSNDFILE 0
#endif
#endif
#if ARCHETYPE_HAS_LIBSNDFILE
#include <sndfile.h>

#include <memory>
#endif

namespace archetype::inline ARCHETYPE_INSTRUCTION_SET {

/// What `read_sound` gives.
struct sound {
    std::size_t rate = 0;           ///< frames per second
    xt::xtensor<float, 2> samples;  ///< [frame][channel]; integers of the file are -1 to below 1
};

/// What a sound must be; nothing is converted. 0: anything.
struct sound_options {
    std::size_t rate = 0;      ///< frames per second
    std::size_t channels = 0;  ///< 1 for mono, 2 for stereo
    read_limits limits = {};   ///< `decompressed_bytes` of 4 for each value
};

}  // namespace archetype::inline ARCHETYPE_INSTRUCTION_SET

namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET {

/// libsndfile reads a file that was cut as if it were whole, and says so in its log alone: "data : 16 (should be 12)".
/// Programs that write into a pipe announce about 2^31 bytes or more, as they do not know. @throws file_error
inline void check_sound_log(const std::string& path, const std::string& log) {
    if (const std::size_t at = log.find("\nError"); at != std::string::npos)
        throw file_error({path, "a whole sound", log.substr(at + 1, log.find('\n', at + 1) - at - 1)});
    static constexpr std::string_view wrong = " (should be ";
    for (std::size_t at = log.find(wrong); at != std::string::npos; at = log.find(wrong, at + 1)) {
        const std::size_t begin = log.rfind('\n', at) + 1;
        const std::string line = log.substr(begin, log.find('\n', at) - begin);
        if (line.starts_with("RIFF") || line.starts_with("FORM") || line.starts_with("RF64")) continue;
        const std::size_t number = line.find_first_of("0123456789"), colon = line.find(':');
        const std::string announced =
            number == std::string::npos ? "" : line.substr(number, line.find(wrong) - number);
        if (announced.size() > 10 || (announced.size() == 10 && announced >= "2147000000") ||
            announced == "0")
            continue;
        const std::string found = line.substr(line.find(wrong) + wrong.size());
        throw file_error({path,
                          "\"" + line.substr(0, line.find_last_not_of(' ', colon - 1) + 1) + "\" of " +
                              announced + " bytes",
                          found.substr(0, found.find(')'))});
    }
}

}  // namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET

namespace archetype::inline ARCHETYPE_INSTRUCTION_SET {

/// Reads a whole file. @throws file_error if it is none, was cut, is not as the options say, or has values that are not finite
inline sound read_sound(const std::filesystem::path& path, const sound_options& options = {}) {
    const std::string name = path.string();
#if ARCHETYPE_HAS_LIBSNDFILE
    if (!std::filesystem::is_regular_file(path))
        throw file_error({name, "a file", std::filesystem::exists(path) ? "another thing" : "none"});
    SF_INFO info{};
    const std::unique_ptr<SNDFILE, int (*)(SNDFILE*)> file(sf_open(name.c_str(), SFM_READ, &info), sf_close);
    if (!file) throw file_error({name, "a sound that libsndfile reads", sf_strerror(nullptr)});
    std::string log(1 << 16, '\0');
    const int length = sf_command(file.get(), SFC_GET_LOG_INFO, log.data(), static_cast<int>(log.size()));
    log.resize(length < 0 ? 0 : static_cast<std::size_t>(length));
    detail::check_sound_log(name, log);
    const auto channels = static_cast<std::size_t>(info.channels),
               rate = static_cast<std::size_t>(info.samplerate);
    if (options.rate != 0 && rate != options.rate)
        throw file_error({name, std::to_string(options.rate) + " frames per second (nothing is resampled)",
                          std::to_string(rate)});
    if (options.channels != 0 && channels != options.channels)
        throw file_error({name, std::to_string(options.channels) + " channels", std::to_string(channels)});
    if (info.frames < 0 || info.frames == SF_COUNT_MAX)
        throw file_error({name, "a known number of frames", "none"});
    const auto frames = static_cast<std::uint64_t>(info.frames);
    if (frames > options.limits.decompressed_bytes / (4 * channels))
        throw file_error({name,
                          "at most " + std::to_string(options.limits.decompressed_bytes) +
                              " bytes (read_limits::decompressed_bytes)",
                          std::to_string(frames) + " frames of " + std::to_string(channels) + " channels"});
    sound made{rate, xt::xtensor<float, 2>::from_shape({static_cast<std::size_t>(frames), channels})};
    const sf_count_t read = sf_readf_float(file.get(), made.samples.data(), info.frames);
    if (read != info.frames)
        throw file_error({name, std::to_string(info.frames) + " frames", std::to_string(read)});
    for (const float value : made.samples)
        if (!expression::is_finite(value)) throw file_error({name, "finite values", std::to_string(value)});
    return made;
#else
    (void)options;
    throw file_error({name, "libsndfile (ARCHETYPE_HAS_LIBSNDFILE)", "a build without it"});
#endif
}

}  // namespace archetype::inline ARCHETYPE_INSTRUCTION_SET
