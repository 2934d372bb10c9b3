package org.fasternet;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.fasternet.backend.spi.Program;
import org.fasternet.compute.ElementType;
import org.fasternet.compute.ExecutionPlan;
import org.fasternet.layer.PartialConv;
import org.fasternet.schedule.Layout;
import org.fasternet.schedule.TensorBuffer;
import org.fasternet.tensor.Shape;
import org.fasternet.tensor.Tensor;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/**
 * What a call costs besides its work, by JMH: {@code mvn test-compile exec:exec@jmh}. Native code is called by JNI on Java 17 and
 * by java.lang.foreign on 22 and newer, unless {@code -Djmh.args="-jvmArgsAppend -Dfasternet.binding=jni"} says otherwise.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(1)
public class CallOverheadBenchmark {
    private static final Shape PIXEL = new Shape(1, 1, 1, 1);

    private final FloatBuffer src = one();
    private final FloatBuffer dst = one();
    private Kernel kernel;
    private Session empty;

    private static FloatBuffer one() {
        return ByteBuffer.allocateDirect(Float.BYTES).order(ByteOrder.nativeOrder()).asFloatBuffer();
    }

    @Setup
    public void open() {
        kernel = Kernel.compile(
                new PartialConv(1, new Tensor(new int[] {1, 1, 3, 3}, new float[9])), PIXEL,
                SessionOptions.defaults().withBackend("fused").withThreads(1));
        empty = new Session(new Execution(new EmptyProgram(), "session"), false);
    }

    @TearDown
    public void close() {
        kernel.close();
        empty.close();
    }

    /** A kernel of nine multiply-adds: what remains is the way to it and back. */
    @Benchmark
    public void kernelCall() {
        kernel.run(src, dst);
    }

    /** All that a session does in Java. */
    @Benchmark
    public void emptySession() {
        empty.run(src, dst);
    }

    private static final class EmptyProgram implements Program {
        @Override
        public TensorBuffer src() {
            return buffer(0, TensorBuffer.Place.SRC);
        }

        @Override
        public List<TensorBuffer> dsts() {
            return List.of(buffer(1, TensorBuffer.Place.DST));
        }

        private static TensorBuffer buffer(int id, TensorBuffer.Place place) {
            return new TensorBuffer(id, place.name(), place, PIXEL, ElementType.F32, Layout.nhwc(PIXEL));
        }

        @Override
        public ExecutionPlan plan() {
            return null;
        }

        @Override
        public void bind(int slot, long address) {}

        @Override
        public void run() {}

        @Override
        public void profile(boolean on) {}

        @Override
        public List<ExecutionPlan.Time> stepTimes() {
            throw new UnsupportedOperationException();
        }

        @Override
        public void close() {}
    }
}
