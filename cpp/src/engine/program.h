#pragma once

#include "engine/step.h"
#include "engine/step_times.h"
#include "engine/threads.h"

#include <deque>

namespace fn {

struct ProgramOptions {
    PixelLayout layout;
    int64_t images;
    int32_t height, width;
    int32_t threads;
    int64_t spin_ns;
    /**
     * Of a tile of pixels. Every tile reads all weights of its layer, from a cache as far away as they need, so tall
     * tiles are best; 100 to 200 rows were for every variant and precision on Zen 5, if by 2 % only.
     */
    int64_t max_rows = 112;
};

/** What is handed to the caller: a tensor, and the bytes that the whole batch takes there. */
struct ProgramOutput {
    const Tensor* tensor;
    int64_t bytes;
};

/** A model's steps for one shape of input and number of threads, with all the memory they need. */
class Program : private Task {
public:
    /** The options are valid: see fn_program_create. */
    Program(std::shared_ptr<const Model> model, const ProgramOptions& options);

    /** Bytes of a row of pixels when rows are dense. */
    int64_t dense_row_bytes() const;
    /** Rows of the source, over all its images and planes. */
    int64_t source_rows() const;
    /** Whether steps read the source where it is, as a dense tensor. */
    bool needs_dense_source() const { return needs_dense_source_; }
    /** Whether the output may be the source. */
    bool can_overwrite_source() const { return can_overwrite_source_; }

    /** One call at a time. */
    void run(const void* src, int64_t src_row_bytes, const int64_t* dst);

    const Model& model() const { return *model_; }
    const ProgramOptions& options() const { return options_; }
    const std::vector<std::unique_ptr<Step>>& steps() const { return steps_; }
    const std::vector<ProgramOutput>& outputs() const { return outputs_; }
    /** A batch is done in equal parts of so many images, one after the other: as many as stay in the caches. */
    int64_t images_at_once() const { return images_at_once_; }
    size_t arena_bytes() const { return arena_.bytes() + scratch_pages_.bytes(); }

    /** Whether runs take the times of their steps, from the next one on. */
    void profile(bool on);
    /** Of the last run, by thread; the caller's is the first. Empty unless they are taken. */
    const StepTimes& step_times() const { return step_times_; }

private:
    class Plan;

    void run(int32_t thread, int32_t threads) override;

    std::shared_ptr<const Model> model_;
    ProgramOptions options_;
    std::deque<Tensor> tensors_;  // steps refer to them
    std::vector<ProgramOutput> outputs_;
    std::vector<std::unique_ptr<Step>> steps_;
    std::vector<Scratch> scratches_;
    Pages arena_, scratch_pages_;
    int64_t images_at_once_ = 1;
    bool needs_dense_source_ = false, can_overwrite_source_ = false;
    Call call_{};
    std::unique_ptr<SharedSteps> shared_;  // by the threads of a run
    uint32_t rounds_ = 0;                  // how often all steps have been done
    StepTimes step_times_;
};

}  // namespace fn
