#include "io/pickle_globals.hpp"

#include <cstddef>
#include <iterator>

#include "io/array.hpp"

namespace xtape::io {

namespace {

template <std::size_t size>
constexpr void copy_text(const char* text, char (&to)[size]) {
  for (std::size_t i = 0; text[i] != '\0'; ++i) to[i] = text[i];
}

constexpr PickleGlobal row(const char* module, const char* name, PickleRole role, const char* what = "",
                           int stored = -1) {
  PickleGlobal global{{}, {}, role, {}, static_cast<std::int8_t>(stored)};
  copy_text(module, global.module);
  copy_text(name, global.name);
  copy_text(what, global.what);
  return global;
}
constexpr PickleGlobal storage_of(const char* name, const char* dtype, int stored = -1) {
  return row("torch", name, PickleRole::storage, dtype, stored);
}
constexpr PickleGlobal storage_of(const char* name, const char* dtype, Stored stored) {
  return storage_of(name, dtype, static_cast<int>(stored));
}
constexpr PickleGlobal dtype_named(const char* name) { return row("torch", name, PickleRole::dtype); }

/// All that a pickle may refer to. Objects may stand beside a state dict, whatever they hold.
constexpr PickleGlobal globals[] = {
    row("collections", "OrderedDict", PickleRole::ordered_dict),
    row("torch", "Size", PickleRole::size),
    row("torch._utils", "_rebuild_tensor_v2", PickleRole::tensor),
    row("torch._utils", "_rebuild_tensor_v3", PickleRole::tensor_of_dtype),
    row("torch._tensor", "_rebuild_from_type_v2", PickleRole::tensor_with_attributes),
    row("torch", "Tensor", PickleRole::tensor_type),
    row("torch._utils", "_rebuild_parameter", PickleRole::parameter),
    row("torch._utils", "_rebuild_parameter_with_state", PickleRole::parameter),
    row("torch._utils", "_rebuild_sparse_tensor", PickleRole::object, "a sparse tensor"),
    row("torch._utils", "_rebuild_qtensor", PickleRole::object, "a quantized tensor"),
    row("torch._utils", "_rebuild_meta_tensor_no_storage", PickleRole::object, "a meta tensor"),
    row("torch.serialization", "_get_layout", PickleRole::object, "a layout"),
    row("torch", "device", PickleRole::object, "a device"),
    row("collections", "Counter", PickleRole::object, "a Counter"),
    row("builtins", "set", PickleRole::object, "a set"),
    row("__builtin__", "set", PickleRole::object, "a set"),
    row("builtins", "bytearray", PickleRole::object, "a bytearray"),
    row("__builtin__", "bytearray", PickleRole::object, "a bytearray"),
    row("builtins", "complex", PickleRole::object, "a complex"),
    row("__builtin__", "complex", PickleRole::object, "a complex"),
    row("_codecs", "encode", PickleRole::object, "bytes"),
    storage_of("FloatStorage", "float32", Stored::f32),
    storage_of("DoubleStorage", "float64", Stored::f64),
    storage_of("HalfStorage", "float16", Stored::f16),
    storage_of("BFloat16Storage", "bfloat16", Stored::bf16),
    storage_of("LongStorage", "int64", Stored::i64),
    storage_of("IntStorage", "int32", Stored::i32),
    storage_of("ByteStorage", "uint8", Stored::u8),
    storage_of("BoolStorage", "bool", Stored::boolean),
    storage_of("ShortStorage", "int16"),
    storage_of("CharStorage", "int8"),
    storage_of("ComplexFloatStorage", "complex64"),
    storage_of("ComplexDoubleStorage", "complex128"),
    storage_of("QInt8Storage", "qint8"),
    storage_of("QUInt8Storage", "quint8"),
    storage_of("QInt32Storage", "qint32"),
    storage_of("QUInt4x2Storage", "quint4x2"),
    storage_of("QUInt2x4Storage", "quint2x4"),
    row("torch.storage", "UntypedStorage", PickleRole::storage, "unknown dtype"),
    dtype_named("float64"),
    dtype_named("float32"),
    dtype_named("float16"),
    dtype_named("bfloat16"),
    dtype_named("int64"),
    dtype_named("int32"),
    dtype_named("int16"),
    dtype_named("int8"),
    dtype_named("uint8"),
    dtype_named("bool"),
    dtype_named("uint16"),
    dtype_named("uint32"),
    dtype_named("uint64"),
    dtype_named("complex32"),
    dtype_named("complex64"),
    dtype_named("complex128"),
    dtype_named("float8_e5m2"),
    dtype_named("float8_e5m2fnuz"),
    dtype_named("float8_e4m3fn"),
    dtype_named("float8_e4m3fnuz"),
    dtype_named("float8_e8m0fnu"),
    dtype_named("float4_e2m1fn_x2"),
    dtype_named("per_tensor_affine"),  // of quantized tensors
    dtype_named("per_channel_affine"),
    dtype_named("per_channel_affine_float_qparams"),
};

}  // namespace

int find_pickle_global(std::string_view module, std::string_view name) noexcept {
  for (int i = 0; i < static_cast<int>(std::size(globals)); ++i) {
    if (module == globals[i].module && name == globals[i].name) return i;
  }
  return -1;
}

const PickleGlobal& pickle_global(int index) noexcept { return globals[index]; }

}  // namespace xtape::io
