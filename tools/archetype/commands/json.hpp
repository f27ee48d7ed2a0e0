// SPDX-License-Identifier: BSL-1.0
/// @file json.hpp
/// Writes JSON with RapidJSON.
#pragma once
#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>

#include <cmath>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace archetype::commands {

class json_writer {
public:
    void open_object() { writer_.StartObject(); }
    void close_object() { writer_.EndObject(); }
    void open_list() { writer_.StartArray(); }
    void close_list() { writer_.EndArray(); }
    void key(std::string_view name) {
        writer_.Key(name.data(), static_cast<rapidjson::SizeType>(name.size()));
    }
    void value(std::string_view text) {
        writer_.String(text.data(), static_cast<rapidjson::SizeType>(text.size()));
    }
    void value(std::int64_t number) { writer_.Int64(number); }
    void value(double number) {
        if (std::isfinite(number))
            writer_.Double(number);
        else
            writer_.Null();
    }
    void value(const std::vector<std::int64_t>& list) {
        open_list();
        for (const std::int64_t one : list) value(one);
        close_list();
    }
    void value(const std::vector<std::string>& list) {
        open_list();
        for (const std::string& one : list) value(std::string_view(one));
        close_list();
    }
    template <class Value>
    void member(std::string_view name, const Value& content) {
        key(name);
        value(content);
    }
    std::string text() const { return buffer_.GetString(); }

private:
    rapidjson::StringBuffer buffer_;
    rapidjson::Writer<rapidjson::StringBuffer> writer_{buffer_};
};

}  // namespace archetype::commands
