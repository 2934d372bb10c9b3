package org.fasternet;

import java.lang.ref.Cleaner;
import java.lang.ref.Reference;
import java.nio.Buffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.ShortBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicReference;
import org.fasternet.backend.spi.Program;
import org.fasternet.error.ShapeException;
import org.fasternet.internal.abi.Binding;
import org.fasternet.internal.abi.Bindings;
import org.fasternet.schedule.TensorBuffer;

/**
 * A compiled program as sessions and kernels use it: checks and binds the caller's buffers, lets one thread in at a time, frees
 * the program once. A run on the buffers of the run before makes one native call and allocates nothing.
 */
final class Execution implements AutoCloseable {
    private static final Cleaner CLEANER = Cleaner.create();

    private final Program program;
    private final String what;
    private final Binding binding = Bindings.current();
    private final Cleaner.Cleanable cleanable;
    private final AtomicReference<Thread> user = new AtomicReference<>();
    private boolean closed;

    private final List<TensorBuffer> wanted = new ArrayList<>();
    /** What the program's slots are bound to; a reference keeps the memory alive while its address is in use. */
    private final Buffer[] bound;
    private final int[] positions;
    private final long[] addresses;
    /** Whether an address has changed since the buffers were last seen not to overlap. */
    private boolean rebound;

    /** Takes over the program, and frees it too if this object is lost without a close. */
    Execution(Program program, String what) {
        this.program = program;
        this.what = what;
        wanted.add(program.src());
        wanted.addAll(program.dsts());
        bound = new Buffer[wanted.size()];
        positions = new int[wanted.size()];
        addresses = new long[wanted.size()];
        cleanable = CLEANER.register(this, program::close);
    }

    Program program() {
        return program;
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

    /** Runs on device memory. */
    void run(DeviceBuffer src, DeviceBuffer[] dsts) {
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

    private void bind(int slot, DeviceBuffer buffer) {
        TensorBuffer tensor = wanted.get(slot);
        Objects.requireNonNull(buffer, tensor.name());
        if (buffer.bytes() < tensor.bytes()) {
            throw new ShapeException(tensor.name() + ": the device buffer has " + buffer.bytes() + " bytes, " + tensor.bytes()
                    + " are needed for " + tensor.shape());
        }
        if (addresses[slot] != buffer.address() || bound[slot] != null) {
            addresses[slot] = buffer.address();
            program.bindDevice(slot, buffer.address());
            bound[slot] = null;
            rebound = true;
        }
    }

    private void runBound() {
        if (rebound) {
            refuseOverlap();
            rebound = false;
        }
        program.run();
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
        boolean written = tensor.place() == TensorBuffer.Place.DST || wanted.size() == 1;
        if (written && buffer.isReadOnly()) {
            throw new ShapeException(tensor.name() + ": a read-only buffer cannot be written to");
        }
        addresses[slot] = address(tensor, buffer);
        if (addresses[slot] % tensor.type().bytes() != 0) {
            throw new ShapeException(tensor.name() + ": the buffer's first element lies at an address that is no multiple of "
                    + tensor.type().bytes() + ", the bytes of an element: make the view at a multiple of it");
        }
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
        if (buffer instanceof FloatBuffer floats) {
            requireNativeOrder(tensor, floats.order());
        } else if (buffer instanceof ShortBuffer shorts) {
            requireNativeOrder(tensor, shorts.order());
        }
        return binding.address(buffer);
    }

    private static void requireNativeOrder(TensorBuffer tensor, ByteOrder order) {
        if (order != ByteOrder.nativeOrder()) {
            throw new ShapeException(tensor.name() + ": the buffer's byte order is " + order + ", this machine's is "
                    + ByteOrder.nativeOrder());
        }
    }
}
