#include "core/features/feature_accumulator.h"

// An accumulator as bytes, so that a harvest can go on after the program was closed.
namespace core {

namespace {

void writeExample(ByteWriter& out, const StoredExample& example)
{
    out.value(example.passage);
    out.value(example.start);
    out.array(example.activations);
}

StoredExample readExample(ByteReader& in)
{
    StoredExample example;
    example.passage = in.value<std::int64_t>();
    example.start = in.value<std::int32_t>();
    example.activations = in.array<float>();
    return example;
}

void writeExamples(ByteWriter& out, const std::vector<StoredExample>& examples)
{
    out.count(examples.size());
    for (const StoredExample& example : examples)
        writeExample(out, example);
}

std::vector<StoredExample> readExamples(ByteReader& in)
{
    std::vector<StoredExample> examples(in.size(13));
    for (StoredExample& example : examples)
        example = readExample(in);
    return examples;
}

} // namespace

void FeatureAccumulator::write(ByteWriter& out) const
{
    out.count(m_counts.size());
    for (const Counts& counts : m_counts) {
        out.count(counts.firings);
        out.value(counts.sum);
        out.value(counts.max);
        out.count(counts.samples.size());
        for (const auto& [passage, position] : counts.samples) {
            out.count(passage);
            out.count(position);
        }
    }
    out.count(m_evidence.size());
    for (const Evidence& evidence : m_evidence) {
        out.array(evidence.histogram);
        writeExamples(out, evidence.top);
        for (const Reservoir& reservoir : evidence.intervals) {
            out.count(reservoir.seen);
            writeExamples(out, reservoir.kept);
        }
    }
    if (!m_evidence.empty()) // which tokens they are follows from the samples
        for (const std::vector<std::uint32_t>& firing : m_firing)
            out.array(firing);
}

bool FeatureAccumulator::read(ByteReader& in)
{
    if (in.size(14) != m_counts.size())
        return false;
    for (Counts& counts : m_counts) {
        counts.firings = in.count();
        counts.sum = in.value<double>();
        counts.max = in.value<float>();
        counts.samples.resize(in.size(2));
        for (auto& [passage, position] : counts.samples) {
            passage = static_cast<std::uint32_t>(in.count());
            position = static_cast<std::uint32_t>(in.count());
        }
    }
    const std::size_t collected = in.size(2);
    if (!in.isGood() || (collected != 0 && collected != m_counts.size()))
        return false;
    if (collected == 0)
        return true;
    startCollecting();
    const std::size_t bins = m_evidence[0].histogram.size();
    for (Evidence& evidence : m_evidence) {
        evidence.histogram = in.array<std::uint32_t>();
        if (evidence.histogram.size() != bins)
            return false;
        evidence.top = readExamples(in);
        for (Reservoir& reservoir : evidence.intervals) {
            reservoir.seen = in.count();
            reservoir.kept = readExamples(in);
        }
    }
    for (std::vector<std::uint32_t>& firing : m_firing) {
        firing = in.array<std::uint32_t>();
        for (const std::uint32_t feature : firing)
            if (feature >= m_counts.size())
                return false;
    }
    return in.isGood();
}

} // namespace core
