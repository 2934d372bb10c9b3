package org.fasternet;

import java.time.Duration;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalInt;
import org.fasternet.backend.Backends;
import org.fasternet.backend.spi.Backend;
import org.fasternet.layer.Network;
import org.fasternet.compute.Precision;
import org.fasternet.compute.Processor;
import org.fasternet.error.ShapeException;
import org.fasternet.error.UnsupportedException;

/**
 * How a network or kernel is compiled. Immutable and free of native resources; every {@code with} method returns a changed copy.
 *
 * <p><b>For the lowest latency</b> open one session with all CPUs as threads, the default, and let the spin exceed the pause
 * between two runs: waking a thread that sleeps costs tens of microseconds, of one millisecond that a small variant takes. A
 * spinning thread uses its CPU, so leave the spin short where other work shares the CPUs.
 *
 * <p><b>For the highest throughput</b> open one session per CPU, each with one thread and used by a thread of its own: no thread
 * then waits for another one, and with {@code fused} the sessions share one copy of the weights. Batches help where one image is
 * too small to hide the reading of the weights: try 4 to 16.
 *
 * @param backend {@code auto}, or a back end by name, which is used or refused; {@code auto} stays on the CPU, {@code cudnn} is
 *     for an NVIDIA GPU
 * @param precision what is computed in
 * @param threads threads of one run, 1 to 1024; absent: as many as the process may use ({@link Hardware}). The back end
 *     {@code cudnn} needs none of them but the caller's, whatever is said here
 * @param batch images in one run
 * @param size rows and columns of the input; absent: the model's own
 * @param pixels how 8-bit input lies in memory; absent: the input is f32, N x C x H x W, normalised by the caller
 * @param spin how long a thread that waits for another thread of its session spins before it sleeps, 0 to 1 second; in the
 *     back end {@code fused} (oneDNN's threads belong to its OpenMP runtime, which reads {@code OMP_WAIT_POLICY} and
 *     {@code GOMP_SPINCOUNT})
 * @param isa the instruction set that the back end {@code fused} computes with, by a name of {@link Hardware#isas}; absent: the
 *     best one. oneDNN chooses its own once per process, and the environment variable {@code ONEDNN_MAX_CPU_ISA} caps that
 * @param device which of the GPUs that the process may use, counted from 0 in CUDA's order; absent: the first
 * @param tuning whether the back end {@code cudnn} times what could compute each step, and keeps the fastest
 */
public record SessionOptions(
        String backend, Precision precision, OptionalInt threads, int batch, Optional<Size> size, Optional<Pixels> pixels,
        Duration spin, Optional<String> isa, OptionalInt device, boolean tuning) {
    /** The back end's name that leaves the choice to the library. */
    public static final String AUTO = Backends.AUTO;

    private static final int MAX_THREADS = 1024;
    private static final Duration MAX_SPIN = Duration.ofSeconds(1);
    private static final SessionOptions DEFAULTS = new SessionOptions(
            AUTO, Precision.F32, OptionalInt.empty(), 1, Optional.empty(), Optional.empty(),
            Duration.ofNanos(200_000), Optional.empty(), OptionalInt.empty(), false);

    /** Rows and columns. */
    public record Size(int height, int width) {}

    /**
     * 8-bit rows, H x W x C, C channels beside each other, images of a batch one after the other.
     *
     * @param rowStride bytes from one row to the next, at least W x C; absent: W x C
     */
    public record Pixels(OptionalInt rowStride) {}

    public SessionOptions {
        Objects.requireNonNull(backend, "backend");
        Objects.requireNonNull(precision, "precision");
        Objects.requireNonNull(isa, "isa");
        Objects.requireNonNull(device, "device");
        if (threads.isPresent() && (threads.getAsInt() < 1 || threads.getAsInt() > MAX_THREADS)) {
            throw new UnsupportedException(threads.getAsInt() + " threads were asked for: 1 to " + MAX_THREADS + " are possible");
        }
        if (batch < 1) {
            throw new ShapeException("a batch of " + batch + ": at least 1 image is needed");
        }
        if (size.isPresent() && (size.get().height() < 1 || size.get().width() < 1)) {
            throw new ShapeException("a size of " + size.get().height() + "x" + size.get().width() + ": at least 1x1 is needed");
        }
        if (spin.isNegative() || spin.compareTo(MAX_SPIN) > 0) {
            throw new UnsupportedException("a spin of " + spin + ": " + Duration.ZERO + " to " + MAX_SPIN + " are possible");
        }
    }

    /**
     * The {@code auto} back end, f32, the best ISA, all usable CPUs, one image of the model's own size in f32, a spin of 200
     * microseconds.
     */
    public static SessionOptions defaults() {
        return DEFAULTS;
    }

    public SessionOptions withBackend(String name) {
        return new SessionOptions(name, precision, threads, batch, size, pixels, spin, isa, device, tuning);
    }

    public SessionOptions withPrecision(Precision value) {
        return new SessionOptions(backend, value, threads, batch, size, pixels, spin, isa, device, tuning);
    }

    public SessionOptions withThreads(int count) {
        return new SessionOptions(backend, precision, OptionalInt.of(count), batch, size, pixels, spin, isa, device, tuning);
    }

    public SessionOptions withBatch(int images) {
        return new SessionOptions(backend, precision, threads, images, size, pixels, spin, isa, device, tuning);
    }

    public SessionOptions withSize(int height, int width) {
        Optional<Size> asked = Optional.of(new Size(height, width));
        return new SessionOptions(backend, precision, threads, batch, asked, pixels, spin, isa, device, tuning);
    }

    /** Input is 8-bit rows without gaps; the model's normalisation is folded into its first layer. */
    public SessionOptions withPixels() {
        return withPixels(new Pixels(OptionalInt.empty()));
    }

    /** Input is 8-bit rows {@code rowStride} bytes apart; the model's normalisation is folded into its first layer. */
    public SessionOptions withPixels(int rowStride) {
        return withPixels(new Pixels(OptionalInt.of(rowStride)));
    }

    private SessionOptions withPixels(Pixels rows) {
        return new SessionOptions(backend, precision, threads, batch, size, Optional.of(rows), spin, isa, device, tuning);
    }

    /** How long waiting threads spin; see above for which time is good for what. */
    public SessionOptions withSpin(Duration duration) {
        return new SessionOptions(backend, precision, threads, batch, size, pixels, duration, isa, device, tuning);
    }

    /**
     * An instruction set by name, as {@link Hardware#isas} lists them: used exactly or refused, with a sentence that lists what
     * would work.
     */
    public SessionOptions withIsa(String name) {
        return new SessionOptions(backend, precision, threads, batch, size, pixels, spin, Optional.of(name), device, tuning);
    }

    /**
     * One of several GPUs, by its number in CUDA's order ({@code CUDA_VISIBLE_DEVICES} decides which a process has): used or
     * refused. For the back end {@code cudnn}; others refuse it.
     */
    public SessionOptions withDevice(int number) {
        return new SessionOptions(backend, precision, threads, batch, size, pixels, spin, isa, OptionalInt.of(number), tuning);
    }

    /**
     * Up to four of cuDNN's engines are compiled, half a second each, and timed for each step, on the device, and beside them kernels
     * of this library's that compute some steps at once; then whether its kernels begin while the one before still runs, where the
     * device can. The fastest is kept, on disk too ({@link DevicePlans}). Without, cuDNN's heuristics choose, and kernels run in turn.
     * While it times them, the weights are on the device once more, in the order of each. For the back end {@code cudnn}; others
     * refuse it.
     */
    public SessionOptions withTuning() {
        return new SessionOptions(backend, precision, threads, batch, size, pixels, spin, isa, device, true);
    }

    /** The back end that these options mean for a network on this machine. */
    Backend backendFor(Network network) {
        Backend chosen = Backends.choose(backend, precision, isa, network);
        if (chosen.processor() != Processor.GPU && (device.isPresent() || tuning)) {
            throw new UnsupportedException((device.isPresent() ? "device " + device.getAsInt() : "tuning")
                    + " was asked for, and the back end " + chosen.name() + " computes on the CPU: cudnn takes it");
        }
        return chosen;
    }

    /** The thread count that these options mean on this machine now. */
    int resolvedThreads() {
        return threads.orElseGet(() -> Math.min(Hardware.Cpus.detect().usable(), MAX_THREADS));
    }

    /** For each of several sessions that run at the same time: the CPUs are divided among them unless the threads were said. */
    SessionOptions dividedAmong(int sessions) {
        return threads.isPresent() ? this : withThreads(Math.max(1, resolvedThreads() / sessions));
    }

    /** For the kernel behind an embedding, which is f32: what is a session's alone is not said. */
    SessionOptions forHead() {
        return new SessionOptions(
                backend, Precision.F32, threads, 1, Optional.empty(), Optional.empty(), spin, isa, device, tuning);
    }

    int spinMicros() {
        return (int) (spin.toNanos() / 1000);
    }
}
