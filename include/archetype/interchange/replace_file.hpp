// SPDX-License-Identifier: BSL-1.0
/// @file replace_file.hpp
/// New content for a file on POSIX systems: the whole of it or none.
#pragma once
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <archetype/data/file_error.hpp>
#include <archetype/data/file_parts.hpp>

#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <ctime>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <system_error>
#include <utility>

namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET {

/// A file descriptor that is closed at the end.
class descriptor {
public:
    explicit descriptor(int number) : number_(number) {}
    descriptor(const descriptor&) = delete;
    descriptor& operator=(const descriptor&) = delete;
    ~descriptor() {
        if (number_ >= 0) ::close(number_);
    }
    int get() const { return number_; }
    explicit operator bool() const { return number_ >= 0; }
    void reset(int number) {
        if (number_ >= 0) ::close(number_);
        number_ = number;
    }
    /// The error of closing, which some systems report only then.
    int close() { return ::close(std::exchange(number_, -1)) == 0 || errno == EINTR ? 0 : errno; }

private:
    int number_;
};

/// Writes everything, or returns errno.
inline int write_all(int file, write_parts parts) {
    for (std::size_t index = 0; index < parts.size(); ++index)
        for (std::span<const std::byte> part = parts[index]; !part.empty();) {
            const ssize_t some = ::write(file, part.data(), part.size());
            if (some < 0 && errno == EINTR) continue;
            if (some < 0) return errno;
            if (some == 0) return EIO;
            part = part.subspan(static_cast<std::size_t>(some));
        }
    return 0;
}

/// Keeps a reader that goes away from ending this program: a broken pipe is an error as others.
class without_broken_pipes {
public:
    without_broken_pipes() {
        sigset_t waiting;
        sigemptyset(&pipe_);
        sigaddset(&pipe_, SIGPIPE);
        sigpending(&waiting);
        was_waiting_ = sigismember(&waiting, SIGPIPE) == 1;
        pthread_sigmask(SIG_BLOCK, &pipe_, &before_);
    }
    without_broken_pipes(const without_broken_pipes&) = delete;
    without_broken_pipes& operator=(const without_broken_pipes&) = delete;
    ~without_broken_pipes() {
        sigset_t waiting;
        sigpending(&waiting);
        int taken = 0;
        if (!was_waiting_ && sigismember(&waiting, SIGPIPE) == 1) sigwait(&pipe_, &taken);
        pthread_sigmask(SIG_SETMASK, &before_, nullptr);
    }

private:
    sigset_t pipe_, before_;
    bool was_waiting_ = false;
};

/// A device or FIFO: nothing to replace.
inline std::optional<file_failure> write_into(const std::filesystem::path& path, bool fifo,
                                              write_parts parts) {
    const auto failure = [&](std::string found) {
        return file_failure{path.string(), "a file that can be written", std::move(found)};
    };
    // Without O_NONBLOCK this would wait for a reader that may never come.
    descriptor file(::open(path.c_str(), O_WRONLY | O_CLOEXEC | O_NOCTTY | (fifo ? O_NONBLOCK : 0)));
    if (!file) return failure(errno == ENXIO ? "a FIFO that nobody reads" : std::strerror(errno));
    if (fifo) ::fcntl(file.get(), F_SETFL, ::fcntl(file.get(), F_GETFL) & ~O_NONBLOCK);
    const without_broken_pipes guard;
    int code = write_all(file.get(), parts);
    if (const int closed = file.close(); code == 0) code = closed;
    if (code != 0) return failure(std::strerror(code));
    return std::nullopt;
}

/// Where symbolic links lead, which need not exist.
inline std::filesystem::path behind_links(std::filesystem::path path, std::error_code& error) {
    for (int links = 0; std::filesystem::is_symlink(std::filesystem::symlink_status(path, error)); ++links) {
        if (links == 40) {
            error = std::make_error_code(std::errc::too_many_symbolic_link_levels);
            return path;
        }
        const std::filesystem::path to = std::filesystem::read_symlink(path, error);
        if (error) return path;
        path = path.parent_path() / to;  // `to` alone if it is absolute
    }
    error.clear();  // of a file that is not there
    return path;
}

/// A name that is not there yet: ".archetype-8f3b2c1d.tmp".
inline std::string temporary_name(int attempt) {
    const auto now =
        static_cast<std::uint64_t>(std::chrono::steady_clock::now().time_since_epoch().count()) * 1009;
    std::uint64_t number =
        (now ^ static_cast<std::uint64_t>(::getpid())) + static_cast<std::uint64_t>(attempt);
    std::string text = ".archetype-";
    for (int digit = 0; digit < 12; ++digit, number >>= 4) text += "0123456789abcdef"[number & 15];
    return text + ".tmp";
}

/// A new file in a folder, without a name where the system has such files: then nothing stays of it if this process is
/// ended before it has its place.
class new_file {
public:
    new_file(int folder, mode_t mode) : folder_(folder), file_(-1) {
#if defined(O_TMPFILE)
        file_.reset(::openat(folder, ".", O_TMPFILE | O_WRONLY | O_CLOEXEC, mode));
#endif
        if (!file_)
            make_named([&](const char* name) {
                file_.reset(::openat(folder, name, O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, mode));
                return static_cast<bool>(file_);
            });
    }
    new_file(const new_file&) = delete;
    new_file& operator=(const new_file&) = delete;
    ~new_file() {
        if (!name_.empty()) ::unlinkat(folder_, name_.c_str(), 0);
    }
    descriptor& file() { return file_; }

    /// Gives it its name, in place of what has it. Returns errno.
    int place(const char* name, bool replaces) {
        if (name_.empty()) {
            // A name can be given to a file, but none that is taken.
            if (!replaces && link(name)) return 0;
            if (!make_named([&](const char* some) { return link(some); })) return errno;
        }
        if (::renameat(folder_, name_.c_str(), folder_, name) != 0) return errno;
        name_.clear();
        return 0;
    }

private:
    bool link(const char* name) const {
        const std::string open = "/proc/self/fd/" + std::to_string(file_.get());
        return ::linkat(AT_FDCWD, open.c_str(), folder_, name, AT_SYMLINK_FOLLOW) == 0;
    }
    template <class Make>
    bool make_named(const Make& make) {
        for (int attempt = 0; attempt < 64; ++attempt) {
            const std::string name = temporary_name(attempt);
            if (make(name.c_str())) {
                name_ = name;
                return true;
            }
            if (errno != EEXIST) break;
        }
        return false;
    }

    int folder_;
    descriptor file_;
    std::string name_{};
};

/// `try_write_file` on POSIX systems.
inline std::optional<file_failure> replace_file(const std::filesystem::path& asked, write_parts parts) {
    const auto failure = [&](std::string found) {
        return file_failure{asked.string(), "a file that can be written", std::move(found)};
    };
    const auto failed = [&](int code) { return failure(std::strerror(code)); };
    struct stat old {};
    const bool exists = ::stat(asked.c_str(), &old) == 0;
    if (!exists && errno != ENOENT) return failed(errno);
    if (exists && (S_ISFIFO(old.st_mode) || S_ISCHR(old.st_mode)))
        return write_into(asked, S_ISFIFO(old.st_mode), parts);
    if (exists && !S_ISREG(old.st_mode))
        return failure(S_ISDIR(old.st_mode) ? "a directory" : "a special file");
    if (exists && ((old.st_mode & 0222) == 0 || ::faccessat(AT_FDCWD, asked.c_str(), W_OK, AT_EACCESS) != 0))
        return failure("a read-only file");

    std::error_code error;
    const std::filesystem::path path = behind_links(asked, error);
    if (error) return failure(error.message());
    const std::string name = path.filename().string();
    if (name.empty() || name == "." || name == "..") return failure("a name that ends as a directory's");
    const std::filesystem::path parent = path.has_parent_path() ? path.parent_path() : ".";
    const descriptor folder(::open(parent.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!folder) {
        const int code = errno;
        return failure("folder " + parent.string() + ": " + std::strerror(code));
    }

    new_file made(folder.get(), exists ? 0600 : 0666);
    if (!made.file()) {
        const int code = errno;
        return failure("folder " + parent.string() + ": " + std::strerror(code));
    }
    const int file = made.file().get();
    int code = write_all(file, parts);
    if (code == 0 && exists) {
        // Giving a file away takes the bits that run it as another user or group.
        mode_t mode = old.st_mode & 07777;
        if (::fchown(file, old.st_uid, old.st_gid) != 0) {
            mode &= ~static_cast<mode_t>(S_ISUID);
            if (::fchown(file, static_cast<uid_t>(-1), old.st_gid) != 0)
                mode &= ~static_cast<mode_t>(S_ISGID);
        }
        if (::fchmod(file, mode) != 0) code = errno;
    }
    if (code == 0 && ::fsync(file) != 0 && errno != EINVAL && errno != ENOTSUP) code = errno;
    if (code == 0) code = made.place(name.c_str(), exists);
    if (const int closed = made.file().close(); code == 0) code = closed;
    // The name too, should the machine stop here; not every file system can.
    if (code == 0 && ::fsync(folder.get()) != 0 && errno == EIO) code = EIO;
    if (code != 0) return failed(code);
    return std::nullopt;
}

}  // namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET
