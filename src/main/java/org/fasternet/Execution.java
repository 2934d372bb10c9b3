package org.fasternet;

import java.lang.ref.Cleaner;
import java.lang.ref.Reference;
import java.nio.Buffer;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicReference;
import org.fasternet.backend.spi.Backend;
import org.fasternet.backend.spi.Program;
import org.fasternet.compute.ExecutionPlan;
import org.fasternet.error.ShapeException;
import org.fasternet.internal.Buffers;
import org.fasternet.internal.abi.Binding;
import org.fasternet.internal.abi.Bindings;
import org.fasternet.internal.flight.Flight;
import org.fasternet.schedule.ProgramSpec;
import org.fasternet.schedule.TensorBuffer;

/**
 * A compiled program as sessions and kernels use it: checks and binds the caller's buffers, lets one thread in at a time, frees
 * the program once. A run on the buffers of the run before makes one native call and allocates nothing.
 */
final class Execution implements AutoCloseable {
    private static final Cleaner CLEANER = Cleaner.create();

    /** Memory that knows no position: what an address is taken from, and handed to the program by. */
    interface MemoryKind<M> {
        /** @throws ShapeException if the memory cannot be used for the tensor */
        long address(TensorBuffer tensor, M memory, boolean written);

        default void bind(Program program, int slot, long address) {
            program.bind(slot, address);
        }
    }

    private static final MemoryKind<DeviceBuffer> DEVICE = new MemoryKind<>() {
        @Override
        public long address(TensorBuffer tensor, DeviceBuffer buffer, boolean written) {
            requireBytes(tensor, "device buffer", buffer.bytes());
            return buffer.address();
        }

        @Override
        public void bind(Program program, int slot, long address) {
            program.bindDevice(slot, address);
        }
    };

    private final Program program;
    private final String what;
    private final Flight.Span runs;
    private final Binding binding = Bindings.current();
    private final Cleaner.Cleanable cleanable;
    private final AtomicReference<Thread> user = new AtomicReference<>();
    private boolean closed;
    private volatile boolean profiled;

    private final List<TensorBuffer> wanted = new ArrayList<>();
    /** What the program's slots are bound to; a reference keeps the memory alive while its address is in use. */
    private final Object[] bound;
    private final int[] positions;
    private final long[] addresses;
    /** Whether an address has changed since the buffers were last seen not to overlap. */
    private boolean rebound;

    /** Compiles a program and takes it over. */
    static Execution compile(Backend backend, ProgramSpec spec, String what) {
        Flight.Span compilation = Flight.compilation(what);
        compilation.begin();
        Program program = backend.compile(spec);
        compilation.end(program.plan(), spec.src());
        return new Execution(program, what);
    }

    /** Takes over the program, and frees it too if this object is lost without a close. */
    Execution(Program program, String what) {
        this.program = program;
        this.what = what;
        runs = Flight.runs(what);
        wanted.add(program.src());
        wanted.addAll(program.dsts());
        bound = new Object[wanted.size()];
        positions = new int[wanted.size()];
        addresses = new long[wanted.size()];
        cleanable = CLEANER.register(this, program::close);
    }

    Program program() {
        return program;
    }

    ExecutionPlan plan() {
        if (!profiled) {
            return program.plan();
        }
        enter();
        try {
            return profiled ? program.plan().withTimes(program.stepTimes()) : program.plan();
        } finally {
            leave();
        }
    }

    void profile(boolean on) {
        enter();
        try {
            program.profile(on);
            profiled = on;
        } finally {
            leave();
        }
    }

    ByteBuffer allocate(long bytes) {
        enter();
        try {
            return program.allocate(bytes);
        } finally {
            leave();
        }
    }

    void run(Buffer src) {
        enter();
        try {
            expectDsts(0);
            bind(0, src);
            runBound();
        } finally {
            leave();
        }
    }

    void run(Buffer src, Buffer dst) {
        enter();
        try {
            expectDsts(1);
            bind(0, src);
            bind(1, dst);
            runBound();
        } finally {
            leave();
        }
    }

    void run(Buffer src, Buffer[] dsts) {
        enter();
        try {
            expectDsts(dsts.length);
            bind(0, src);
            for (int i = 0; i < dsts.length; i++) {
                bind(i + 1, dsts[i]);
            }
            runBound();
        } finally {
            leave();
        }
    }

    void run(DeviceBuffer src, DeviceBuffer[] dsts) {
        run(src, dsts, DEVICE);
    }

    /** In place without destinations. */
    <M> void run(M src, M[] dsts, MemoryKind<M> kind) {
        enter();
        try {
            expectDsts(dsts.length);
            bind(0, src, kind);
            for (int i = 0; i < dsts.length; i++) {
                bind(i + 1, dsts[i], kind);
            }
            runBound();
        } finally {
            leave();
        }
    }

    /** Asks for the address each time: the memory may have been freed since. */
    private <M> void bind(int slot, M memory, MemoryKind<M> kind) {
        TensorBuffer tensor = wanted.get(slot);
        Objects.requireNonNull(memory, tensor.name());
        long address = kind.address(tensor, memory, isWritten(tensor));
        requireAligned(tensor, address);
        boolean known = bound[slot] != null && bound[slot].getClass() == memory.getClass() && addresses[slot] == address;
        bound[slot] = memory;
        if (!known) {
            addresses[slot] = address;
            kind.bind(program, slot, address);
            rebound = true;
        }
    }

    static void requireBytes(TensorBuffer tensor, String what, long bytes) {
        if (bytes < tensor.bytes()) {
            throw new ShapeException(tensor.name() + ": the " + what + " has " + bytes + " bytes, " + tensor.bytes()
                    + " are needed for " + tensor.shape());
        }
    }

    private boolean isWritten(TensorBuffer tensor) {
        return tensor.place() == TensorBuffer.Place.DST || wanted.size() == 1;
    }

    private static void requireAligned(TensorBuffer tensor, long address) {
        if (address % tensor.type().bytes() != 0) {
            throw new ShapeException(tensor.name() + ": the first element lies at an address that is no multiple of "
                    + tensor.type().bytes() + ", the bytes of an element: make the view at a multiple of it");
        }
    }

    private void runBound() {
        if (rebound) {
            refuseOverlap();
            rebound = false;
        }
        runs.begin();
        program.run();
        runs.end(program.plan(), wanted.get(0).shape());
    }

    @Override
    public void close() {
        occupy();
        try {
            closed = true;
            cleanable.clean();
        } finally {
            leave();
        }
    }

    private void enter() {
        occupy();
        if (closed) {
            leave();
            throw new IllegalStateException("this " + what + " is closed");
        }
    }

    private void occupy() {
        Thread other = user.compareAndExchange(null, Thread.currentThread());
        if (other != null) {
            throw new IllegalStateException("this " + what + " is in use by the thread '" + other.getName()
                    + "': it serves one thread at a time, open one for each");
        }
    }

    private void leave() {
        user.set(null);
        // Without it, a caller's last run could be overtaken by the cleaner, which frees what the native code works on.
        Reference.reachabilityFence(this);
    }

    private void expectDsts(int given) {
        if (given != wanted.size() - 1) {
            throw new ShapeException("this " + what + " has " + (wanted.size() - 1) + " destinations, " + given + " were given");
        }
    }

    private void bind(int slot, Buffer buffer) {
        TensorBuffer tensor = wanted.get(slot);
        Objects.requireNonNull(buffer, tensor.name());
        long elements = tensor.layout().span(tensor.shape());
        if (buffer.remaining() < elements) {
            throw new ShapeException(tensor.name() + ": the buffer has " + buffer.remaining() + " elements left, " + elements
                    + " are needed for " + tensor.shape());
        }
        if (bound[slot] == buffer && positions[slot] == buffer.position()) {
            return;
        }
        if (isWritten(tensor) && buffer.isReadOnly()) {
            throw new ShapeException(tensor.name() + ": a read-only buffer cannot be written to");
        }
        addresses[slot] = address(tensor, buffer);
        requireAligned(tensor, addresses[slot]);
        program.bind(slot, addresses[slot]);
        bound[slot] = buffer;
        positions[slot] = buffer.position();
        rebound = true;
    }

    private void refuseOverlap() {
        for (int i = 1; i < addresses.length; i++) {
            for (int j = 0; j < i; j++) {
                if (addresses[i] < addresses[j] + wanted.get(j).bytes() && addresses[j] < addresses[i] + wanted.get(i).bytes()) {
                    throw new ShapeException(wanted.get(j).name() + " and " + wanted.get(i).name() + " overlap in memory");
                }
            }
        }
    }

    private long address(TensorBuffer tensor, Buffer buffer) {
        if (!buffer.isDirect()) {
            throw new ShapeException(tensor.name() + ": a heap buffer was given, a direct one is needed");
        }
        if (!tensor.type().buffer().isInstance(buffer)) {
            throw new ShapeException(tensor.name() + ": a " + buffer.getClass().getSimpleName() + " was given, the elements are "
                    + tensor.type());
        }
        requireNativeOrder(tensor, Buffers.order(buffer));
        return binding.address(buffer);
    }

    private static void requireNativeOrder(TensorBuffer tensor, ByteOrder order) {
        if (order != ByteOrder.nativeOrder()) {
            throw new ShapeException(tensor.name() + ": the buffer's byte order is " + order + ", this machine's is "
                    + ByteOrder.nativeOrder());
        }
    }
}
