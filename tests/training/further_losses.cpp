// SPDX-License-Identifier: BSL-1.0
// Losses of headers of their own against PyTorch 1.13 in double: values and gradients by scores.
#include <archetype/training/classification_losses.hpp>
#include <archetype/training/ctc.hpp>
#include <archetype/training/gradients.hpp>
#include <archetype/training/trainer.hpp>
#include <archetype/training/twin_losses.hpp>
#include <catch.hpp>
#include <cmath>

namespace at = archetype;
using Catch::Contains;

namespace {

/// The network gives back its input.
template <std::size_t Size>
using given = at::network<at::input<Size>, at::dense<Size, at::no_bias>>;
using steps = at::network<at::input<5, 4>, at::conv1d<4, 1, at::no_bias>>;
using two_steps = at::network<at::input<2, 3>, at::conv1d<3, 1, at::no_bias>>;

template <class Net, std::size_t Channels, std::size_t Rank>
struct loss_at {
    at::model<Net, double> net;
    loss_at() {
        for (std::size_t i = 0; i < Channels * Channels; ++i) net.data()[i] = i % (Channels + 1) == 0 ? 1 : 0;
    }
    template <class Loss, class Targets>
    double operator()(const Loss& loss, const xt::xtensor<double, Rank>& scores, const Targets& targets) {
        at::gradients of{net, loss};
        const double found = of(scores, targets);
        const auto slope = of.input();
        slopes.assign(slope.begin(), slope.end());
        return found;
    }
    /// Compares with PyTorch's.
    void check(const std::vector<double>& wanted) const {
        REQUIRE(slopes.size() == wanted.size());
        for (std::size_t i = 0; i < wanted.size(); ++i)
            CHECK(slopes[i] == Approx(wanted[i]).epsilon(1e-11).margin(1e-15));
    }
    std::vector<double> slopes{};
};

const xt::xtensor<double, 2> scores{{0.3, -1, 2}, {1, 1, -2}, {0, 3, 1}};
const xt::xtensor<int, 1> labels{2, 1, 0};

}  // namespace

// With l = F.log_softmax(z, 1)[range(3), y]: (-0.25 * (1 - l.exp())**2 * l).mean(), ((1 - l.exp()**0.7) / 0.7).mean(),
// (-0.1 * l + 4 * (1 - l.exp())).mean(); of probabilities t the sum of t * f(log_softmax).
TEST_CASE("losses of classes have PyTorch's values and gradients") {
    loss_at<given<3>, 3, 2> at_scores;
    CHECK(at_scores(at::focal_cross_entropy{}, scores, labels) == Approx(0.2587335279334675).epsilon(1e-14));
    at_scores.check({0.0012297359142641015, 0.0003351421336727164, -0.0015648780479368173,
                     0.025244418109034494, -0.02650126367933594, 0.001256845570301443, -0.09363449634157438,
                     0.08247299077558944, 0.011161505565984942});
    const xt::xtensor<double, 2> soft{{0.2, 0.3, 0.5}, {1, 0, 0}, {0, 0.5, 0.5}};
    CHECK(at_scores(at::focal_cross_entropy{}, scores, soft) == Approx(0.18406968472067142).epsilon(1e-14));
    at_scores.check({-0.012193798455649, -0.027078959308242494, 0.0392727577638915, -0.02650126367933594,
                     0.025244418109034494, 0.001256845570301443, 0.002262948276618799, 0.04257031218529182,
                     -0.04483326046191062});
    CHECK(at_scores(at::generalized_cross_entropy{}, scores, labels) ==
          Approx(0.6772938110543247).epsilon(1e-14));
    at_scores.check({0.0426832976163618, 0.011632555631991478, -0.05431585324835325, 0.0983951907705343,
                     -0.1032939988604959, 0.004898808089961606, -0.03472058602018691, 0.03058179071226035,
                     0.004138795307926565});
    CHECK(at_scores(at::symmetric_cross_entropy{}, scores, labels) ==
          Approx(2.3482280858428295).epsilon(1e-14));
    at_scores.check({0.1652967645369427, 0.04504862362197398, -0.21034538815891657, 0.333599236769328,
                     -0.3502081647778298, 0.016608928008501767, -0.08559329176550105, 0.07539032128156169,
                     0.010202970483939379});
    // The limits that are other losses.
    const double plain = at_scores(at::cross_entropy{}, scores, labels);
    CHECK(at_scores(at::focal_cross_entropy{1, 0}, scores, labels) == Approx(plain).epsilon(1e-14));
    CHECK(at_scores(at::generalized_cross_entropy{1e-9}, scores, labels) == Approx(plain).epsilon(1e-8));
    CHECK(at_scores(at::symmetric_cross_entropy{1, 0}, scores, labels) == Approx(plain).epsilon(1e-14));
    // Scores of any size.
    const xt::xtensor<double, 2> far{{1e4, -1e4, 0}};
    CHECK(at_scores(at::focal_cross_entropy{1, 0.5}, far, xt::xtensor<int, 1>{0}) == 0);
    at_scores.check({0, 0, 0});
    CHECK(at_scores(at::focal_cross_entropy{1, 0.5}, far, xt::xtensor<int, 1>{1}) == 2e4);
    at_scores.check({1, -1, 0});
    CHECK(at_scores(at::generalized_cross_entropy{0.5}, far, xt::xtensor<int, 1>{1}) == 2);
    at_scores.check({0, 0, 0});

    // (m**2 * F.binary_cross_entropy_with_logits(z, t, reduction='none')).mean(), m = t * (1 - p) + (1 - t) * p
    const xt::xtensor<double, 2> bits{{1, 0, 1}, {0, 1, 0}, {0.25, 1, 0}};
    CHECK(at_scores(at::binary_focal_cross_entropy{}, scores, bits) ==
          Approx(0.19182768905147396).epsilon(1e-14));
    at_scores.check({-0.021378715479475792, 0.005842347775284512, -0.0005412155772658645, 0.08535941368881306,
                     -0.005842347775284512, 0.0005412155772658631, 0.01657148861888813,
                     -3.4985760720919855e-05, 0.08535941368881306});
    CHECK(at_scores(at::binary_focal_cross_entropy{0}, scores, bits) ==
          Approx(at_scores(at::binary_cross_entropy{}, scores, bits)).epsilon(1e-14));

    at::trainer trainer{at_scores.net, at::generalized_cross_entropy{}, at::sgd{.rate = 0.1}};
    const auto found = trainer.fit(scores, labels, {.epochs = 3, .progress = at::progress_style::silent});
    CHECK(found[2].loss < found[0].loss);
    CHECK(trainer.evaluate(scores, labels).accuracy == found[2].accuracy.value());
    CHECK_THROWS_WITH((at::trainer{at_scores.net, at::generalized_cross_entropy{0}, at::sgd{}}),
                      Contains("q"));
    CHECK_THROWS_WITH((at::trainer{at_scores.net, at::focal_cross_entropy{0.25, -1}, at::sgd{}}),
                      Contains("gamma"));
}

// x[n][t][c] = ((7 n + 3 t + 5 c) % 11) / 3 - 1.5, F.ctc_loss(F.log_softmax(x, 2).transpose(0, 1), labels, [5, 5, 5],
// [3, 2, 1], reduction='none'), and the gradient of its sum / 3.
TEST_CASE("CTC has PyTorch's values and gradients") {
    loss_at<steps, 4, 3> at_scores;
    auto x = xt::xtensor<double, 3>::from_shape({3, 5, 4});
    for (std::size_t n = 0; n < 3; ++n)
        for (std::size_t t = 0; t < 5; ++t)
            for (std::size_t c = 0; c < 4; ++c)
                x(n, t, c) = static_cast<double>((7 * n + 3 * t + 5 * c) % 11) / 3 - 1.5;
    const xt::xtensor<int, 2> sequences{{1, 2, 3}, {2, 2, -1}, {3, -1, -1}};
    CHECK(at_scores(at::ctc<3>{}, x, sequences) ==
          Approx((4.893757407567508 + 4.95689161914347 + 5.160364613587379) / 3).epsilon(1e-14));
    at_scores.check(
        {-0.030482985953454174, -0.24780902253862952,   0.24511878790442337,   0.03317322058766033,
         -0.006606911987844956, -0.08147303129739626,   -0.02895775534400138,  0.1170376986292426,
         -0.051016873819008525, -0.0034825094149636866, -0.15033853981913173,  0.20483792305310392,
         0.04013841803776357,   0.023148023631112066,   -0.05935651336848549,  -0.003929928300390139,
         0.013494994399375753,  0.1633392664104523,     0.022105565883319103,  -0.19893982669314714,
         0.04623144285818648,   0.02314802363111205,    -0.08596575019889229,  0.01658628370959376,
         0.00362196080301938,   0.023148023631112066,   -0.043356268143725216, 0.01658628370959377,
         -0.17691642439450034,  0.16333926641045227,    -0.10346054064519455,  0.11703769862924264,
         -0.13656928197632082,  0.16333926641045216,    -0.14380768306337394,  0.11703769862924257,
         0.04623144285818655,   0.023148023631112062,   -0.08596575019889238,  0.016586283709593773,
         -0.11432700871933575,  0.16333926641045213,    0.02210556588331907,   -0.07111782357443544,
         -0.05659757099104169,  0.007990697988085129,   0.04230667099422758,   0.006300202008728987,
         -0.012917255927935625, 0.023148023631112066,   0.12255698080296795,   -0.1327877485061444,
         -0.0847904842842957,   0.16333926641045227,    0.0221055658833191,    -0.10065434800947566,
         -0.11432700871933575,  0.1633392664104522,     0.022105565883319092,  -0.07111782357443557});
    // Of sequences of 4, 3 and 1 steps, with input_lengths [4, 3, 1].
    using lengths = at::ctc<3, 0, at::input_lengths>;
    const xt::xtensor<int, 2> timed{{4, 1, 2, 3}, {3, 2, 2, -1}, {1, 3, -1, -1}};
    CHECK(at_scores(lengths{}, x, timed) ==
          Approx((5.468992961590953 + 4.381114068373343 + 1.046646896908581) / 3).epsilon(1e-14));
    std::vector<double> slopes{
        0.0023249710040349827, -0.2806169794961191,  0.24511878790442368,   0.033173220587660375,
        0.02443140740536531,   0.1229324484217324,   -0.26440155445634045,  0.11703769862924274,
        0.0526243206986194,    0.007990697988085143, -0.009119239515436878, -0.05149577917126766,
        -0.08009292989547177,  0.02314802363111208,  0.12255698080296804,   -0.06561207453860833};
    slopes.resize(20);
    slopes.insert(slopes.end(),
                  {0.1710420451896595, 0.023148023631112076, -0.21077635253036534, 0.016586283709593776,
                   -0.16229128814367394, 0.02314802363111209, 0.12255698080296808, 0.016586283709593787,
                   0.030850802410319293, 0.16333926641045227, -0.31122776745001424, 0.11703769862924267});
    slopes.resize(40);
    slopes.insert(slopes.end(),
                  {0.030850802410319296, 0.16333926641045224, 0.02210556588331909, -0.21629563470409063});
    slopes.resize(60);
    at_scores.check(slopes);
    // No labels: all blanks.
    const xt::xtensor<double, 3> first = xt::view(x, xt::range(0, 1));
    CHECK(at_scores(at::ctc<3>{}, first, xt::xtensor<int, 2>{{-1, -1, -1}}) ==
          Approx(10.798792304873988).epsilon(1e-14));
    // Scores of 1e4 in size neither overflow nor lose the one way that is left.
    const xt::xtensor<double, 3> far = 1e4 * first;
    CHECK(std::isfinite(at_scores(at::ctc<3>{}, far, xt::xtensor<int, 2>{{1, 1, 1}})));

    at::trainer trainer{at_scores.net, at::ctc<3>{}, at::adam{.rate = 0.05}};
    CHECK_THROWS_WITH(trainer.fit(x, xt::xtensor<int, 2>{{1, 2, 3}, {2, 2, 2}, {1, -1, 1}}),
                      Contains("no label behind -1") && Contains("sample 2"));
    CHECK_THROWS_WITH(trainer.fit(x, xt::xtensor<int, 2>{{1, 2, 3}, {2, 0, -1}, {1, 1, 1}}),
                      Contains("blank"));
    CHECK_THROWS_WITH(trainer.fit(x, xt::xtensor<int, 2>{{1, 2}, {2, 1}, {1, 1}}), Contains("(3, 3)"));
    at::trainer timing{at_scores.net, lengths{}, at::adam{.rate = 0.05}};
    CHECK_THROWS_WITH(timing.fit(x, sequences), Contains("(3, 4), found (3, 3)"));
    for (const int length : {0, 6, -1}) {
        xt::xtensor<int, 2> wrong = timed;
        wrong(2, 0) = length;
        CHECK_THROWS_WITH(timing.fit(x, wrong),
                          Contains("from 1 to 5 time steps as labels of sample 2, found ") &&
                              Contains(std::to_string(length)));
    }
    xt::xtensor<int, 2> crowded = timed;
    crowded(1, 0) = 2;
    CHECK_THROWS_WITH(timing.fit(x, crowded), Contains("the 2 time steps") && Contains("of sample 1"));
    at::model<two_steps, double> brief;
    at::trainer hurried{brief, at::ctc<2>{}, at::sgd{}};
    CHECK_THROWS_WITH(
        hurried.fit(xt::xtensor<double, 3>(xt::zeros<double>({1, 2, 3})), xt::xtensor<int, 2>{{1, 1}}),
        Contains("the 2 time steps, found 3") || Contains("found 3"));
    trainer.fit(x, sequences, {.epochs = 400, .progress = at::progress_style::silent});
    CHECK(trainer.evaluate(x, sequences) < 3);
    CHECK(at::ctc_best_path(xt::xtensor<int, 3>{{{0, 1, 0}, {0, 1, 0}, {1, 0, 0}, {0, 1, 0}, {0, 0, 1}}}) ==
          std::vector<std::vector<std::int32_t>>{{1, 1, 2}});
}

// nn.TripletMarginLoss()(a, p, n) with its gradients; contrastive loss by its formula.
TEST_CASE("losses of twin networks") {
    loss_at<given<9>, 9, 2> at_three;
    const xt::xtensor<double, 2> triples{{0.5, -1, 2, 0.25, -0.5, 1, 0.5, -1.5, 1.75},
                                         {1, 0.25, -0.5, 1, 0.5, -0.25, 3, 2, 1}};
    CHECK(at_three(at::triplet_loss{}, triples, at::no_targets(2)) ==
          Approx(0.793313121188473).epsilon(1e-14));
    at_three.check({0.10910842478044298, -0.6654307457184719, 0.21282881199578887, -0.10910931920548736,
                    0.21821732910438152, -0.43643596751535624, 8.94425044378092e-07, 0.4472134166140904,
                    0.22360715551956736, 0, 0, 0, 0, 0, 0, 0, 0, 0});

    loss_at<given<4>, 4, 2> at_two;
    const xt::xtensor<double, 2> pairs{{0, 0, 0.3, 0.4}, {1, 2, 1.3, 1.6}, {0, 0, 3, 4}};
    const xt::xtensor<double, 2> same{{1}, {0}, {0}};
    CHECK(at_two(at::contrastive_loss{}, pairs, same) == Approx((0.25 + 0.25 + 0) / 3));
    at_two.check({-0.2, -0.8 / 3, 0.2, 0.8 / 3, 0.2, -0.8 / 3, -0.2, 0.8 / 3, 0, 0, 0, 0});

    at::trainer trainer{at_three.net, at::triplet_loss{}, at::adam{.rate = 0.05}};
    const auto found =
        trainer.fit(triples, at::no_targets(2), {.epochs = 200, .progress = at::progress_style::silent});
    CHECK(found.back().loss < 0.1);
    CHECK_THROWS_WITH(trainer.fit(triples, at::no_targets(3)), Contains("(2, 0), found (3, 0)"));
    at::trainer other{at_two.net, at::contrastive_loss{}, at::sgd{}};
    CHECK_THROWS_WITH(other.fit(pairs, 2 * same), Contains("0 or 1"));
}
