// The error of an assignment to a module's Parameter or Buffer. add_member in tensor.hpp lists these handles.
#pragma once

#include <string>

namespace xtape::detail {

/// `has_tensor`: whether the member has a registered tensor; `name`: its name, if it is known.
[[noreturn]] void fail_rebinding(bool has_tensor, const std::string& name);

}  // namespace xtape::detail
