#pragma once

#include "engine/pack.h"
#include "machines.h"

/** What a kernel must leave alone. */
constexpr float guard = -98765.5f;

/** Values of either precision in memory that has a NaN wherever a kernel must not read. */
class Elements {
public:
    Elements(const Machine& machine, int64_t count, float fill)
        : f32_(machine.precision == FN_F32), bytes_(count * (f32_ ? sizeof(float) : sizeof(fn::Bf16))) {
        for (int64_t i = 0; i < count; i++) set(i, fill);
    }
    void* data() { return bytes_.data(); }
    void set(int64_t i, float value) {
        if (f32_) {
            reinterpret_cast<float*>(bytes_.data())[i] = value;
        } else {
            reinterpret_cast<fn::Bf16*>(bytes_.data())[i] = fn::to_bf16(value);
        }
    }
    float get(int64_t i) const {
        return f32_ ? reinterpret_cast<const float*>(bytes_.data())[i]
                    : fn::to_f32(reinterpret_cast<const fn::Bf16*>(bytes_.data())[i]);
    }

private:
    bool f32_;
    std::vector<char> bytes_;
};

inline float rounded(const Machine& machine, float value) {
    return machine.precision == FN_F32 ? value : fn::to_f32(fn::to_bf16(value));
}
