package org.fasternet.backend.cudnn;

import java.nio.FloatBuffer;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.IntStream;
import org.fasternet.DeviceBuffer;
import org.fasternet.FasterNet;
import org.fasternet.Kernel;
import org.fasternet.Session;
import org.fasternet.SessionOptions;
import org.fasternet.Variant;
import org.fasternet.compute.Precision;
import org.fasternet.error.UnsupportedException;
import org.fasternet.gpu.Attempts;
import org.fasternet.gpu.CardRun;
import org.fasternet.internal.Buffers;
import org.fasternet.layer.Activation;
import org.fasternet.layer.FasterNetConfig;
import org.fasternet.layer.PartialConv;
import org.fasternet.tensor.Shape;
import org.fasternet.tools.bench.machine.ProcessMemory;

/**
 * What sessions and kernels of a process have in common on a card, what they leave behind, and which card they are on: arguments
 * {@code sharing} or {@code lifetime}, the second with a small heap, so that the resident size is about native memory.
 */
public final class CardLifetime {
    private static final long SEED = 1;
    private static final int RUNS = 200;
    private static final double MIB = 1 << 20;
    private static final SessionOptions OPTIONS =
            SessionOptions.defaults().withBackend("cudnn").withPrecision(Precision.F16).withDevice(0);

    /** Of the small network's sessions, as many as come before the time is over. */
    private static final int CYCLES = 1000;

    private static final int SETTLED = 500;
    private static final double SECONDS = 60;

    /** CUDA hands out device memory by pieces of 2 MiB. */
    private static final double DEVICE_MIB_LEFT = 4;

    private static final double HOST_MIB_LEFT = 35;

    private CardLifetime() {}

    public static void main(String[] args) {
        Attempts attempts = new Attempts();
        if (List.of(args).contains("sharing")) {
            sharing(attempts);
        }
        if (List.of(args).contains("lifetime")) {
            attempts.attempt("sessions opened, run and closed", CardLifetime::cycles);
        }
        System.exit(attempts.failed() ? 1 : 0);
    }

    private static void sharing(Attempts attempts) {
        attempts.attempt("weights of two sessions", CardLifetime::sharedWeights);
        attempts.attempt("four sessions in four threads", CardLifetime::threads);
        attempts.attempt("partial convolution on device memory", CardLifetime::kernelOnDeviceMemory);
        attempts.attempt("a device that is not there", CardLifetime::otherDevice);
    }

    private static String sharedWeights() {
        FasterNet net = FasterNet.random(Variant.S, SEED);
        double none = freeMib();
        try (Session first = net.session(OPTIONS)) {
            double one = freeMib();
            double weights = first.plan().weightBytes() / MIB;
            try (Session second = net.session(OPTIONS)) {
                double two = freeMib();
                return require(one - two < weights / 2, String.format(Locale.ROOT,
                        "%.1f MiB of weights; the first took %.1f MiB of the device, the second %.1f", weights, none - one, one - two));
            }
        }
    }

    private static String threads() throws Exception {
        FasterNet net = FasterNet.random(Variant.T0, SEED);
        SessionOptions options = OPTIONS.withSize(64, 64);
        FloatBuffer src = Buffers.random(new Shape(1, 3, 64, 64), SEED);
        FloatBuffer expected = Buffers.floats(1000);
        try (Session session = net.session(options)) {
            session.run(src, expected);
        }
        ExecutorService pool = Executors.newFixedThreadPool(4);
        List<Future<Boolean>> threads = IntStream.range(0, 4).mapToObj(thread -> pool.submit(() -> {
            FloatBuffer dst = Buffers.floats(1000);
            boolean equal = true;
            try (Session session = net.session(options)) {
                for (int i = 0; i < RUNS; i++) {
                    session.run(src.duplicate(), dst.put(0, Float.NaN));
                    equal &= dst.equals(expected);
                }
            }
            return equal;
        })).toList();
        pool.shutdown();
        boolean equal = true;
        for (Future<Boolean> thread : threads) {
            equal &= thread.get();
        }
        return require(equal, "results of " + RUNS + " runs each " + (equal ? "equal" : "differ"));
    }

    private static String kernelOnDeviceMemory() {
        Shape shape = new Shape(2, 64, 28, 28);
        PartialConv layer = new PartialConv(64, CardRun.weights(16, 16, 3, 3));
        FloatBuffer host = Buffers.random(shape, SEED);
        FloatBuffer device = Buffers.random(shape, SEED);
        try (Kernel kernel = Kernel.compileInPlace(layer, shape, OPTIONS.withPrecision(Precision.F32));
                DeviceBuffer memory = DeviceBuffer.allocate(4L * shape.elements())) {
            memory.copyFrom(device);
            kernel.run(memory);
            memory.copyTo(device);
            kernel.run(host);
        }
        boolean changed = !host.equals(Buffers.random(shape, SEED));
        String found = changed ? "as on the host's memory: " + host.equals(device) : "nothing was computed";
        return require(changed && host.equals(device), found);
    }

    private static String otherDevice() {
        try {
            FasterNet.random(Variant.T0, SEED).session(OPTIONS.withDevice(99)).close();
            return require(false, "opened");
        } catch (UnsupportedException e) {
            return e.getMessage();
        }
    }

    private static String cycles() {
        FasterNetConfig config = new FasterNetConfig(3, 24, List.of(1, 1), 4, 2, 16, 10, Activation.GELU, false, true, false);
        FloatBuffer src = Buffers.random(new Shape(1, 3, 32, 32), SEED);
        FloatBuffer dst = Buffers.floats(10);
        ProcessMemory process = new ProcessMemory();
        double device = 0;
        double host = 0;
        int cycles = 0;
        long start = System.nanoTime();
        for (; cycles < CYCLES && (cycles <= SETTLED || System.nanoTime() - start < SECONDS * 1e9); cycles++) {
            if (cycles == SETTLED) {
                device = freeMib();
                host = process.residentMib().orElseThrow();
            }
            try (Session session = FasterNet.random(config, SEED).session(OPTIONS.withSize(32, 32))) {
                session.run(src, dst);
            }
        }
        double deviceLeft = device - freeMib();
        double hostLeft = process.residentMib().orElseThrow() - host;
        return require(deviceLeft < DEVICE_MIB_LEFT && hostLeft < HOST_MIB_LEFT, String.format(Locale.ROOT,
                "%d in %.1f s; those after the first %d left %.1f MiB on the device and %.1f MiB on the host behind", cycles,
                (System.nanoTime() - start) * 1e-9, SETTLED, deviceLeft, hostLeft));
    }

    private static double freeMib() {
        Cuda.use(0);
        return Cuda.memory().free() / MIB;
    }

    private static String require(boolean right, String found) {
        if (!right) {
            throw new IllegalStateException(found);
        }
        return found;
    }
}
