#pragma once

#include "core/base/ids.h"

#include <algorithm>
#include <cstdint>
#include <iterator>
#include <memory>
#include <utility>
#include <vector>

namespace core {

/// Features in order, as few or as many as there are: ten million take 4 bytes each, since each is
/// made when it is asked for. Immutable and cheap to copy; may be read from any thread.
class FeatureSequence {
public:
    /// Where a long sequence is kept.
    class Order {
    public:
        virtual ~Order() = default;
        virtual std::int64_t size() const = 0;
        virtual FeatureRef at(std::int64_t row) const = 0; ///< 0 <= row < size().
        virtual std::int64_t rowOf(const FeatureRef& feature) const = 0; ///< -1 for none.
    };

    FeatureSequence() = default;
    FeatureSequence(std::vector<FeatureRef> features)
        : m_order(std::make_shared<Few>(std::move(features)))
    {
    }
    explicit FeatureSequence(std::shared_ptr<const Order> order)
        : m_order(std::move(order))
    {
    }

    std::size_t size() const { return m_order ? static_cast<std::size_t>(m_order->size()) : 0; }
    bool empty() const { return size() == 0; }
    FeatureRef operator[](std::size_t row) const
    {
        return m_order->at(static_cast<std::int64_t>(row));
    }
    FeatureRef front() const { return (*this)[0]; }
    FeatureRef back() const { return (*this)[size() - 1]; }
    std::int64_t rowOf(const FeatureRef& feature) const
    {
        return m_order ? m_order->rowOf(feature) : -1;
    }
    /// `count` of them from `first` on, or as many as there are.
    std::vector<FeatureRef> slice(std::size_t first, std::size_t count) const
    {
        std::vector<FeatureRef> features;
        for (std::size_t row = first; row < size() && features.size() < count; ++row)
            features.push_back((*this)[row]);
        return features;
    }
    std::vector<FeatureRef> toVector() const { return slice(0, size()); }

    class Iterator {
    public:
        using iterator_category = std::input_iterator_tag;
        using value_type = FeatureRef;
        using difference_type = std::ptrdiff_t;
        using pointer = const FeatureRef*;
        using reference = FeatureRef;

        Iterator(const FeatureSequence* of, std::size_t row)
            : m_of(of)
            , m_row(row)
        {
        }
        FeatureRef operator*() const { return (*m_of)[m_row]; }
        Iterator& operator++()
        {
            ++m_row;
            return *this;
        }
        bool operator==(const Iterator& other) const { return m_row == other.m_row; }

    private:
        const FeatureSequence* m_of;
        std::size_t m_row;
    };
    Iterator begin() const { return {this, 0}; }
    Iterator end() const { return {this, size()}; }

private:
    class Few : public Order {
    public:
        explicit Few(std::vector<FeatureRef> features)
            : m_features(std::move(features))
        {
        }
        std::int64_t size() const override { return static_cast<std::int64_t>(m_features.size()); }
        FeatureRef at(std::int64_t row) const override
        {
            return m_features[static_cast<std::size_t>(row)];
        }
        std::int64_t rowOf(const FeatureRef& feature) const override
        {
            const auto found = std::find(m_features.begin(), m_features.end(), feature);
            return found == m_features.end() ? -1 : found - m_features.begin();
        }

    private:
        std::vector<FeatureRef> m_features;
    };

    std::shared_ptr<const Order> m_order;
};

} // namespace core
