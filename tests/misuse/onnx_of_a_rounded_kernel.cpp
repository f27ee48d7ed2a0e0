// SPDX-License-Identifier: BSL-1.0
// A kernel that is rounded where it is used would be written as it is.
// expect: archetype: fake_quantize and with_rounded_kernel have no ONNX form
// lines: 25
#include <archetype/execution/quantize/fake_quantize.hpp>
#include <archetype/onnx.hpp>

namespace at = archetype;

#ifdef CONTROL
using net = at::network<at::input<4>, at::dense<3>>;
#else
using net = at::network<at::input<4>, at::with_rounded_kernel<at::dense<3>>>;
#endif

void write(const at::model<net>& model) { at::write_onnx(model, "net.onnx"); }
