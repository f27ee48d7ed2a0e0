// SPDX-License-Identifier: BSL-1.0
/// @file sound_folder.hpp
/// A folder of sounds with a folder for each class.
#pragma once
#include <archetype/data/class_folders.hpp>
#include <archetype/data/dataset.hpp>
#include <archetype/data/sounds/sound_file.hpp>

namespace archetype::inline ARCHETYPE_INSTRUCTION_SET {

struct sound_folder_options {
    std::size_t frames = 0;  ///< of each sample; 0: as many as the first file has
    bool pad = false;        ///< shorter sounds get zeros at their end; else they are an error
    sound_options sound = {};
};

/// What `read_sound_folder` finds.
struct sound_folder {
    dataset data;                              ///< [sample][0][frame][channel]: for input<frames, channels>
    std::size_t rate = 0;                      ///< frames per second of all files
    std::vector<std::string> classes;          ///< names of the folders, sorted
    std::vector<std::filesystem::path> files;  ///< of each sample
};

/// Reads "folder/class/sound": classes and sounds in the order of their names' bytes. All have one rate and as many channels.
/// @throws file_error if a file is no sound, is longer than `frames`, or shorter without `pad`, rates or channels differ, a class
///         has none, or there are no classes
inline sound_folder read_sound_folder(const std::filesystem::path& folder,
                                      const sound_folder_options& options = {}) {
    detail::class_folders found = detail::list_class_folders(folder, "sound");
    sound_folder result;
    sound_options each = options.sound;
    std::size_t frames = options.frames, channels = 0;
    const std::size_t count = found.files.size();
    for (std::size_t n = 0; n < count; ++n) {
        const std::string name = found.files[n].string();
        const sound read = read_sound(found.files[n], each);
        if (n == 0) {
            each.rate = result.rate = read.rate;
            each.channels = channels = read.samples.shape()[1];
            if (frames == 0) frames = read.samples.shape()[0];
            if (frames == 0) throw file_error({name, "at least one frame", "none"});
            const std::uint64_t most = options.sound.limits.decompressed_bytes;
            if (frames > most / (4 * channels) || count > most / (4 * channels * frames))
                throw file_error(
                    {folder.string(),
                     "at most " + std::to_string(most) + " bytes (read_limits::decompressed_bytes)",
                     std::to_string(count) + " sounds of " + std::to_string(frames) + " frames"});
            result.data.samples = xt::zeros<float>({count, std::size_t{1}, frames, channels});
        }
        const std::size_t has = read.samples.shape()[0];
        if (has > frames || (has < frames && !options.pad))
            throw file_error({name,
                              (options.pad ? "at most " : "") + std::to_string(frames) + " frames" +
                                  (has < frames ? " (sound_folder_options::pad fills up)" : ""),
                              std::to_string(has)});
        std::copy(read.samples.begin(), read.samples.end(),
                  result.data.samples.data() + n * frames * channels);
    }
    result.data.labels = xt::xtensor<std::int32_t, 1>::from_shape({count});
    std::copy(found.labels.begin(), found.labels.end(), result.data.labels.begin());
    result.classes = std::move(found.classes);
    result.files = std::move(found.files);
    return result;
}

}  // namespace archetype::inline ARCHETYPE_INSTRUCTION_SET
