#include "core/text/regex.h"

#include "core/text/utf8.h"

#include <algorithm>

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

namespace core {

namespace {

/// PCRE2's \s still counts U+180E, which Unicode no longer calls white space; tokenizers follow
/// Unicode.
std::string withUnicodeSpace(const std::string& pattern)
{
    std::string translated;
    for (std::size_t i = 0; i < pattern.size(); ++i) {
        if (pattern[i] != '\\' || i + 1 == pattern.size()) {
            translated += pattern[i];
            continue;
        }
        const char kind = pattern[++i];
        if (kind == 's')
            translated += "\\p{WSpace}";
        else if (kind == 'S')
            translated += "\\P{WSpace}";
        else
            translated.append("\\").append(1, kind);
    }
    return translated;
}

std::string messageFor(int code)
{
    PCRE2_UCHAR text[160] = {};
    pcre2_get_error_message(code, text, sizeof text);
    return reinterpret_cast<const char*>(text);
}

/// What matching writes to: one per thread, so that a shared Regex needs no lock.
struct Scratch {
    pcre2_match_data* data = pcre2_match_data_create(1, nullptr);
    pcre2_match_context* context = pcre2_match_context_create(nullptr);
    pcre2_jit_stack* stack = pcre2_jit_stack_create(32 * 1024, 4 * 1024 * 1024, nullptr);

    Scratch()
    {
        pcre2_jit_stack_assign(context, nullptr, stack);
        pcre2_set_match_limit(context, 20'000'000);
    }
    ~Scratch()
    {
        pcre2_jit_stack_free(stack);
        pcre2_match_context_free(context);
        pcre2_match_data_free(data);
    }
    Scratch(const Scratch&) = delete;
    Scratch& operator=(const Scratch&) = delete;
};

} // namespace

Result<Regex> Regex::compile(const std::string& pattern, const std::string& where)
{
    if (!isUtf8(pattern))
        return fail(
            Error::Code::InvalidFile, where + ": the regular expression is not valid UTF-8.");
    const std::string translated = withUnicodeSpace(pattern);
    int code = 0;
    PCRE2_SIZE offset = 0;
    // \C could split a character and callouts do nothing here.
    pcre2_code* compiled
        = pcre2_compile(reinterpret_cast<PCRE2_SPTR>(translated.data()), translated.size(),
            PCRE2_UTF | PCRE2_UCP | PCRE2_NEVER_BACKSLASH_C, &code, &offset, nullptr);
    if (!compiled)
        return fail(Error::Code::InvalidFile,
            where + ": the regular expression `" + pattern.substr(0, 80)
                + "` cannot be used: " + messageFor(code) + ".");
    pcre2_jit_compile(
        compiled, PCRE2_JIT_COMPLETE); // where JIT is missing, matching is slower but the same
    Regex regex;
    regex.m_code = std::shared_ptr<const void>(compiled,
        [](const void* p) { pcre2_code_free(static_cast<pcre2_code*>(const_cast<void*>(p))); });
    return regex;
}

Result<void> Regex::forEach(
    std::string_view text, const std::function<void(std::size_t, std::size_t)>& use) const
{
    thread_local Scratch scratch;
    const auto* code = static_cast<const pcre2_code*>(m_code.get());
    const auto* subject = reinterpret_cast<PCRE2_SPTR>(text.data());
    std::size_t from = 0;
    while (from <= text.size()) {
        const int count = pcre2_match(
            code, subject, text.size(), from, PCRE2_NO_UTF_CHECK, scratch.data, scratch.context);
        if (count == PCRE2_ERROR_NOMATCH)
            break;
        if (count < 0)
            return fail(Error::Code::InvalidFile,
                "The tokenizer's regular expression gave up on this text: " + messageFor(count)
                    + ".");
        const PCRE2_SIZE* found = pcre2_get_ovector_pointer(scratch.data);
        const std::size_t begin = found[0];
        const std::size_t end = found[1];
        if (end > begin)
            use(begin, end);
        if (end > from) {
            from = end;
            continue;
        }
        // An empty match: step over one character, or there would be no progress.
        from = std::max(from, end) + 1;
        while (from < text.size() && isUtf8Continuation(text[from]))
            ++from;
    }
    return {};
}

} // namespace core
