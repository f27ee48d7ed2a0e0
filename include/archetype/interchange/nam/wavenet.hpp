// SPDX-License-Identifier: BSL-1.0
/// @file wavenet.hpp
/// WaveNets of amplifier files to 0.7: gated and blended layers, bottlenecks, groups, modulation by the condition (FiLM),
/// 1x1 to the head, heads of several taps, a further head, a network that makes the condition.
#pragma once
#include <archetype/interchange/nam/architectures.hpp>

namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET {

class nam_wavenet : public nam_builder {
    using kind = nam_graph::kind;

public:
    using nam_builder::nam_builder;

    /// `condition` of the `input`, which is itself where the file has no network for it.
    std::size_t read(nam_fields& fields, std::size_t input, std::size_t condition) {
        condition_ = condition;
        const auto layers = fields.take("layers");
        const auto head = fields.take("head");
        if (const std::size_t in = fields.size("in_channels", 1); in != channels(input) && in != 0)
            report_.add(load_problem::shape, fields.at("in_channels"),
                        std::to_string(channels(input)) + ", the network's", std::to_string(in));
        // The last of the weights is the scale that counts, in trainer and player.
        (void)fields.number("head_scale");
        fields.finish();
        if (!layers || layers->type() != json_value::kind::array || layers->element_count() == 0)
            report_.add(load_problem::missing, fields.at("layers"), "an array of objects",
                        layers ? layers->summary() : "no such member");
        if (failed()) return input;
        const double scale = weights_.empty() ? 1 : double(weights_.back());
        const std::vector<json_value> arrays = layers->elements();
        std::size_t x = input, to_head = no_value;
        for (std::size_t i = 0; i < arrays.size() && !failed(); ++i)
            read_array(arrays[i], fields.at(nam_fields::item("layers", i)),
                       i + 1 == arrays.size() ? scale : 1, x, to_head);
        if (head && !failed()) to_head = read_head(*head, fields.at("head"), to_head);
        std::size_t offset = 0;
        take(1, "head_scale", offset);
        finish();
        return to_head;
    }

private:
    /// Several parts of the channels of one result: filter and gate.
    using parts = std::vector<std::size_t>;
    struct film {
        bool is_active = false, shifts = false;
        std::size_t groups = 1;
        nam_block block{};
        std::string place{};
    };
    enum class gating { none, gated, blended };
    struct layer {
        std::size_t taps = 0, dilation = 0;
        gating mode = gating::none;
        std::optional<json_value> activation{}, secondary{};
        std::string place{}, activation_place{}, secondary_place{};
    };
    struct array {
        std::size_t channels = 0, bottleneck = 0, condition = 0, groups = 1, mixin_groups = 1;
        bool has_residual = true, has_head1x1 = false;
        std::size_t residual_groups = 1, head1x1_channels = 0, head1x1_groups = 1;
        film films[8]{};
        std::vector<layer> layers{};
    };
    enum film_place {
        conv_pre,
        conv_post,
        mixin_pre,
        mixin_post,
        activation_pre,
        activation_post,
        residual_post,
        head_post
    };

    std::size_t channels(std::size_t value) const { return graph_.values[value].channels; }

    void read_array(const json_value& object, const std::string& place, double scale, std::size_t& x,
                    std::size_t& to_head) {
        nam_fields fields(report_, object, place);
        array made;
        const std::size_t inputs = fields.size("input_size");
        made.channels = fields.size("channels");
        made.condition = fields.size("condition_size");
        made.bottleneck = fields.size("bottleneck", made.channels == 0 ? 1 : made.channels);
        made.groups = fields.size("groups_input", 1);
        made.mixin_groups = fields.size("groups_input_mixin", 1);
        read_layers(fields, made);
        std::size_t head_size = 0, head_taps = 1, head_dilation = 1;
        bool head_bias = false;
        const auto head = fields.take("head");
        if (head) {
            nam_fields own(report_, *head, fields.at("head"));
            head_size = own.size("out_channels");
            head_taps = own.size("kernel_size");
            head_dilation = own.size("head_dilation", 1);
            head_bias = own.flag("bias");
            own.finish();
            // Older members beside it must say the same.
            const bool same_size = fields.size("head_size", head_size == 0 ? 1 : head_size) == head_size;
            const bool same_bias = fields.flag("head_bias", head_bias) == head_bias;
            if (!failed() && !(same_size && same_bias))
                report_.add(load_problem::shape, fields.at("head_size") + ", head_bias", "what \"head\" says",
                            "something else");
        } else {
            head_size = fields.size("head_size");
            head_bias = fields.flag("head_bias");
        }
        if (const auto one = fields.take("layer1x1")) {
            nam_fields own(report_, *one, fields.at("layer1x1"));
            made.has_residual = own.flag("active");
            made.residual_groups = own.size("groups", 1);
            own.finish();
        }
        if (const auto one = fields.take("head1x1")) {
            nam_fields own(report_, *one, fields.at("head1x1"));
            made.has_head1x1 = own.flag("active");
            made.head1x1_channels = own.size("out_channels");
            made.head1x1_groups = own.size("groups", 1);
            own.finish();
        }
        read_films(fields, made);
        check_slimmable(fields);
        fields.finish();
        if (failed()) return;
        const auto same = [&](const char* key, std::size_t wanted, std::size_t found, const char* why) {
            if (wanted != found)
                report_.add(load_problem::shape, fields.at(key), std::to_string(wanted) + why,
                            std::to_string(found));
        };
        same("input_size", channels(x), inputs, ", the channels that come in");
        same("condition_size", channels(condition_), made.condition, ", the channels of the condition");
        if (!made.has_residual)
            same("bottleneck", made.channels, made.bottleneck, ", the channels, without layer1x1");

        const std::string rechannel = fields.at("input_size");
        x = step(convolution(inputs, made.channels, 1, 1, 1, false, rechannel), x, rechannel);
        parts heads;
        if (to_head != no_value) heads.push_back(to_head);
        for (const layer& one : made.layers) {
            if (failed()) return;
            read_layer(made, one, x, heads);
        }
        if (failed()) return;
        for (const std::size_t part : heads)
            if (channels(part) != channels(heads.back()))
                return report_.add(load_problem::shape, fields.at("bottleneck or head1x1.out_channels"),
                                   std::to_string(channels(part)) + " channels for the head",
                                   std::to_string(channels(heads.back())));
        const std::string head_place = fields.at("head");
        const std::size_t width = channels(heads.back());
        const nam_block block =
            convolution(width, head_size, head_taps, head_dilation, 1, head_bias, head_place);
        to_head = step(block, graph_.join(kind::sum, heads), head_place, 0, 0, scale);
    }

    /// One number or function for all layers, or an array with one for each.
    std::optional<json_value> of_layer(nam_fields& fields, const std::optional<json_value>& found,
                                       const char* key, std::size_t index, std::size_t count,
                                       std::string& place) {
        place = fields.at(key);
        if (!found || found->type() != json_value::kind::array) return found;
        const std::vector<json_value> all = found->elements();
        if (all.size() != count) {
            if (index == 0)
                fields.wrong(key, "an array of " + std::to_string(count) + ", one for each of the dilations",
                             *found);
            return std::nullopt;
        }
        place = nam_fields::item(place, index);
        if (all[index].type() == json_value::kind::null) return std::nullopt;
        return all[index];
    }

    void read_layers(nam_fields& fields, array& made) {
        const std::vector<std::size_t> dilations = fields.sizes("dilations");
        const std::size_t count = dilations.size();
        const auto taps = fields.take("kernel_size"), all_taps = fields.take("kernel_sizes"),
                   activation = fields.take("activation"), mode = fields.take("gating_mode"),
                   gated = fields.take("gated"), secondary = fields.take("secondary_activation");
        if (taps.has_value() == all_taps.has_value())
            report_.add(load_problem::missing, fields.at("kernel_size"), "either kernel_size or kernel_sizes",
                        taps ? "both" : "none of them");
        if (gated && gated->type() != json_value::kind::boolean)
            fields.wrong("gated", "true or false", *gated);
        if (all_taps && (all_taps->type() != json_value::kind::array || all_taps->element_count() != count))
            fields.wrong("kernel_sizes", "an array with one number for each of the dilations", *all_taps);
        if (count > graph_.step_limit)
            report_.add(load_problem::unexpected, fields.at("dilations"),
                        "about as many layers as the network has", std::to_string(count));
        if (failed()) return;
        const std::vector<json_value> each_taps = all_taps ? all_taps->elements() : std::vector<json_value>{};
        for (std::size_t i = 0; i < count; ++i) {
            layer one;
            one.dilation = dilations[i];
            one.place = fields.at(nam_fields::item("dilations", i));
            one.taps = all_taps ? fields.size_of(each_taps[i], nam_fields::item("kernel_sizes", i))
                                : fields.size_of(*taps, "kernel_size");
            one.activation = of_layer(fields, activation, "activation", i, count, one.activation_place);
            std::string place;
            const auto own_mode = of_layer(fields, mode, "gating_mode", i, count, place);
            one.mode = gated && gated->text() == "true" ? gating::gated : gating::none;
            if (own_mode) {
                const gating before = one.mode;
                if (*own_mode == "gated")
                    one.mode = gating::gated;
                else if (*own_mode == "blended")
                    one.mode = gating::blended;
                else if (*own_mode == "none")
                    one.mode = gating::none;
                else
                    report_.add(load_problem::shape, place, "none, gated or blended", own_mode->summary());
                if (gated && before != one.mode)
                    report_.add(load_problem::shape, fields.at("gated"), "what gating_mode says",
                                gated->summary());
            } else if (mode)
                report_.add(load_problem::shape, place, "none, gated or blended", mode->summary());
            one.secondary =
                of_layer(fields, secondary, "secondary_activation", i, count, one.secondary_place);
            made.layers.push_back(std::move(one));
        }
    }

    void read_films(nam_fields& fields, array& made) {
        static constexpr const char* keys[] = {
            "conv_pre_film",       "conv_post_film",       "input_mixin_pre_film", "input_mixin_post_film",
            "activation_pre_film", "activation_post_film", "layer1x1_post_film",   "head1x1_post_film"};
        for (std::size_t i = 0; i < 8; ++i) {
            film& one = made.films[i];
            one.place = fields.at(keys[i]);
            const auto found = fields.take(keys[i]);
            if (!found || (found->type() == json_value::kind::boolean && found->text() == "false")) continue;
            nam_fields own(report_, *found, one.place);
            one.is_active = own.flag("active", true);
            one.shifts = own.flag("shift", true);
            one.groups = own.size("groups", 1);
            own.finish();
        }
        const auto needs = [&](film_place which, bool there, const char* what) {
            if (made.films[which].is_active && !there)
                report_.add(load_problem::shape, made.films[which].place,
                            "not active without " + std::string(what), "active");
        };
        needs(residual_post, made.has_residual, "layer1x1");
        needs(head_post, made.has_head1x1, "head1x1");
        for (const layer& one : made.layers)
            if (made.films[residual_post].is_active && one.mode != gating::blended) {
                report_.add(load_problem::shape, made.films[residual_post].place,
                            "not active but where all layers are blended: elsewhere the format's trainer "
                            "applies it and its player does not",
                            "active");
                break;
            }
    }

    /// The whole network is read; players may also use its first channels only.
    void check_slimmable(nam_fields& fields) {
        const auto found = fields.take("slimmable");
        if (!found) return;
        nam_fields own(report_, *found, fields.at("slimmable"));
        const std::string method = own.text("method");
        if (!method.empty() && method != "slice_channels_uniform")
            report_.add(load_problem::shape, own.at("method"), "slice_channels_uniform", method);
        (void)own.take("kwargs");  // which narrower ones there are, and how they were trained
        own.finish();
    }

    /// Its weights, in their turn; the filters are those of scale and shift, one after the other.
    void take_film(array& made, film_place which, std::size_t size) {
        film& one = made.films[which];
        if (one.is_active)
            one.block =
                convolution(made.condition, (one.shifts ? 2 : 1) * size, 1, 1, one.groups, true, one.place);
    }
    /// scale(condition) * x + shift(condition), part by part.
    void modulate(const film& one, parts& to, const std::string& place) {
        if (!one.is_active || failed()) return;
        std::size_t size = 0, first = 0;
        for (const std::size_t part : to) size += channels(part);
        for (std::size_t& part : to) {
            const std::size_t count = channels(part);
            const std::string where = one.place + " of " + place;
            parts terms{graph_.join(kind::product,
                                    {part, step(one.block, condition_, where + ", scale", first, count)})};
            if (one.shifts)
                terms.push_back(step(one.block, condition_, where + ", shift", size + first, count));
            part = graph_.join(kind::sum, terms);
            first += count;
        }
    }
    void modulate(const film& one, std::size_t& to, const std::string& place) {
        parts all{to};
        modulate(one, all, place);
        to = all[0];
    }

    void read_layer(array made, const layer& one, std::size_t& x, parts& heads) {
        const std::size_t halves = one.mode == gating::none ? 1 : 2, size = made.bottleneck,
                          all = halves * size;
        const std::string& place = one.place;
        const nam_block conv =
            convolution(made.channels, all, one.taps, one.dilation, made.groups, true, place);
        const nam_block mixer =
            convolution(made.condition, all, 1, 1, made.mixin_groups, false, place + ": mixer");
        nam_block residual, head1x1;
        if (made.has_residual)
            residual =
                convolution(size, made.channels, 1, 1, made.residual_groups, true, place + ": layer1x1");
        if (made.has_head1x1)
            head1x1 = convolution(size, made.head1x1_channels, 1, 1, made.head1x1_groups, true,
                                  place + ": head1x1");
        const std::size_t sizes[] = {made.channels, all,  made.condition, all,
                                     all,           size, made.channels,  made.head1x1_channels};
        for (std::size_t i = 0; i < 8; ++i) take_film(made, film_place(i), sizes[i]);
        if (failed()) return;

        std::size_t seen = x, condition = condition_;
        modulate(made.films[conv_pre], seen, place);
        modulate(made.films[mixin_pre], condition, place);
        parts z, mixed;
        for (std::size_t h = 0; h < halves; ++h) {
            z.push_back(step(conv, seen, place, h * size, size));
            mixed.push_back(step(mixer, condition, place + ": mixer", h * size, size));
        }
        modulate(made.films[conv_post], z, place);
        modulate(made.films[mixin_post], mixed, place);
        for (std::size_t h = 0; h < halves; ++h) z[h] = graph_.join(kind::sum, {z[h], mixed[h]});
        modulate(made.films[activation_pre], z, place);
        if (failed()) return;

        std::size_t a = apply(one.activation, one.activation_place, z[0]);
        if (one.mode != gating::none) {
            const std::size_t gate =
                one.secondary ? apply(one.secondary, one.secondary_place, z[1])
                              : graph_.apply(nam_function::of(
                                                 "sigmoid", [](double v) { return 1 / (1 + std::exp(-v)); }),
                                             z[1], one.secondary_place);
            const std::size_t open = graph_.join(kind::product, {gate, a});
            a = open;
            if (one.mode == gating::blended) {
                const auto rest = nam_function::of("1 - x", [](double v) { return 1 - v; });
                const std::size_t past = graph_.apply(rest, gate, place + ": what blends");
                a = graph_.join(kind::sum, {open, graph_.join(kind::product, {past, z[0]})});
            }
        }
        modulate(made.films[activation_post], a, place);
        if (made.has_residual) {
            std::size_t back = step(residual, a, place + ": layer1x1");
            modulate(made.films[residual_post], back, place);
            x = graph_.join(kind::sum, {x, back});
        }
        if (made.has_head1x1) {
            a = step(head1x1, a, place + ": head1x1");
            modulate(made.films[head_post], a, place);
        }
        heads.push_back(a);
    }

    /// Function and convolution in turn, behind the scaled result of the last array.
    std::size_t read_head(const json_value& object, const std::string& place, std::size_t x) {
        nam_fields fields(report_, object, place);
        const std::size_t in = fields.size("in_channels", channels(x)), width = fields.size("channels"),
                          out = fields.size("out_channels");
        const std::vector<std::size_t> taps = fields.sizes("kernel_sizes");
        const auto activation = fields.take("activation");
        fields.finish();
        if (in != channels(x))
            report_.add(load_problem::shape, fields.at("in_channels"), std::to_string(channels(x)),
                        std::to_string(in));
        for (std::size_t i = 0; i < taps.size() && !failed(); ++i) {
            const std::string where = fields.at(nam_fields::item("kernel_sizes", i));
            x = apply(activation, fields.at("activation"), x);
            if (failed()) break;
            const nam_block block =
                convolution(channels(x), i + 1 == taps.size() ? out : width, taps[i], 1, 1, true, where);
            x = step(block, x, where);
        }
        return x;
    }

    std::size_t condition_ = no_value;
};

}  // namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET
