#include "core/features/word_features.h"

#include "core/features/feature_words.h"

namespace core {

Result<void> storeWordFeatures(WorkspaceReader& reader, WorkspaceWriter& writer,
    const StoredDictionary& dictionary, std::stop_token stop)
{
    const auto bytes = reader.wordVectors(dictionary.corpus);
    if (!bytes)
        return fail(bytes.error());
    if (!*bytes)
        return {};
    const auto vectors = WordVectors::read(
        **bytes, reader.path().filename().string() + ": the word vectors of the corpus");
    if (!vectors)
        return fail(vectors.error());
    WordFeatureLists lists;
    const auto read = reader.eachFeatureText(
        dictionary.id,
        [&](const FeatureTextHit& text) {
            lists.add(
                text.key.feature, featureWords(*vectors, text.label, text.promoted, text.words));
        },
        stop);
    if (!read)
        return fail(read.error());
    return writer.putWordFeatures(dictionary.id, lists.take());
}

} // namespace core
