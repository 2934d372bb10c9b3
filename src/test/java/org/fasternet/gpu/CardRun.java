package org.fasternet.gpu;

import java.io.IOException;
import java.io.PrintStream;
import java.nio.FloatBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.fasternet.DeviceBuffer;
import org.fasternet.FasterNet;
import org.fasternet.Kernel;
import org.fasternet.Session;
import org.fasternet.SessionOptions;
import org.fasternet.Variant;
import org.fasternet.compute.ExecutionPlan;
import org.fasternet.compute.Precision;
import org.fasternet.compute.Processor;
import org.fasternet.internal.Buffers;
import org.fasternet.layer.Activation;
import org.fasternet.layer.Block;
import org.fasternet.layer.FasterNetConfig;
import org.fasternet.layer.PartialConv;
import org.fasternet.tensor.Shape;
import org.fasternet.tensor.Tensor;

/**
 * What {@code native/gpu-kit} runs on a card: every variant in every precision against {@code fused} in f32, and what
 * an inference takes, from device memory and from host memory. Writes a JSON line for each to the file named by the
 * first argument.
 */
public final class CardRun {
    private static final List<Precision> PRECISIONS = Precision.on(Processor.GPU);
    private static final int WARM_UP = 20;
    private static final long SEED = 1;

    private final PrintStream json;
    private final Attempts attempts = new Attempts();

    private CardRun(PrintStream json) {
        this.json = json;
    }

    public static void main(String[] args) throws IOException {
        try (PrintStream json = new PrintStream(Files.newOutputStream(Path.of(args[0])))) {
            CardRun run = new CardRun(json);
            Map<String, Runnable> parts = new LinkedHashMap<>();
            parts.put("odd", run::odd);
            parts.put("opening", run::opening);
            parts.put("variants", run::variants);
            parts.put("batches", run::batches);
            List<String> wanted = List.of(args).subList(1, args.length);
            parts.forEach((name, part) -> {
                if (wanted.isEmpty() || wanted.contains(name)) {
                    part.run();
                }
            });
            System.exit(run.attempts.failed() ? 1 : 0);
        }
    }

    /** Small networks and kernels with odd sizes, features, layer scale, 8-bit rows. */
    private void odd() {
        List<FasterNetConfig> configs = List.of(
                new FasterNetConfig(5, 13, List.of(1, 1), 4, 3, 17, 5, Activation.GELU, true, true, false),
                new FasterNetConfig(3, 40, List.of(1, 2, 1), 4, 2, 0, 0, Activation.RELU, false, true, true),
                new FasterNetConfig(1, 24, List.of(2, 0, 1), 3, 2, 30, 11, Activation.RELU, true, true, false));
        for (FasterNetConfig config : configs) {
            FasterNet net = FasterNet.random(config, SEED);
            for (Precision precision : PRECISIONS) {
                attempts.attempt("odd " + config.embedDim() + " " + precision.id(), () -> {
                    SessionOptions options = SessionOptions.defaults().withSize(53, 39).withBatch(3);
                    try (Session expected = net.session(options.withBackend("fused"));
                            Session actual = net.session(options.withBackend("cudnn").withPrecision(precision))) {
                        return compare(expected, actual);
                    }
                });
            }
        }
        attempts.attempt("T0 f16 8-bit rows", () -> {
            SessionOptions options = SessionOptions.defaults().withPixels(224 * 3 + 5);
            try (Session expected = FasterNet.random(Variant.T0, SEED).session(options.withBackend("fused"));
                    Session actual = FasterNet.random(Variant.T0, SEED)
                            .session(options.withBackend("cudnn").withPrecision(Precision.F16))) {
                java.nio.ByteBuffer src = Buffers.bytes(224L * (224 * 3 + 5));
                for (int i = 0; i < src.capacity(); i++) {
                    src.put(i, (byte) (i * 2654435761L >> 7));
                }
                FloatBuffer a = Buffers.floats(1000);
                FloatBuffer b = Buffers.floats(1000);
                expected.run(src, a);
                actual.run(src, b);
                return error(a, b);
            }
        });
        Shape shape = new Shape(2, 36, 17, 11);
        Block block = new Block(new PartialConv(36, weights(9, 9, 3, 3)), weights(70, 36), new float[70], Activation.GELU,
                weights(36, 70));
        for (boolean pconv : new boolean[] {true, false}) {
            attempts.attempt(pconv ? "partial convolution in place" : "block in place", () -> {
                SessionOptions options = SessionOptions.defaults();
                try (Kernel expected = Kernel.compileInPlace(pconv ? block.partial() : block, shape, options.withBackend("fused"));
                        Kernel actual = Kernel.compileInPlace(pconv ? block.partial() : block, shape, options.withBackend("cudnn"))) {
                    FloatBuffer a = Buffers.random(shape, SEED);
                    FloatBuffer b = Buffers.random(shape, SEED);
                    expected.run(a);
                    actual.run(b);
                    return error(a, b);
                }
            });
        }
    }

    private void variants() {
        ExecutorService pool = Executors.newFixedThreadPool(Math.max(1, Runtime.getRuntime().availableProcessors() / 2));
        List<Future<Session>> sessions = new ArrayList<>();
        List<FasterNet> nets = new ArrayList<>();
        long start = System.nanoTime();
        for (Variant variant : Variant.values()) {
            FasterNet net = FasterNet.random(variant, SEED);
            nets.add(net);
            for (Precision precision : PRECISIONS) {
                sessions.add(pool.submit(() -> net.session(
                        SessionOptions.defaults().withBackend("cudnn").withPrecision(precision))));
            }
        }
        for (int v = 0; v < nets.size(); v++) {
            try (Session expected = nets.get(v).session(SessionOptions.defaults().withBackend("fused"))) {
                for (int p = 0; p < PRECISIONS.size(); p++) {
                    Precision precision = PRECISIONS.get(p);
                    Future<Session> future = sessions.get(v * PRECISIONS.size() + p);
                    String name = Variant.values()[v] + " " + precision.id() + " batch 1";
                    attempts.attempt(name, () -> {
                        try (Session actual = future.get()) {
                            String error = compare(expected, actual);
                            return error + ", " + timed(name, actual, 500);
                        }
                    });
                }
            }
        }
        System.out.printf(Locale.ROOT, "all variants %.1f s%n", (System.nanoTime() - start) * 1e-9);
        pool.shutdown();
    }

    /** With plans made by cuDNN, and with those that it made before. */
    private void opening() {
        for (String plans : new String[] {"new plans", "plans of before"}) {
            attempts.attempt("T1 f16, opened with " + plans, () -> {
                FasterNet net = FasterNet.random(Variant.T1, SEED);
                long start = System.nanoTime();
                net.session(SessionOptions.defaults().withBackend("cudnn").withPrecision(Precision.F16).withBatch(2)).close();
                return String.format(Locale.ROOT, "%.2f s", (System.nanoTime() - start) * 1e-9);
            });
        }
    }

    private void batches() {
        for (String[] work : new String[][] {{"T0", "F16", "32"}, {"T0", "F16", "256"}, {"T2", "F16", "256"}, {"L", "F16", "256"}}) {
            String name = work[0] + " " + work[1].toLowerCase(Locale.ROOT) + " batch " + work[2];
            attempts.attempt(name, () -> {
                try (Session session = FasterNet.random(Variant.valueOf(work[0]), SEED).session(SessionOptions.defaults()
                        .withBackend("cudnn").withPrecision(Precision.valueOf(work[1])).withBatch(Integer.parseInt(work[2])))) {
                    return timed(name, session, 50);
                }
            });
        }
    }

    /** p50 of runs on device memory and on host memory. */
    private String timed(String name, Session session, int runs) {
        Shape src = session.srcShape();
        Shape dst = session.dstShapes().get(0);
        FloatBuffer x = Buffers.random(src, SEED);
        FloatBuffer y = Buffers.floats(dst.elements());
        double host = p50(() -> session.run(x, y), runs);
        FloatBuffer pinnedX = session.allocate(4L * src.elements()).asFloatBuffer().put(x.duplicate()).flip();
        FloatBuffer pinnedY = session.allocate(4L * dst.elements()).asFloatBuffer();
        double pinned = p50(() -> session.run(pinnedX, pinnedY), runs);
        if (!y.equals(pinnedY)) {
            throw new IllegalStateException("from pinned memory the results are others: " + error(y, pinnedY));
        }
        double device;
        try (DeviceBuffer dx = DeviceBuffer.allocate(4L * src.elements()); DeviceBuffer dy = DeviceBuffer.allocate(4L * dst.elements())) {
            dx.copyFrom(x);
            device = p50(() -> session.run(dx, dy), runs);
            FloatBuffer z = Buffers.floats(dst.elements());
            dy.copyTo(z);
            if (!y.equals(z)) {
                throw new IllegalStateException("from device memory the results are others: " + error(y, z));
            }
        }
        int kernels = session.plan().steps().stream().mapToInt(ExecutionPlan.Step::kernels).sum();
        json.printf(Locale.ROOT, "{\"name\": \"%s\", \"device_p50_us\": %.1f, \"host_p50_us\": %.1f, \"pinned_p50_us\": %.1f, \"images_per_s\": %.0f, \"steps\": %d, \"kernels\": %d}%n",
                name, device, host, pinned, src.n() * 1e6 / device, session.plan().steps().size(), kernels);
        json.flush();
        return String.format(Locale.ROOT, "p50 %.1f us on the device, %.1f host to host, %.1f from pinned memory, %.0f images/s, %d steps of %d kernels, arena %.1f MB, weights %.1f MB",
                device, host, pinned, src.n() * 1e6 / device, session.plan().steps().size(), kernels, session.plan().arenaBytes() * 1e-6,
                session.plan().weightBytes() * 1e-6);
    }

    /** The median time of a run in microseconds, after some to warm up. */
    public static double p50(Runnable run, int runs) {
        double[] times = new double[runs];
        for (int i = -WARM_UP; i < runs; i++) {
            long start = System.nanoTime();
            run.run();
            if (i >= 0) {
                times[i] = (System.nanoTime() - start) * 1e-3;
            }
        }
        Arrays.sort(times);
        return times[runs / 2];
    }

    private static String compare(Session expected, Session actual) {
        FloatBuffer src = Buffers.random(expected.srcShape(), SEED);
        FloatBuffer[] a = expected.dstShapes().stream().map(s -> Buffers.floats(s.elements())).toArray(FloatBuffer[]::new);
        FloatBuffer[] b = expected.dstShapes().stream().map(s -> Buffers.floats(s.elements())).toArray(FloatBuffer[]::new);
        expected.run(src, a);
        actual.run(src, b);
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < a.length; i++) {
            text.append(i == 0 ? "" : "; ").append(error(a[i], b[i]));
        }
        return text.toString();
    }

    /** How far results are from those expected: by the largest of these, and by direction. */
    public record Difference(double ofLargest, double cosine) {
        public static Difference of(FloatBuffer a, FloatBuffer b) {
            double largest = 0;
            double worst = 0;
            double ab = 0;
            double aa = 0;
            double bb = 0;
            for (int i = 0; i < a.capacity(); i++) {
                largest = Math.max(largest, Math.abs(a.get(i)));
                // NaN stays.
                worst = Math.max(worst, Math.abs(a.get(i) - b.get(i)));
                ab += (double) a.get(i) * b.get(i);
                aa += (double) a.get(i) * a.get(i);
                bb += (double) b.get(i) * b.get(i);
            }
            return new Difference(worst / largest, ab / Math.sqrt(aa * bb));
        }
    }

    private static String error(FloatBuffer a, FloatBuffer b) {
        Difference difference = Difference.of(a, b);
        return String.format(Locale.ROOT, "error %.2e of the largest, cosine %.6f", difference.ofLargest(), difference.cosine());
    }

    /** The same for the same shape. */
    public static Tensor weights(int... shape) {
        float[] values = new float[Tensor.elements(shape)];
        java.util.Random random = new java.util.Random(SEED);
        for (int i = 0; i < values.length; i++) {
            values[i] = (float) random.nextGaussian() / 8;
        }
        return new Tensor(shape, values);
    }
}
