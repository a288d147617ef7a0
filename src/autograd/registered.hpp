// The error of an assignment to a module's Parameter or Buffer. add_member in tensor.hpp lists these handles.
#pragma once

#include <string>

namespace xtape::detail {

/// `name`: of the registered tensor, if it is known.
[[noreturn]] void fail_rebinding(const std::string& name);

}  // namespace xtape::detail
