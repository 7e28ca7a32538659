#pragma once

#include <string>
#include <utility>

#include <tl/expected.hpp>

namespace core {

/// Why an operation failed, in words a person can act on: what happened, to which file or field,
/// and what to do about it.
struct Error {
    enum class Code { NotFound, InvalidFile, Unsupported, OutOfMemory, Cancelled, Io, Internal };

    Code code = Code::Internal;
    std::string message;
};

/// A value or an Error. Everything the world can get wrong (files, formats, memory, cancelling)
/// returns one; it can become std::expected when the compiler has it.
template <typename T> using Result = tl::expected<T, Error>;

/// `return fail(Error::Code::InvalidFile, "config.json: field `n_layer` is missing. ...");`
inline tl::unexpected<Error> fail(Error::Code code, std::string message)
{
    return tl::unexpected<Error>(Error{code, std::move(message)});
}

/// Passes the error of one Result on as another's: `if (!x) return fail(x.error());`
inline tl::unexpected<Error> fail(Error error)
{
    return tl::unexpected<Error>(std::move(error));
}

/// What a stopped request answers. Never shown to a person.
inline tl::unexpected<Error> cancelled()
{
    return fail(Error::Code::Cancelled, "Cancelled.");
}

} // namespace core
