// SPDX-License-Identifier: BSL-1.0
/// @file gnuplot.hpp
/// Runs the program gnuplot, where it is installed (Debian: gnuplot-nox), to draw pictures. No shell is involved.
#pragma once
#include <archetype/error.hpp>
#include <archetype/instruction_set.hpp>
#include <cstdio>
#include <memory>
#include <string>
#if __has_include(<spawn.h>)
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>
#endif

namespace archetype::inline ARCHETYPE_INSTRUCTION_SET {

/// Runs gnuplot with these commands.
/// @returns false if there is no gnuplot here
/// @throws std::runtime_error with gnuplot's message if it refuses them (or cannot write its file)
inline bool run_gnuplot(const std::string& commands) {
#if __has_include(<spawn.h>)
    struct close {
        void operator()(std::FILE* file) const { std::fclose(file); }
    };
    const std::unique_ptr<std::FILE, close> input(std::tmpfile()), output(std::tmpfile());
    if (!input || !output ||
        std::fwrite(commands.data(), 1, commands.size(), input.get()) != commands.size() ||
        std::fseek(input.get(), 0, SEEK_SET) != 0)
        throw detail::thrown<std::runtime_error>("run_gnuplot: expected a temporary file, found none");

    posix_spawn_file_actions_t files;
    posix_spawn_file_actions_init(&files);
    posix_spawn_file_actions_adddup2(&files, fileno(input.get()), STDIN_FILENO);
    posix_spawn_file_actions_adddup2(&files, fileno(output.get()), STDOUT_FILENO);
    posix_spawn_file_actions_adddup2(&files, fileno(output.get()), STDERR_FILENO);
    char name[] = "gnuplot";
    char* arguments[] = {name, nullptr};
    pid_t process = 0;
    const bool started = posix_spawnp(&process, name, &files, nullptr, arguments, environ) == 0;
    posix_spawn_file_actions_destroy(&files);
    if (!started) return false;
    int status = 0;
    waitpid(process, &status, 0);
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0) return true;
    std::string message;
    if (std::fseek(output.get(), 0, SEEK_SET) != 0) message = "none that can be read";
    for (int c = std::fgetc(output.get()); c != EOF; c = std::fgetc(output.get()))
        message += static_cast<char>(c);
    throw detail::thrown<std::runtime_error>("run_gnuplot: expected a picture, found: " + message);
#else
    (void)commands;
    return false;
#endif
}

}  // namespace archetype::inline ARCHETYPE_INSTRUCTION_SET

namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET {

/// A text as gnuplot takes it.
inline std::string gnuplot_quoted(const std::string& text) {
    std::string quoted = "'";
    for (const char c : text) quoted += c == '\'' ? "''" : c == '\n' ? " " : std::string(1, c);
    return quoted + "'";
}

/// The first commands of a picture.
inline std::string gnuplot_png(const std::string& path, std::size_t width, std::size_t height) {
    return "set terminal pngcairo noenhanced size " + std::to_string(width) + "," + std::to_string(height) +
           "\nset output " + gnuplot_quoted(path) + "\n";
}

}  // namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET
