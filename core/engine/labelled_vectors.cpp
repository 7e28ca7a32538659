#include "core/engine/labelled_vectors.h"

#include "core/model/activation_cache.h"

#include <algorithm>
#include <map>

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>
#include <fmt/format.h>

namespace core {

namespace {

constexpr std::int64_t kLongestLabelledText = 128; // tokens, as SAEBench reads them
constexpr std::int64_t kMostFeatureNumbers = std::int64_t{1} << 27; // half a gigabyte

/// A text as the model reads it.
struct LabelledIds {
    std::vector<TokenId> ids;
    std::int64_t first = 0; ///< Its first own token.
    int label = 0;
};

Result<std::vector<LabelledIds>> encodedTexts(const LoadedModel& model,
    const LabelledDocuments& documents, std::int64_t most, const TextStart& start)
{
    std::vector<LabelledIds> texts;
    const auto count = static_cast<std::int64_t>(documents.texts.size());
    const std::int64_t taken = std::min(count, most);
    const std::size_t longest
        = static_cast<std::size_t>(std::min<std::int64_t>(kLongestLabelledText, model.info.n_ctx));
    for (std::int64_t i = 0; i < taken; ++i) {
        const auto at = static_cast<std::size_t>(i * count / taken); // evenly
        auto encoded = model.tokenizer->encode(documents.texts[at], false);
        if (!encoded)
            return fail(encoded.error());
        LabelledIds text{
            start.tokens, static_cast<std::int64_t>(start.tokens.size()), documents.labels[at]};
        text.ids.insert(text.ids.end(), encoded->ids.begin(), encoded->ids.end());
        text.ids.resize(std::min(text.ids.size(), longest));
        if (static_cast<std::int64_t>(text.ids.size()) > text.first)
            texts.push_back(std::move(text));
    }
    return texts;
}

} // namespace

Result<ReadTexts> labelledVectors(const LoadedModel& model, const Dictionary& dictionary,
    const LabelledDocuments& documents, TextReading reading, std::int64_t most,
    const Context& context)
{
    const at::NoGradGuard noGrad;
    const auto start = textStart(model);
    if (!start)
        return fail(start.error());
    ReadTexts out;
    out.note = start->note;
    if (const std::int64_t room = kMostFeatureNumbers / dictionary.config().d_sae; most > room) {
        most = room;
        if (static_cast<std::int64_t>(documents.texts.size()) > room)
            out.note += fmt::format("{}Only {} of {} texts were read: the features of more would "
                                    "take too much memory.",
                out.note.empty() ? "" : " ", room, documents.texts.size());
    }
    auto texts = encodedTexts(model, documents, most, *start);
    if (!texts)
        return fail(texts.error());
    if (texts->empty())
        return fail(Error::Code::NotFound, "There is no text to read.");
    std::stable_sort(texts->begin(), texts->end(),
        [](const auto& a, const auto& b) { return a.ids.size() < b.ids.size(); });
    std::vector<at::Tensor> x, features;
    std::map<int, int> seen; // texts of each label so far
    constexpr std::size_t kTextsAtOnce = 16;
    for (std::size_t begin = 0; begin < texts->size(); begin += kTextsAtOnce) {
        if (context.stop.stop_requested())
            return cancelled();
        context.progress({"Reading labelled texts", static_cast<std::int64_t>(begin),
            static_cast<std::int64_t>(texts->size()), "texts"});
        const std::size_t end = std::min(begin + kTextsAtOnce, texts->size());
        const auto width = static_cast<std::int64_t>((*texts)[end - 1].ids.size());
        at::Tensor ids = at::zeros({static_cast<std::int64_t>(end - begin), width}, at::kLong);
        for (std::size_t i = begin; i < end; ++i) {
            std::int64_t* row
                = ids.data_ptr<std::int64_t>() + static_cast<std::int64_t>(i - begin) * width;
            for (const TokenId id : (*texts)[i].ids)
                *row++ = id.value; // padded behind, where a causal model does not look
        }
        ForwardOptions options;
        options.stop = context.stop;
        options.isLastLogitsOnly = true;
        const HookPoint place = dictionary.config().hookIn;
        const auto run = runWithCache(*model.transformer, ids, {place}, {}, options);
        if (!run)
            return fail(run.error());
        for (std::size_t i = begin; i < end; ++i) {
            const LabelledIds& text = (*texts)[i];
            const auto length = static_cast<std::int64_t>(text.ids.size());
            std::int64_t first = text.first;
            if (reading == TextReading::LastToken)
                first = length - 1;
            const at::Tensor own
                = run->cache.at(place)[static_cast<std::int64_t>(i - begin)].narrow(
                    0, first, length - first);
            x.push_back(own.flatten(1).to(at::kCPU, at::kFloat).mean(0));
            features.push_back(dictionary.activations(own).mean(0).to(at::kCPU));
            out.vectors.labels.push_back(text.label);
            constexpr int kTestEvery = 4;
            out.vectors.isTest.push_back(seen[text.label]++ % kTestEvery == kTestEvery - 1);
        }
    }
    out.vectors.x = at::stack(x);
    out.vectors.features = at::stack(features);
    return out;
}

} // namespace core
