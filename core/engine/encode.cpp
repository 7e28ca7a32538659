#include "core/api/encode.h"

#include "core/engine/builtin_paths.h"
#include "core/engine/one_dictionary.h"
#include "core/engine/request_table.h"
#include "core/files/tensor_file.h"
#include "core/model/activation_cache.h"
#include "core/model/tensor_io.h"

#include <algorithm>
#include <utility>

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>
#include <fmt/format.h>

namespace core {

namespace {

/// What a dictionary reads, and what it should rebuild where that is known.
struct EncodeInput {
    at::Tensor x, target;
    std::string note = {};
    /// Of a text: the positions [T'] of its own tokens, without BOS and other special ones, which
    /// no statistic counts. Undefined: every vector counts.
    at::Tensor counted = {};
};

at::Tensor ordinaryPositions(const Prompt& prompt, const Tokenizer& tokenizer)
{
    std::vector<std::int64_t> positions;
    for (std::size_t i = 0; i < prompt.ids.size(); ++i)
        if (!tokenizer.isSpecial(prompt.ids[i]))
            positions.push_back(static_cast<std::int64_t>(i));
    return at::tensor(positions, at::kLong);
}

Result<EncodeInput> inputFromFile(const EncodeRequest& request, const Dictionary& dictionary)
{
    const auto file = TensorFile::open(request.inputFile);
    if (!file)
        return fail(file.error());
    const TensorView* const view = (*file)->find(request.inputTensor);
    if (!view) {
        std::string names;
        constexpr std::size_t kShown = 12;
        for (std::size_t i = 0; i < std::min(kShown, (*file)->tensors().size()); ++i)
            names += (i == 0 ? "" : ", ") + (*file)->tensors()[i].name;
        return fail(Error::Code::NotFound,
            request.inputFile + ": there is no tensor `" + request.inputTensor
                + "`. There are: " + (names.empty() ? "none" : names)
                + ((*file)->tensors().size() > kShown ? ", ..." : "") + ".");
    }
    auto tensor = toTensor(*view, (*file)->owner());
    if (!tensor)
        return fail(tensor.error());
    const at::Tensor x = tensor->to(at::kFloat);
    const DictionaryConfig& config = dictionary.config();
    const std::int64_t last = x.dim() > 0 ? x.size(-1) : 0;
    const bool isHeads = config.flattensHeads && x.dim() > 1 && last * x.size(-2) == config.d_in;
    if (x.numel() == 0 || (last != config.d_in && !isHeads))
        return fail(Error::Code::InvalidFile,
            request.inputFile + ": `" + request.inputTensor + "` is " + std::to_string(last)
                + " wide and " + config.name + " reads " + std::to_string(config.d_in)
                + " (d_in). It belongs to another model or hook point.");
    return EncodeInput{x, config.isTranscoder ? at::Tensor() : dictionary.target(x)};
}

Result<EncodeInput> inputFromText(const EncodeRequest& request,
    const std::shared_ptr<const Dictionary>& opened, const Context& context)
{
    const Dictionary& dictionary = *opened;
    const DictionaryConfig& config = dictionary.config();
    auto open = context.model();
    if (!open)
        return fail(open.error());
    const LoadedModel& model = **open;
    if (auto fits = fitsModel(config, model.transformer->config()); !fits)
        return fail(fits.error());
    const auto start = textStart(*model.tokenizer, Dictionaries{opened});
    if (!start)
        return fail(start.error());
    auto prompt = promptFromText(model, request.text, *start);
    if (!prompt)
        return fail(prompt.error());
    ForwardOptions options;
    options.stop = context.stop;
    auto pass = runWithCache(
        *model.transformer, prompt->tensor(), {config.hookIn, config.hookOut}, {}, options);
    if (!pass)
        return fail(pass.error());
    const auto read
        = [&](HookPoint point) { return pass->cache.at(point)[0].to(at::kCPU, at::kFloat); };
    // One layer of a cross-layer transcoder writes only a part of its own layer's output.
    return EncodeInput{read(config.hookIn),
        config.isCrossLayer ? at::Tensor() : dictionary.target(read(config.hookOut)), prompt->note,
        ordinaryPositions(*prompt, *model.tokenizer)};
}

/// Squared error over the squared distance from the mean; none for a single vector.
std::optional<double> unexplained(const at::Tensor& target, const at::Tensor& rebuilt)
{
    const std::int64_t width = target.size(-1);
    const at::Tensor y = target.reshape({-1, width}).to(at::kDouble);
    const double spread = (y - y.mean(0)).square().sum().item<double>();
    if (y.size(0) < 2 || spread <= 0.0)
        return std::nullopt;
    return (y - rebuilt.reshape({-1, width})).square().sum().item<double>() / spread;
}

} // namespace

Result<EncodeSummary> run(const EncodeRequest& request, Context& context)
{
    const at::NoGradGuard noGrad;
    auto opened = theOnly(allOf(openDictionariesAt(request.dictionary,
                              context.bench.options.resources, context.progress, context.stop)),
        request.dictionary);
    if (!opened)
        return fail(opened.error());
    const bool isFile = !request.inputFile.empty();
    // Vectors of a file are what a dictionary is given after its model's own preparation.
    const std::shared_ptr<const Dictionary> dictionary
        = isFile ? (*opened)->withoutCentring() : *opened;
    auto input = isFile ? inputFromFile(request, *dictionary)
                        : inputFromText(request, dictionary, context);
    if (!input)
        return fail(input.error());
    if (context.stop.stop_requested())
        return cancelled();
    const Encoding encoding
        = isFile ? dictionary->encodeBatch(input->x) : dictionary->encode(input->x);
    const at::Tensor rebuilt = dictionary->decode(encoding.feature_acts, input->x);
    if (auto saved = saveTensors(request.out,
            {{"feature_acts", encoding.feature_acts.contiguous()},
                {"reconstruction", rebuilt.contiguous()},
                {"sae_in", encoding.sae_in.contiguous()}});
        !saved)
        return fail(saved.error());
    EncodeSummary summary;
    summary.note = input->note;
    if (isFile && dictionary->config().batchK > 0.0)
        summary.note = fmt::format(
            "It is a training checkpoint: the vectors were read as one batch, of which the {:g} a "
            "vector largest activations were kept, as its training code does. Elsewhere its "
            "threshold stands in.",
            dictionary->config().batchK);
    summary.vectors = encoding.feature_acts.numel() / dictionary->config().d_sae;
    const auto counted = [&](const at::Tensor& rows) {
        return input->counted.defined() ? rows.index_select(0, input->counted) : rows;
    };
    const at::Tensor firing = counted(encoding.feature_acts).ne(0).to(at::kDouble).sum(-1);
    summary.l0 = firing.numel() > 0 ? firing.mean().item<double>() : 0.0;
    if (input->target.defined() && firing.numel() > 0)
        summary.fvu = unexplained(counted(input->target), counted(dictionary->target(rebuilt)));
    return summary;
}

const Handles<EncodeRequest> kEncode(Runs::AsAnAnswer, run);

} // namespace core
