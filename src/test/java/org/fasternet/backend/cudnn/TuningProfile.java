package org.fasternet.backend.cudnn;

import static org.bytedeco.cuda.global.cudart.cudaGetLastError;

import java.io.IOException;
import java.nio.FloatBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.bytedeco.javacpp.FloatPointer;
import org.fasternet.FasterNet;
import org.fasternet.Variant;
import org.fasternet.compute.ExecutionPlan;
import org.fasternet.compute.Precision;
import org.fasternet.error.NativeException;
import org.fasternet.gpu.CardRun;
import org.fasternet.internal.Buffers;
import org.fasternet.layer.NamedLayer;
import org.fasternet.tensor.Shape;

/**
 * What everything takes that tuning can choose, on the card at hand, and whether the network's result is the same with each of it:
 * arguments VARIANT PRECISION BATCH SIZE, any number of times. Plans are kept where the system property says, choices are not.
 */
public final class TuningProfile {
    private static final int RUNS = 300;

    private final List<NamedLayer> layers;
    private final Precision precision;
    private final Shape shape;
    private final FloatBuffer src;
    private final Path plans;

    private TuningProfile(Variant variant, Precision precision, Shape shape, Path plans) {
        this.layers = FasterNet.random(variant, 1).layers();
        this.precision = precision;
        this.shape = shape;
        this.src = Buffers.random(shape, 1);
        this.plans = plans;
    }

    public static void main(String[] args) throws IOException {
        for (int i = 0; i + 3 < args.length; i += 4) {
            int size = Integer.parseInt(args[i + 3]);
            System.out.println(String.join(" ", List.of(args).subList(i, i + 4)));
            new TuningProfile(Variant.valueOf(args[i]), Precision.parse(args[i + 1]),
                    new Shape(Integer.parseInt(args[i + 2]), 3, size, size), Path.of(System.getProperty(PlanCache.PROPERTY))).run();
        }
    }

    private CudnnProgram compile(boolean tuning, CudnnProgram.Timer timer) {
        return CudnnProgram.compile(Specs.of(layers, shape, precision, tuning), timer);
    }

    private void run() throws IOException {
        FloatBuffer expected;
        double untuned;
        try (CudnnProgram program = compile(false, null)) {
            expected = result(program);
            untuned = p50(program);
        }
        forgetChoices();
        Map<String, Map<String, Double>> times = new LinkedHashMap<>();
        try (CudnnProgram program = compile(true, (stream, way) -> {
            double micros = micros(stream, way);
            times.computeIfAbsent(way.label(), label -> new LinkedHashMap<>()).merge(way.implementation(), micros, Math::min);
            return micros;
        })) {
            times.forEach(TuningProfile::print);
            System.out.printf(Locale.ROOT, "untuned %.1f us, tuned %.1f us, error %.2e, %s%n", untuned, p50(program),
                    error(expected, program), program.plan().steps().stream().map(ExecutionPlan.Step::implementation).toList());
        }
        List<String> ours = new ArrayList<>(new TreeSet<>(times.values().stream().flatMap(ways -> ways.keySet().stream())
                .filter(way -> Specs.isOffered(way) || way.equals(Sequence.EARLY)).toList()));
        double worst = 0;
        for (String wanted : ours) {
            forgetChoices();
            try (CudnnProgram program = compile(true, Specs.only(wanted::equals))) {
                double error = error(expected, program);
                worst = Math.max(worst, error);
                boolean chosen = program.plan().steps().stream().map(ExecutionPlan.Step::implementation)
                        .anyMatch(wanted.equals(Sequence.EARLY) ? Specs::isEarly : wanted::equals);
                if (!chosen || !(error < 5e-2)) {
                    System.out.println("WRONG " + wanted + ": " + (chosen ? error : "not chosen"));
                }
            }
        }
        forgetChoices();
        System.out.printf(Locale.ROOT, "%d ways of ours, error at most %.2e of the largest%n", ours.size(), worst);
    }

    /** What the card refuses is said, and the rest still measured: there may not be another quarter of an hour on one. */
    private static double micros(CudaStream stream, Prepared way) {
        try {
            return stream.micros(way.launch(), CudaStream.TRIAL_COPIES);
        } catch (NativeException e) {
            System.out.println("REFUSED " + way.label() + ", " + way.implementation() + ": " + e.getMessage());
            // Else the next call that asks for the last error has this one.
            cudaGetLastError();
            return Double.POSITIVE_INFINITY;
        }
    }

    private static void print(String label, Map<String, Double> ways) {
        // Blocks of a stage are alike: its first says enough.
        if (!label.matches("stages[.][0-9]+[.]blocks[.][1-9].*")) {
            System.out.println("  " + label + ": " + ways.entrySet().stream().sorted(Map.Entry.comparingByValue())
                    .map(way -> String.format(Locale.ROOT, "%s %.2f", way.getKey(), way.getValue())).collect(Collectors.joining(", ")));
        }
    }

    private FloatBuffer result(CudnnProgram program) {
        FloatBuffer dst = Buffers.floats(program.dsts().get(0).shape().elements());
        program.bind(0, new FloatPointer(src).address());
        program.bind(1, new FloatPointer(dst).address());
        program.run();
        return dst;
    }

    private double error(FloatBuffer expected, CudnnProgram program) {
        return CardRun.Difference.of(expected, result(program)).ofLargest();
    }

    private double p50(CudnnProgram program) {
        CudaMemory memory = new CudaMemory(0);
        long from = memory.allocate(program.src().bytes());
        long to = memory.allocate(program.dsts().get(0).bytes());
        program.bindDevice(0, from);
        program.bindDevice(1, to);
        double micros = CardRun.p50(program::run, RUNS);
        memory.free(from);
        memory.free(to);
        return micros;
    }

    /** The plans stay, which take long to make. */
    private void forgetChoices() throws IOException {
        try (Stream<Path> files = Files.list(plans)) {
            for (Path file : files.toList()) {
                if (new String(Files.readAllBytes(file), StandardCharsets.ISO_8859_1).contains(Choices.KIND)) {
                    Files.delete(file);
                }
            }
        }
    }
}
