#include "app/cli/trace_options.h"

namespace cli {

void addTracedModel(Verb verb, std::string& model, std::vector<std::string>& dictionaries)
{
    verb.option("MODEL", model, "a Hugging Face folder, a GGUF file, or builtin").required();
    verb.option("--dictionary", dictionaries,
            "a transcoder set, or SAEs of the residual stream; may be repeated. builtin brings its "
            "own")
        .oneEach();
}

} // namespace cli
