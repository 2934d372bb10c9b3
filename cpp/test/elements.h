#pragma once

#include "engine/pack.h"
#include "machines.h"

/** What a kernel must leave alone. */
constexpr float guard = -98765.5f;

/** Values of either precision in memory that has a NaN wherever a kernel must not read. */
class Elements {
public:
    Elements(const Machine& machine, int64_t count, float fill)
        : element_(machine.element()), bytes_(count * fn::bytes_of(element_)) {
        for (int64_t i = 0; i < count; i++) set(i, fill);
    }
    void* data() { return bytes_.data(); }
    void set(int64_t i, float value) {
        fn::with_elements(element_, bytes_.data(), [&](auto* elements) { fn::store_element(value, elements + i); });
    }
    float get(int64_t i) const {
        float value;
        fn::with_elements(element_, bytes_.data(), [&](const auto* elements) { value = fn::to_f32(elements[i]); });
        return value;
    }

private:
    fn::Precision element_;
    std::vector<char> bytes_;
};

inline float rounded(const Machine& machine, float value) {
    Elements one(machine, 1, value);
    return one.get(0);
}
