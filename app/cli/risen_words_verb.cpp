#include "app/cli/context.h"
#include "app/cli/intervention_spec.h"
#include "app/cli/verbs.h"

#include "core/api/risen_words.h"

#include <fmt/format.h>

namespace cli {

namespace {

struct RisenWordsOptions {
    std::string model, feature;
    std::vector<std::string> dictionaries;
    bool isUnguarded = false;
    core::RisenWordsRequest request;
};

int risenWords(Context& context, RisenWordsOptions options)
{
    options.request.feature = parseFeature("FEATURE", options.feature);
    options.request.isGuarded = !options.isUnguarded;
    context.usesWorkspaces = true; // strengths count the maximum found in a harvest
    if (const auto opened = context.open(options.model, options.dictionaries); !opened)
        return report(opened.error());
    const auto answer = context.ask(options.request);
    if (!answer)
        return report(answer.error());
    const core::RisenWords& risen = **answer;
    Json words = Json::array();
    std::string text = risen.words.empty() ? "no word rises clearly" : "word\tsteered\tnormal\tz";
    for (const core::RisenWord& one : risen.words) {
        words.push(Json{
            {"word", one.word}, {"steered", one.steered}, {"normal", one.normal}, {"z", one.z}});
        text += fmt::format("\n{}\t{}\t{}\t{:.1f}", one.word, one.steered, one.normal, one.z);
    }
    text += fmt::format("\nsteered: {}{}\nnormal: {}{}", risen.request.prompt, risen.steered,
        risen.request.prompt, risen.normal);
    context.print({{"words", std::move(words)}, {"texts", risen.request.texts},
                      {"strength", risen.request.multiple}, {"steered", risen.steered},
                      {"normal", risen.normal}, {"note", risen.note}},
        text);
    return kDone;
}

} // namespace

void addRisenWordsVerb(Verb& features)
{
    const auto options = std::make_shared<RisenWordsOptions>();
    core::RisenWordsRequest& request = options->request;
    Verb verb = features.verb("says",
        "what a feature makes the model say: words that rise in "
        "sampled texts when it is held up");
    verb.option("MODEL", options->model, "a Hugging Face folder, a GGUF file, or builtin")
        .required();
    verb.option("FEATURE", options->feature, "DICT:INDEX").required();
    verb.option("--dictionary", options->dictionaries,
            "a dictionary to take features from; may be repeated")
        .oneEach();
    verb.option("--prompt", request.prompt, "the text to go on from").showingDefault();
    verb.option("--strength", request.multiple, "multiples of the feature's maximum")
        .positive()
        .showingDefault();
    verb.option("--texts", request.texts, "sampled with it held up, and as many without")
        .between(2, 48)
        .showingDefault();
    verb.option("--max-tokens", request.tokens, "of each text").between(1, 1000).showingDefault();
    verb.option("--seed", request.seed, "same seed, same texts").showingDefault();
    verb.flag("--unguarded", options->isUnguarded, "the pure change, which may break the text");
    verb.runs([options](Context& context) { return risenWords(context, *options); });
}

} // namespace cli
