#include "core/interventions/activation_reader.h"

#include <algorithm>

#include <ATen/ATen.h>
#include <fmt/format.h>

namespace core {

void addFeaturesOf(const std::vector<Intervention>& changes, std::vector<FeatureRef>& features)
{
    for (const Intervention& change : changes)
        if (std::find(features.begin(), features.end(), change.feature) == features.end())
            features.push_back(change.feature);
}

Result<std::shared_ptr<const Dictionary>> dictionaryOf(
    const FeatureRef& feature, const Dictionaries& dictionaries, const std::string& mend)
{
    const auto found = std::find_if(dictionaries.begin(), dictionaries.end(),
        [&](const auto& each) { return each->config().name == feature.dictionary; });
    if (found == dictionaries.end())
        return fail(Error::Code::NotFound,
            fmt::format(
                "{}: no such dictionary is open. Open it, or {}.", feature.dictionary, mend));
    if (!feature.feature.isValid() || feature.feature.value >= (*found)->config().d_sae)
        return fail(Error::Code::NotFound,
            fmt::format("{}: it has features 0 to {}, not {}.", feature.dictionary,
                (*found)->config().d_sae - 1, feature.feature.value));
    return *found;
}

Result<std::shared_ptr<const ActivationReader>> ActivationReader::create(
    const std::vector<FeatureRef>& features, const Dictionaries& dictionaries)
{
    auto reader = std::make_shared<ActivationReader>();
    reader->m_size = features.size();
    for (std::size_t i = 0; i < features.size(); ++i) {
        auto dictionary = dictionaryOf(features[i], dictionaries,
            fmt::format("leave its feature {} out", features[i].feature.value));
        if (!dictionary)
            return fail(dictionary.error());
        auto group = std::find_if(reader->m_groups.begin(), reader->m_groups.end(),
            [&](const Group& each) { return each.dictionary == *dictionary; });
        if (group == reader->m_groups.end()) {
            group = reader->m_groups.insert(reader->m_groups.end(), Group{});
            group->dictionary = *dictionary;
        }
        group->slice.features.push_back(features[i].feature);
        group->columns.push_back(static_cast<std::int64_t>(i));
    }
    for (Group& group : reader->m_groups) {
        group.index = at::tensor(group.columns).to(group.dictionary->b_dec().device());
        group.slice = group.dictionary->slice(std::vector<FeatureId>(group.slice.features));
    }
    return reader;
}

void ActivationReader::install(const std::shared_ptr<const ActivationReader>& reader,
    const std::shared_ptr<at::Tensor>& out, Hooks& hooks)
{
    for (const Group& group : reader->m_groups)
        hooks.on(group.dictionary->config().hookIn,
            // The group lives as long as its reader, which this keeps.
            [reader, &group, out](at::Tensor& value) {
                const at::Tensor read
                    = group.dictionary->activationsOf(value, group.slice).to(at::kFloat);
                if (!out->defined() || out->size(0) != read.size(0) || out->size(1) != read.size(1))
                    *out = at::zeros(
                        {read.size(0), read.size(1), static_cast<std::int64_t>(reader->m_size)},
                        read.options());
                out->index_copy_(2, group.index, read);
            });
}

} // namespace core
