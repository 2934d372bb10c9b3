package org.fasternet.backend.cudnn;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.fasternet.internal.CompileProgress;
import org.fasternet.internal.Resources;
import org.fasternet.schedule.Step;

/**
 * Chooses, step by step, between what computes a schedule without tuning and the kernels of ours that are offered to it; then how all of
 * it is launched.
 */
final class Tuning {
    private final KernelContext context;
    private final Launches launches;
    private final Choices choices;
    /** Those of more steps before those of fewer, which are among what they are compared with. */
    private final List<OfferedKernel> offered = new ArrayList<>();

    /** @param others that the rest of the steps can be compared with */
    private record Offer(Alternative alternative, List<OfferedKernel> others) {}

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
            MlpKernels kernels = new MlpKernels(owner, context, launches::workspace);
            offered.add(kernels::blocks);
            offered.add(kernels::mlp);
        }
        if (DenseKernel.computes(context.precision())) {
            offered.add(new DenseKernel(context));
        }
    }

    /** All of a schedule's steps, in their order. */
    Sequence prepare(List<Step> steps) {
        List<Prepared> prepared = prepare(steps, 0, steps.size(), offered);
        CompileProgress.at(steps.size(), steps.size(), "");
        return new Sequence(prepared, isFasterEarly(prepared));
    }

    /** The fastest for a range of steps. */
    private List<Prepared> prepare(List<Step> steps, int from, int to, List<OfferedKernel> kernels) {
        List<Prepared> prepared = new ArrayList<>();
        for (int i = from; i < to;) {
            CompileProgress.at(i, steps.size(), steps.get(i).label());
            Optional<Offer> offer = offer(steps, i, to, kernels);
            if (offer.isPresent()) {
                int first = i;
                int end = i + offer.get().alternative().steps().size();
                prepared.addAll(fastest(offer.get().alternative(), () -> prepare(steps, first, end, offer.get().others())));
                i = end;
            } else {
                prepared.add(launches.prepare(steps.get(i++)));
            }
        }
        return prepared;
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
        return choices.fastest(kernels, what, ways.keySet(), way -> launches.micros(ways.get(way)))
                .equals(Sequence.EARLY);
    }

    private static Optional<Offer> offer(List<Step> steps, int index, int to, List<OfferedKernel> kernels) {
        return IntStream.range(0, kernels.size()).boxed()
                .flatMap(k -> kernels.get(k).at(steps, index).filter(ours -> !ours.ways().isEmpty())
                        .map(ours -> new Offer(ours, kernels.subList(k + 1, kernels.size()))).stream())
                .filter(offer -> index + offer.alternative().steps().size() <= to).findFirst();
    }

    /** A kernel of ours, or what computes its steps without. Those that are not chosen are made only to be measured. */
    private List<Prepared> fastest(Alternative ours, Supplier<List<Prepared>> without) {
        Map<String, Supplier<List<Prepared>>> ways = new LinkedHashMap<>();
        ways.put("without", without);
        ours.ways().forEach((name, way) -> ways.put(name, () -> List.of(way.get())));
        // Each launch by itself: one after the other they would feed their results to each other, until no number is finite.
        String fastest = choices.fastest(ours.source(), ours.what(), ways.keySet(),
                way -> ways.get(way).get().stream().mapToDouble(launches::micros).sum());
        return ways.get(fastest).get();
    }
}
