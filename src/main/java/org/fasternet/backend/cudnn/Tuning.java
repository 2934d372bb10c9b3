package org.fasternet.backend.cudnn;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;
import java.util.function.ToLongFunction;
import org.fasternet.compute.Precision;
import org.fasternet.internal.Resources;
import org.fasternet.schedule.Step;
import org.fasternet.schedule.View;

/** Chooses, step by step, between what computes a schedule without tuning and the kernels of ours that are offered to it. */
final class Tuning {
    private final Launches launches;
    private final Choices choices;
    private final List<OfferedKernel> offered = new ArrayList<>();

    /**
     * @param launches with a timer, unless all choices have been made
     * @param address where a view's first element lies
     * @param owner frees what kernels need on the device
     */
    Tuning(Launches launches, Choices choices, DeviceWeights weights, Precision precision, int device, ToLongFunction<View> address,
            Resources owner) {
        this.launches = launches;
        this.choices = choices;
        if (Launches.hasMatrixKernels(precision, Cuda.capability(device))) {
            offered.add(new EmbedKernel(weights, device, address));
            offered.add(new MlpKernel(owner, weights, precision, device, address, launches::workspace));
        }
        if (DenseKernel.computes(precision)) {
            offered.add(new DenseKernel(weights, device, address));
        }
    }

    /** All of a schedule's steps, in their order. */
    List<Launches.Prepared> prepare(List<Step> steps) {
        List<Launches.Prepared> prepared = new ArrayList<>();
        for (int i = 0; i < steps.size(); i = prepared.stream().mapToInt(p -> p.steps().size()).sum()) {
            int index = i;
            Optional<Alternative> ours = offered.stream().flatMap(kernel -> kernel.at(steps, index).stream()).findFirst();
            prepared.addAll(ours.map(this::fastest).orElseGet(() -> List.of(launches.prepare(steps.get(index)))));
        }
        return prepared;
    }

    /** What computes the steps one by one, or a kernel of ours. Those that are not chosen are made only to be measured. */
    private List<Launches.Prepared> fastest(Alternative ours) {
        Map<String, Supplier<List<Launches.Prepared>>> ways = new LinkedHashMap<>();
        ways.put("apart", () -> ours.steps().stream().map(launches::prepare).toList());
        ours.ways().forEach((name, way) -> ways.put(name, () -> List.of(way.get())));
        // Each launch by itself: one after the other they would feed their results to each other, until no number is finite.
        String fastest = choices.fastest("a choice with " + CudaKernels.source(ours.source()) + "for " + ours.what(),
                ways.keySet(), way -> ways.get(way).get().stream().mapToDouble(launches::micros).sum());
        return ways.get(fastest).get();
    }
}
