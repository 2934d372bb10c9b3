package org.fasternet.backend.cudnn;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.fasternet.internal.Resources;
import org.fasternet.schedule.Step;

/**
 * Chooses, step by step, between what computes a schedule without tuning and the kernels of ours that are offered to it; then how all of
 * them are launched.
 */
final class Tuning {
    private final KernelContext context;
    private final Launches launches;
    private final Choices choices;
    private final List<OfferedKernel> offered = new ArrayList<>();

    /**
     * @param launches with a timer, unless all choices have been made
     * @param owner frees what kernels need on the device
     */
    Tuning(Launches launches, Choices choices, KernelContext context, Resources owner) {
        this.context = context;
        this.launches = launches;
        this.choices = choices;
        if (Launches.hasMatrixKernels(context.precision(), Cuda.capability(context.device()))) {
            offered.add(new EmbedKernel(context));
            offered.add(new MlpKernel(owner, context, launches::workspace));
        }
        if (DenseKernel.computes(context.precision())) {
            offered.add(new DenseKernel(context));
        }
    }

    /** All of a schedule's steps, in their order. */
    Sequence prepare(List<Step> steps) {
        List<Prepared> prepared = new ArrayList<>();
        for (int i = 0; i < steps.size();) {
            Optional<Alternative> ours = offered(steps, i);
            if (ours.isPresent()) {
                prepared.addAll(fastest(ours.get()));
                i += ours.get().steps().size();
            } else {
                prepared.add(launches.prepare(steps.get(i++)));
            }
        }
        return new Sequence(prepared, isFasterEarly(prepared));
    }

    private boolean isFasterEarly(List<Prepared> prepared) {
        if (Cuda.capability(context.device()) < Sequence.EARLY_CAPABILITY) {
            return false;
        }
        Map<String, Prepared> ways = new LinkedHashMap<>();
        for (boolean early : new boolean[] {false, true}) {
            Prepared way = new Sequence(prepared, early).asOne();
            ways.put(way.implementation(), way);
        }
        String kernels = CudaKernels.loaded(CudaKernels.NETWORKS, context.device()).source();
        String what = prepared.stream().map(each -> each.label() + " " + each.src().shape() + " by " + each.implementation())
                .collect(Collectors.joining(", "));
        return choices.fastest("a choice with " + kernels + "for " + what, ways.keySet(), way -> launches.micros(ways.get(way)))
                .equals(Sequence.EARLY);
    }

    private Optional<Alternative> offered(List<Step> steps, int index) {
        return offered.stream().flatMap(kernel -> kernel.at(steps, index).stream()).findFirst();
    }

    /** What computes the steps one by one, or a kernel of ours. Those that are not chosen are made only to be measured. */
    private List<Prepared> fastest(Alternative ours) {
        Map<String, Supplier<List<Prepared>>> ways = new LinkedHashMap<>();
        ways.put("apart", () -> ours.steps().stream().map(launches::prepare).toList());
        ours.ways().forEach((name, way) -> ways.put(name, () -> List.of(way.get())));
        // Each launch by itself: one after the other they would feed their results to each other, until no number is finite.
        String fastest = choices.fastest("a choice with " + ours.source() + "for " + ours.what(),
                ways.keySet(), way -> ways.get(way).get().stream().mapToDouble(launches::micros).sum());
        return ways.get(fastest).get();
    }
}
