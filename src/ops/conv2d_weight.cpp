// v = the gradient that conv2d gives its weight for the image x and the output's gradient g. On a tape only in
// gradients of gradients.
// dx = conv_transpose2d(g, gv), of x's size, dg = conv2d(x, gv)
// Keeps x and g.
#include "autograd/tensor_impl.hpp"
#include "ops/convolution.hpp"
#include "xtape/autograd.hpp"

namespace xtape {

Tensor detail::convolve_weight(const ConvShape& s, const Tensor& x, const Tensor& g) {
  Tensor v = make_tensor(s.weight(), x.impl()->dtype);
  visit_floating(x.impl()->dtype, [&s, &x, &g, &v]<class T>() {
    kernels::convolve_weight(s.c, elements<T>(x), elements<T>(g), elements<T>(v));
  });
  return record("conv2d_weight", {x, g}, std::move(v),
                [s, x = save(x, g.requires_grad()), g = save(g, x.requires_grad())](const Tensor& gv, Wants wants) {
                  Tensor dx, dg;
                  if (wants[0]) dx = convolve_transposed(s, *g, gv);
                  if (wants[1]) dg = convolve(s, *x, gv);
                  return Gradients(dx, dg);
                });
}

}  // namespace xtape
