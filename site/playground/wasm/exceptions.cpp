// SPDX-License-Identifier: BSL-1.0
/// @file exceptions.cpp
/// What C++ exceptions need at run time in WebAssembly, as instructions `throw` and `catch` of browsers since 2022: Debian's
/// libc++abi for WebAssembly has none. The tables are those of the Itanium C++ ABI (https://itanium-cxx-abi.github.io/cxx-abi/abi-eh.html);
/// a landing pad is known by its number. One thread. Types match themselves and the bases that begin where they begin; pointers are
/// not converted.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <typeinfo>

namespace {

/// Stands before the object that is thrown.
struct header {
    const std::type_info* type;
    void* (*destroy)(void*);  // wasm32: destructors return `this`
    header* outer;            // caught before this one, and still
    int handlers;
    bool thrown_again;
};
constexpr std::size_t header_size = (sizeof(header) + 15) / 16 * 16;
header* innermost = nullptr;

header* header_of(void* object) {
    return reinterpret_cast<header*>(static_cast<char*>(object) - header_size);
}
void* object_of(header* of) { return reinterpret_cast<char*>(of) + header_size; }

/// Numbers of the tables, 7 bits a byte.
class reader {
public:
    explicit reader(const std::uint8_t* at) : at_(at) {}
    const std::uint8_t* at() const { return at_; }
    std::uint8_t byte() { return *at_++; }
    std::uint32_t whole() {
        std::uint32_t made = 0;
        unsigned shift = 0;
        std::uint8_t next;
        do {
            next = byte();
            made |= static_cast<std::uint32_t>(next & 127) << shift;
            shift += 7;
        } while ((next & 128) != 0);
        is_negative_ = (next & 64) != 0 && shift < 32;
        shift_ = shift;
        return made;
    }
    std::int32_t signed_whole() {
        std::uint32_t made = whole();
        if (is_negative_) made |= ~std::uint32_t{0} << shift_;
        return static_cast<std::int32_t>(made);
    }

private:
    const std::uint8_t* at_;
    bool is_negative_ = false;
    unsigned shift_ = 0;
};

constexpr std::uint8_t is_left_out = 0xff;

}  // namespace

extern "C" {

extern const void* const _ZTVN10__cxxabiv120__si_class_type_infoE[];   // of classes with one base
extern const void* const _ZTVN10__cxxabiv121__vmi_class_type_infoE[];  // of classes with several

/// The compiler writes the first two before it asks for the third.
struct landing_pad {
    std::uint32_t number;
    const std::uint8_t* table;
    std::int32_t selector;
};
landing_pad __wasm_lpad_context;
}

namespace {

/// What the tables say of a class: its virtual functions and its name, then its base, or flags, the number of bases and for each
/// its type and 256 times its distance beside two flags, 1 for a virtual base.
struct class_table {
    const std::type_info* of;
    template <class Word>
    Word at(std::size_t place) const {
        Word found;
        static_assert(sizeof(found) == sizeof(void*));
        std::memcpy(&found, reinterpret_cast<const char*>(of) + place * sizeof(void*), sizeof(found));
        return found;
    }
    const std::type_info* base_at_the_beginning() const {
        const auto* const kind = at<const void*>(0);
        if (kind == &_ZTVN10__cxxabiv120__si_class_type_infoE[2]) return at<const std::type_info*>(2);
        if (kind == &_ZTVN10__cxxabiv121__vmi_class_type_infoE[2])
            for (std::size_t k = 0; k < at<std::size_t>(3); ++k)
                if (const auto distance = at<std::size_t>(5 + 2 * k); distance >> 8 == 0 && (distance & 1) == 0)
                    return at<const std::type_info*>(4 + 2 * k);
        return nullptr;
    }
};

bool is_a(const std::type_info* thrown, const std::type_info* wanted) {
    while (thrown != nullptr && *thrown != *wanted) thrown = class_table{thrown}.base_at_the_beginning();
    return thrown != nullptr;
}

/// The handler among those that `action` begins; 0 if none fits.
std::int32_t handler_of(const std::type_info* thrown, const std::uint8_t* action, const std::uint8_t* types) {
    for (;;) {
        reader record(action);
        const std::int32_t index = record.signed_whole();
        if (index > 0) {
            const std::type_info* wanted;
            std::memcpy(&wanted, types - index * static_cast<std::int32_t>(sizeof(wanted)), sizeof(wanted));
            if (wanted == nullptr || is_a(thrown, wanted)) return index;  // null: catch (...)
        }
        const std::uint8_t* const here = record.at();
        const std::int32_t next = record.signed_whole();
        if (next == 0) return 0;
        action = here + next;
    }
}

}  // namespace

extern "C" {

void* __cxa_allocate_exception(std::size_t size) noexcept {
    auto* made = static_cast<char*>(std::malloc(header_size + size));
    if (made == nullptr) std::abort();
    std::memset(made, 0, header_size);
    return made + header_size;
}
void __cxa_free_exception(void* object) noexcept { std::free(header_of(object)); }

[[noreturn]] void __cxa_throw(void* object, std::type_info* type, void* (*destroy)(void*)) {
    header_of(object)->type = type;
    header_of(object)->destroy = destroy;
    __builtin_wasm_throw(0, object);
}

void* __cxa_begin_catch(void* object) noexcept {
    header* const of = header_of(object);
    if (of->handlers++ == 0 && innermost != of) {
        of->outer = innermost;
        innermost = of;
    }
    of->thrown_again = false;
    return object;
}
void* __cxa_get_exception_ptr(void* object) noexcept { return object; }

void __cxa_end_catch() {
    header* const of = innermost;
    if (--of->handlers != 0) return;
    innermost = of->outer;
    if (of->thrown_again) return;
    if (of->destroy != nullptr) of->destroy(object_of(of));
    std::free(of);
}

[[noreturn]] void __cxa_rethrow() {
    innermost->thrown_again = true;
    __builtin_wasm_throw(0, object_of(innermost));
}

int _Unwind_CallPersonality(void* object) {
    landing_pad& pad = __wasm_lpad_context;
    pad.selector = 0;
    reader table(pad.table);
    if (table.byte() != is_left_out) table.whole();
    const std::uint8_t* types = nullptr;
    if (table.byte() != is_left_out) {
        const std::uint32_t distance = table.whole();
        types = table.at() + distance;
    }
    table.byte();
    const std::uint32_t length = table.whole();
    const std::uint8_t* const actions = table.at() + length;
    for (std::uint32_t number = 0;; ++number) {
        table.whole();
        const std::uint32_t action = table.whole();
        if (number != pad.number) continue;
        if (action != 0) pad.selector = handler_of(header_of(object)->type, actions + action - 1, types);
        return 0;
    }
}
/// Named in tables; `_Unwind_CallPersonality` does its work.
int __gxx_personality_wasm0() { return 0; }
}
