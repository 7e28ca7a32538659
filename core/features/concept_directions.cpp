#include "core/features/concept_directions.h"

#include "core/model/activation_cache.h"
#include "core/model/massive_rows.h"

#include <ATen/ATen.h>
#include <c10/core/InferenceMode.h>
#include <fmt/format.h>

#include <algorithm>

namespace core {

namespace {

constexpr std::int64_t kBatchTokens = 2048; ///< Read at once, padding included.
constexpr std::int64_t kRowsOfAText = 20; ///< Kept for thresholds and for telling texts apart.
constexpr double kQuiet = 0.99; ///< Of the others' tokens a feature does not fire on.

/// What was read of one concept's texts.
struct ReadTexts {
    at::Tensor sum, namedSum; // [d_model]
    std::vector<at::Tensor> rows; // of each learning passage, at most [kRowsOfAText, d_model]
    std::vector<at::Tensor> heldOut; // the same of passages that nothing is learnt from
    ConceptDirection known;
};

/// The ways a tokenizer may write a name inside a text.
Result<std::vector<std::vector<TokenId>>> spellings(
    const Tokenizer& tokenizer, const std::string& name)
{
    std::vector<std::vector<TokenId>> out;
    for (const std::string& text : {" " + name, name}) {
        const auto tokens = tokenizer.encode(text, false);
        if (!tokens)
            return fail(tokens.error());
        if (!tokens->ids.empty())
            out.push_back(tokens->ids);
    }
    return out;
}

/// Whether each token belongs to a place where the name stands.
std::vector<char> namedTokens(
    const std::vector<TokenId>& tokens, const std::vector<std::vector<TokenId>>& names)
{
    std::vector<char> isNamed(tokens.size(), 0);
    for (const auto& name : names)
        for (auto from = tokens.begin();; ++from) {
            from = std::search(from, tokens.end(), name.begin(), name.end());
            if (from == tokens.end())
                break;
            std::fill_n(isNamed.begin() + (from - tokens.begin()), name.size(), 1);
        }
    return isNamed;
}

at::Tensor asMask(std::vector<char>& flags)
{
    return at::from_blob(flags.data(), {std::ssize(flags)}, at::kChar).to(at::kBool);
}

/// Adds one passage, whose activations are `x` [T, d_model] on the host.
void add(ReadTexts& read, const at::Tensor& x, std::vector<char> isOrdinary,
    std::vector<char> isNamed, bool isHeldOut)
{
    const at::Tensor ordinary = asMask(isOrdinary);
    const at::Tensor rows = x.index({ordinary});
    if (rows.size(0) == 0)
        return;
    const std::int64_t step = (rows.size(0) + kRowsOfAText - 1) / kRowsOfAText;
    (isHeldOut ? read.heldOut : read.rows).push_back(rows.slice(0, 0, {}, step).clone());
    if (isHeldOut)
        return;
    const at::Tensor named = x.index({asMask(isNamed).logical_and(ordinary)});
    read.sum += rows.sum(0);
    read.namedSum += named.sum(0);
    read.known.tokens += rows.size(0);
    read.known.named += named.size(0);
}

struct TextAt {
    std::size_t which = 0, passage = 0; // concept, and passage of it
};

class TextReader {
public:
    TextReader(const Transformer& model, const Tokenizer& tokenizer,
        const std::vector<ConceptTexts>& texts, Layer layer)
        : m_model(model)
        , m_tokenizer(tokenizer)
        , m_texts(texts)
        , m_layer(layer)
        , m_read(texts.size())
    {
        for (ReadTexts& read : m_read) {
            read.sum = at::zeros({model.config().d_model});
            read.namedSum = at::zeros({model.config().d_model});
        }
    }

    Result<std::vector<ReadTexts>> all(const ProgressFn& progress, const std::stop_token& stop)
    {
        for (const ConceptTexts& texts : m_texts) {
            auto names = spellings(m_tokenizer, texts.name);
            if (!names)
                return fail(names.error());
            m_names.push_back(std::move(*names));
        }
        // Those of like length together, so that little is spent on padding.
        std::vector<TextAt> order;
        for (std::size_t c = 0; c < m_texts.size(); ++c)
            for (std::size_t p = 0; p < m_texts[c].passages.size(); ++p)
                order.push_back({c, p});
        std::stable_sort(order.begin(), order.end(),
            [&](const TextAt& a, const TextAt& b) { return tokens(a).size() < tokens(b).size(); });
        const auto total = std::ssize(order);
        for (std::size_t first = 0; first < order.size();) {
            std::size_t end = first + 1;
            while (end < order.size()
                && std::int64_t((end + 1 - first) * tokens(order[end]).size()) <= kBatchTokens)
                ++end;
            if (progress)
                progress({"Reading the texts", std::int64_t(first), total, "texts"});
            if (stop.stop_requested())
                return cancelled();
            if (auto done = batch(
                    {order.begin() + std::ptrdiff_t(first), order.begin() + std::ptrdiff_t(end)},
                    stop);
                !done)
                return fail(done.error());
            first = end;
        }
        return std::move(m_read);
    }

private:
    const std::vector<TokenId>& tokens(const TextAt& place) const
    {
        return m_texts[place.which].passages[place.passage].tokens;
    }

    Result<void> batch(const std::vector<TextAt>& places, const std::stop_token& stop)
    {
        const auto length = std::ssize(tokens(places.back()));
        at::Tensor ids = at::zeros({std::ssize(places), length}, at::kLong);
        for (std::size_t b = 0; b < places.size(); ++b)
            for (std::size_t t = 0; t < tokens(places[b]).size(); ++t)
                ids.data_ptr<std::int64_t>()[std::int64_t(b) * length + std::int64_t(t)]
                    = tokens(places[b])[t].value;
        ForwardOptions options;
        options.stop = stop;
        options.stopAtLayer = m_layer.value + 1;
        const HookPoint point{HookKind::ResidPost, m_layer};
        auto run = runWithCache(m_model, ids, {point}, {}, options);
        if (!run)
            return fail(run.error());
        const at::Tensor x = run->cache.at(point).to(at::kCPU, at::kFloat); // [B, T, d_model]
        // Of the batch's own tokens: what pads a text is none.
        std::vector<at::Tensor> lengths;
        for (std::size_t b = 0; b < places.size(); ++b)
            lengths.push_back(
                rowLengths(x[std::int64_t(b)].slice(0, 0, std::ssize(tokens(places[b])))));
        const double limit = massiveLimit(at::cat(lengths));
        for (std::size_t b = 0; b < places.size(); ++b) {
            const std::vector<TokenId>& text = tokens(places[b]);
            std::vector<char> isOrdinary;
            for (std::size_t t = 0; t < text.size(); ++t)
                isOrdinary.push_back(
                    !m_tokenizer.isSpecial(text[t]) && lengths[b].data_ptr<float>()[t] <= limit);
            add(m_read[places[b].which], x[std::int64_t(b)].slice(0, 0, std::ssize(text)),
                std::move(isOrdinary), namedTokens(text, m_names[places[b].which]),
                places[b].passage % kConceptHoldOut == kConceptHoldOut - 1);
        }
        return {};
    }

    const Transformer& m_model;
    const Tokenizer& m_tokenizer;
    const std::vector<ConceptTexts>& m_texts;
    Layer m_layer;
    std::vector<ReadTexts> m_read;
    std::vector<std::vector<std::vector<TokenId>>> m_names; // of each concept
};

at::Tensor unit(const at::Tensor& v)
{
    return v / v.norm().clamp_min(1e-12);
}

/// How often a value of `of` [n] is larger than one of `than` [m]; a tie is half.
double shareLarger(const at::Tensor& of, const at::Tensor& than)
{
    const at::Tensor difference = of.unsqueeze(1) - than.unsqueeze(0);
    return (difference > 0)
        .to(at::kDouble)
        .add((difference == 0).to(at::kDouble), 0.5)
        .mean()
        .item<double>();
}

Result<void> check(const std::vector<ConceptTexts>& texts, Layer layer, const ModelConfig& config)
{
    if (layer.value < 0 || layer.value >= config.n_layers)
        return fail(Error::Code::Unsupported,
            fmt::format("There is no layer {}; the model has layers 0 to {}. Choose one of them.",
                layer.value, config.n_layers - 1));
    if (texts.size() < 2)
        return fail(Error::Code::NotFound,
            "A concept is learnt from how texts about it differ from texts about others. Give "
            "texts about two concepts or more.");
    for (const ConceptTexts& one : texts)
        if (one.passages.size() < kConceptHoldOut)
            return fail(Error::Code::NotFound,
                fmt::format("There are {} texts about \"{}\". Give at least {}, better fifty.",
                    one.passages.size(), one.name, kConceptHoldOut));
    return {};
}

} // namespace

Result<ConceptDirections> conceptDirections(const Transformer& model, const Tokenizer& tokenizer,
    const std::vector<ConceptTexts>& texts, Layer layer, const ProgressFn& progress,
    const std::stop_token& stop)
{
    if (auto fits = check(texts, layer, model.config()); !fits)
        return fail(fits.error());
    const c10::InferenceMode inference;
    auto all = TextReader(model, tokenizer, texts, layer).all(progress, stop);
    if (!all)
        return fail(all.error());
    const auto n = std::ssize(texts);
    std::vector<at::Tensor> means;
    for (std::size_t c = 0; c < all->size(); ++c) {
        if ((*all)[c].known.tokens == 0 || (*all)[c].heldOut.empty())
            return fail(Error::Code::NotFound,
                fmt::format("The texts about \"{}\" hold no words. Give others.", texts[c].name));
        means.push_back((*all)[c].sum / (*all)[c].known.tokens);
    }
    const at::Tensor mean = at::stack(means); // [n, d_model]
    const at::Tensor others = (mean.sum(0, true) - mean) / (n - 1);

    ConceptDirections out;
    std::vector<at::Tensor> directions, biases, thresholds;
    for (std::int64_t c = 0; c < n; ++c) {
        ReadTexts& read = (*all)[static_cast<std::size_t>(c)];
        at::Tensor v = unit(mean[c] - others[c]);
        if (read.known.named > 0)
            v = unit(v + unit(read.namedSum / read.known.named - others[c]));
        const at::Tensor bias = -others[c].dot(v);
        const auto project = [&](const at::Tensor& rows) { return rows.matmul(v) + bias; };
        std::vector<at::Tensor> elsewhere, heldOutOfOthers, heldOut;
        for (std::int64_t o = 0; o < n; ++o)
            if (o != c)
                for (const at::Tensor& rows : (*all)[static_cast<std::size_t>(o)].rows)
                    elsewhere.push_back(project(rows));
        const at::Tensor threshold = at::quantile(at::cat(elsewhere), kQuiet).clamp_min(0);
        const auto score = [&](const at::Tensor& rows) {
            const at::Tensor acts = project(rows);
            return acts.where(acts > threshold, at::zeros_like(acts)).mean();
        };
        for (std::int64_t o = 0; o < n; ++o)
            for (const at::Tensor& rows : (*all)[static_cast<std::size_t>(o)].heldOut)
                (o == c ? heldOut : heldOutOfOthers).push_back(score(rows));
        read.known.separation = shareLarger(at::stack(heldOut), at::stack(heldOutOfOthers));
        directions.push_back(v);
        biases.push_back(bias);
        thresholds.push_back(threshold);
        out.concepts.push_back(read.known);
    }
    DictionaryConfig config;
    config.name = fmt::format("layer_{}", layer.value);
    config.format = "SAELens";
    config.architecture = "jumprelu";
    config.facts.areConcepts = true;
    config.activation = FeatureActivation::JumpRelu;
    config.d_in = config.d_out = model.config().d_model;
    config.d_sae = static_cast<int>(n);
    config.hookIn = config.hookOut = {HookKind::ResidPost, layer};
    config.baseModel = model.config().name;
    const at::Tensor rows = at::stack(directions);
    auto dictionary = Dictionary::create(config,
        {rows, at::stack(biases), rows.clone(), at::zeros({config.d_in}), at::stack(thresholds)});
    if (!dictionary)
        return fail(dictionary.error());
    out.dictionary = std::move(*dictionary);
    return out;
}

} // namespace core
