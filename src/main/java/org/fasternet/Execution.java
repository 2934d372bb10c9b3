package org.fasternet;

import java.lang.ref.Cleaner;
import java.nio.Buffer;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.ShortBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import org.fasternet.backend.Program;
import org.fasternet.internal.abi.Abi;
import org.fasternet.schedule.ElementType;
import org.fasternet.schedule.TensorBuffer;

/**
 * A compiled program as sessions and kernels use it: checks and binds the caller's buffers, lets one thread in at a time, frees
 * the program once. A run on the buffers of the run before makes one native call and allocates nothing.
 */
final class Execution implements AutoCloseable {
    private static final Cleaner CLEANER = Cleaner.create();

    private final Program program;
    private final String what;
    private final Cleaner.Cleanable cleanable;
    private final AtomicReference<Thread> user = new AtomicReference<>();
    private boolean closed;

    private final List<TensorBuffer> wanted = new ArrayList<>();
    /** What the program's slots are bound to; a reference keeps the memory alive while its address is in use. */
    private final Buffer[] bound;
    private final int[] positions;
    private final long[] addresses;

    /** Takes over the program, and frees it too if this object is lost without a close. */
    Execution(Program program, String what) {
        this.program = program;
        this.what = what;
        wanted.add(program.src());
        wanted.addAll(program.dsts());
        bound = new Buffer[wanted.size()];
        positions = new int[wanted.size()];
        addresses = new long[wanted.size()];
        // The referent is this object because a run touches it last, when it leaves: it cannot be collected in mid-run.
        cleanable = CLEANER.register(this, program::close);
    }

    Program program() {
        return program;
    }

    void run(Buffer src) {
        enter();
        try {
            expectDsts(0);
            run(bind(0, src));
        } finally {
            leave();
        }
    }

    void run(Buffer src, Buffer dst) {
        enter();
        try {
            expectDsts(1);
            run(bind(0, src) | bind(1, dst));
        } finally {
            leave();
        }
    }

    void run(Buffer src, Buffer[] dsts) {
        enter();
        try {
            expectDsts(dsts.length);
            boolean changed = bind(0, src);
            for (int i = 0; i < dsts.length; i++) {
                changed |= bind(i + 1, dsts[i]);
            }
            run(changed);
        } finally {
            leave();
        }
    }

    private void run(boolean buffersChanged) {
        if (buffersChanged) {
            refuseOverlap();
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
    }

    private void expectDsts(int given) {
        if (given != wanted.size() - 1) {
            throw new ShapeException("this " + what + " has " + (wanted.size() - 1) + " destinations, " + given + " were given");
        }
    }

    /** Returns whether the slot's address is a new one. */
    private boolean bind(int slot, Buffer buffer) {
        TensorBuffer tensor = wanted.get(slot);
        long elements = tensor.layout().span(tensor.shape());
        if (buffer.remaining() < elements) {
            throw new ShapeException(tensor.name() + ": the buffer has " + buffer.remaining() + " elements left, " + elements
                    + " are needed for " + tensor.shape());
        }
        if (bound[slot] == buffer && positions[slot] == buffer.position()) {
            return false;
        }
        boolean written = tensor.place() == TensorBuffer.Place.DST || wanted.size() == 1;
        if (written && buffer.isReadOnly()) {
            throw new ShapeException(tensor.name() + ": a read-only buffer cannot be written to");
        }
        addresses[slot] = address(tensor, buffer);
        program.bind(slot, addresses[slot]);
        bound[slot] = buffer;
        positions[slot] = buffer.position();
        return true;
    }

    private void refuseOverlap() {
        for (int i = 1; i < addresses.length; i++) {
            for (int j = 0; j < i; j++) {
                if (addresses[i] < addresses[j] + wanted.get(j).bytes() && addresses[j] < addresses[i] + wanted.get(i).bytes()) {
                    bound[i] = null;
                    throw new ShapeException(wanted.get(j).name() + " and " + wanted.get(i).name() + " overlap in memory");
                }
            }
        }
    }

    private static long address(TensorBuffer tensor, Buffer buffer) {
        if (!buffer.isDirect()) {
            throw new ShapeException(tensor.name() + ": a heap buffer was given, a direct one is needed");
        }
        if (tensor.type() == ElementType.F32 && buffer instanceof FloatBuffer floats) {
            requireNativeOrder(tensor, floats.order());
            return Abi.fn_address_f32(floats);
        }
        if (tensor.type() == ElementType.BF16 && buffer instanceof ShortBuffer shorts) {
            requireNativeOrder(tensor, shorts.order());
            return Abi.fn_address_i16(shorts);
        }
        if (tensor.type() == ElementType.U8 && buffer instanceof ByteBuffer bytes) {
            return Abi.fn_address_u8(bytes);
        }
        throw new ShapeException(tensor.name() + ": a " + buffer.getClass().getSimpleName() + " was given, the elements are "
                + tensor.type());
    }

    private static void requireNativeOrder(TensorBuffer tensor, ByteOrder order) {
        if (order != ByteOrder.nativeOrder()) {
            throw new ShapeException(tensor.name() + ": the buffer's byte order is " + order + ", this machine's is "
                    + ByteOrder.nativeOrder());
        }
    }
}
