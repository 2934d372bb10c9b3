package org.fasternet.backend.cudnn;

import static org.bytedeco.cuda.global.cudart.cudaMemcpyAsync;
import static org.bytedeco.cuda.global.cudart.cudaMemcpyDeviceToHost;
import static org.bytedeco.cuda.global.cudart.cudaMemcpyHostToDevice;
import static org.bytedeco.cuda.global.cudnn.cudnnCreate;
import static org.bytedeco.cuda.global.cudnn.cudnnDestroy;
import static org.bytedeco.cuda.global.cudnn.cudnnSetStream;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import org.bytedeco.cuda.cudart.CUgraphExec_st;
import org.bytedeco.cuda.cudnn.cudnnContext;
import org.bytedeco.javacpp.Pointer;
import org.fasternet.backend.spi.Program;
import org.fasternet.compute.ExecutionPlan;
import org.fasternet.internal.CompileProgress;
import org.fasternet.internal.Resources;
import org.fasternet.internal.abi.JniBinding;
import org.fasternet.schedule.ArenaPlan;
import org.fasternet.schedule.ProgramSpec;
import org.fasternet.schedule.Schedule;
import org.fasternet.schedule.SlidingRowScheduler;
import org.fasternet.schedule.Step;
import org.fasternet.schedule.TensorBuffer;
import org.fasternet.schedule.View;

/**
 * A schedule on the device: captured into one CUDA graph when its memory is bound, launched once per run. The caller's
 * host memory goes through pinned memory of the program's own; device memory is used where it lies.
 */
final class CudnnProgram implements Program {
    /** Channels are padded to 16 bytes, which vector loads and tensor cores want. */
    private static final int VECTOR_BYTES = 16;
    /** What activations are made of while plans are timed: 0.7 in f32, tf32 and bf16, 1.8 in f16. */
    private static final int TUNING_BYTE = 0x3f;

    /** Tells what a way to compute a step takes on a stream, in microseconds. */
    interface Timer {
        double micros(CudaStream stream, Prepared prepared);
    }

    private final Resources resources;
    /** CUDA's number of the device. */
    private final int ordinal;
    private final Schedule schedule;
    private final List<TensorBuffer> slots = new ArrayList<>();
    private final ArenaPlan arenaPlan;
    private final Pointer arena;
    private final CudaStream stream;
    private final Sequence network;
    private ExecutionPlan plan;

    /**
     * By slot: the caller's memory if the device cannot reach it, the pinned memory before that, what the device reads or writes, and
     * whether it reads what the caller has there.
     */
    private final Pointer[] host;
    private final Pointer[] pinned;
    private final long[] device;
    private final boolean[] read;
    private final Pointer srcMemory;
    /** Address of the pinned memory that the source is copied from; 0 if it is the device's. */
    private long hostSrc;

    /** Owns {@code replay}, the whole network for the memory that is bound; null until a run has made it. */
    private Resources graph;
    private CUgraphExec_st replay;
    /** Whether the graph has events between its steps. */
    private boolean profiled;
    /** The graph's; null if it has none. */
    private StepEvents events;

    private CudnnProgram(ProgramSpec spec, Resources resources, Timer timer) {
        this.resources = resources;
        ordinal = spec.device();
        schedule = schedule(spec);
        slots.add(schedule.src());
        slots.addAll(schedule.dsts());
        host = new Pointer[slots.size()];
        pinned = new Pointer[slots.size()];
        device = new long[slots.size()];
        read = new boolean[slots.size()];
        for (int slot = 0; slot < read.length; slot++) {
            TensorBuffer buffer = slots.get(slot);
            read[slot] = schedule.steps().stream().anyMatch(step -> step.src().buffer() == buffer);
        }
        stream = new CudaStream(resources);
        cudnnContext handle = new cudnnContext();
        Cuda.checkCudnn(cudnnCreate(handle), "create a handle");
        resources.add(handle, h -> cudnnDestroy(h));
        Cuda.checkCudnn(cudnnSetStream(handle, stream.handle()), "use a stream");
        arenaPlan = ArenaPlan.of(schedule.lifetimes());
        arena = Cuda.allocate(resources, arenaPlan.bytes(), "activations");
        srcMemory = Cuda.allocate(resources, schedule.src().bytes(), "the source");
        SharedWeights shared = resources.add(SharedWeights.acquire(spec), SharedWeights::release);
        KernelContext context = context(spec, shared);
        ConvPlans plans = ConvPlans.on(handle, resources, spec.precision(), PlanCache.ofProcess());
        Launches factory = new Launches(handle, plans, context, Optional.empty());
        if (spec.tuning()) {
            Choices choices = plans.choices();
            tune(spec, handle, plans, choices, timer);
            network = new Tuning(factory, choices, context, resources).prepare(schedule.steps());
        } else {
            network = new Sequence(CompileProgress.each(schedule.steps(), Step::label, factory::prepare), false);
        }
        factory.setWorkspace(Cuda.allocate(resources, network.workspace(), "a workspace"));
        resources.add(this, CudnnProgram::dropGraph);
        plan = new ExecutionPlan("cudnn", "sm_" + Cuda.capability(ordinal), JniBinding.NAME, spec.precision(), 1,
                arenaPlan.bytes() + network.workspace() + schedule.src().bytes(), shared.bytes(), network.planned());
    }

    /** Runs what could compute each step, so that plans and choices are made, on memory that is given back afterwards. */
    private void tune(ProgramSpec spec, cudnnContext handle, ConvPlans plans, Choices choices, Timer timer) {
        try (Resources temporary = new Resources()) {
            for (int slot = 0; slot < device.length; slot++) {
                device[slot] = Cuda.allocate(temporary, slots.get(slot).bytes(), slots.get(slot).name()).address();
            }
            // Not of zeros: what an engine takes for erf depends on what it is of.
            Cuda.fill(arena, TUNING_BYTE, arenaPlan.bytes(), "activations");
            KernelContext context = context(spec, SharedWeights.unshared(spec, temporary));
            Launches timed = new Launches(handle, plans, context, Optional.of(prepared -> timer.micros(stream, prepared)));
            new Tuning(timed, choices, context, temporary).prepare(schedule.steps());
            Cuda.fill(arena, 0, arenaPlan.bytes(), "activations");
        } finally {
            Arrays.fill(device, 0);
        }
    }

    private KernelContext context(ProgramSpec spec, SharedWeights weights) {
        return new KernelContext(new DeviceWeights(weights, spec), spec.precision(), ordinal, this::address);
    }

    static Schedule schedule(ProgramSpec spec) {
        return SlidingRowScheduler.schedule(spec, VECTOR_BYTES / spec.computeType().bytes());
    }

    static CudnnProgram compile(ProgramSpec spec) {
        return compile(spec, (stream, prepared) -> stream.micros(prepared.launch(), CudaStream.TRIAL_COPIES));
    }

    /** @param timer by which tuning chooses */
    static CudnnProgram compile(ProgramSpec spec, Timer timer) {
        Cuda.use(spec.device());
        Resources resources = new Resources();
        try {
            return new CudnnProgram(spec, resources, timer);
        } catch (Throwable failure) {
            Resources.closeAfter(failure, resources);
            throw failure;
        }
    }

    @Override
    public TensorBuffer src() {
        return schedule.src();
    }

    @Override
    public List<TensorBuffer> dsts() {
        return schedule.dsts();
    }

    @Override
    public ExecutionPlan plan() {
        return plan;
    }

    @Override
    public void bind(int slot, long address) {
        Cuda.use(ordinal);
        TensorBuffer buffer = slots.get(slot);
        // What a run changes of what it reads goes through memory of the program's own: the first run computes it twice.
        boolean changed = slots.size() == 1 || slot > 0 && read[slot];
        boolean reached = !changed && PinnedMemory.holds(address, buffer.bytes());
        host[slot] = reached ? null : new At(address);
        if (!reached && pinned[slot] == null) {
            pinned[slot] = Cuda.allocatePinned(resources, buffer.bytes(), buffer.name());
        }
        long near = reached ? address : pinned[slot].address();
        if (slot == 0) {
            placeSrc(near, srcMemory.address());
        } else {
            place(slot, near);
        }
    }

    @Override
    public void bindDevice(int slot, long address) {
        host[slot] = null;
        if (slot == 0) {
            placeSrc(0, address);
        } else {
            place(slot, address);
        }
    }

    private void placeSrc(long from, long address) {
        if (hostSrc != from) {
            hostSrc = from;
            dropGraph();
        }
        place(0, address);
    }

    private void place(int slot, long address) {
        if (device[slot] != address) {
            device[slot] = address;
            dropGraph();
        }
    }

    @Override
    public ByteBuffer allocate(long bytes) {
        Cuda.use(ordinal);
        return PinnedMemory.allocate(bytes);
    }

    @Override
    public void run() {
        Cuda.use(ordinal);
        copyIn();
        if (graph == null) {
            capture();
        }
        stream.replay(replay, "the network");
        for (int slot = slots.size() == 1 ? 0 : 1; slot < host.length; slot++) {
            if (host[slot] != null) {
                Pointer.memcpy(host[slot], pinned[slot], slots.get(slot).bytes());
            }
        }
    }

    /** Once without a graph first: cuDNN loads kernels when it first launches them, which it may not do in a capture. */
    private void capture() {
        if (slots.size() > 1) {
            // In place, or with a residual, a second run would compute on the first one's result.
            for (Prepared step : network.all()) {
                step.launch().on(stream);
                // One by one: an error of the device's comes with the wait, and a whole network's names no step.
                stream.await("run " + step.label());
            }
            copyIn();
        }
        Resources made = new Resources();
        try {
            int steps = network.all().size();
            Sequence launched = profiled ? network.inTurn() : network;
            StepEvents marks = profiled ? new StepEvents(made, steps) : null;
            replay = stream.record(made, () -> {
                copySrc(cudaMemcpyHostToDevice);
                for (int i = 0; i < steps; i++) {
                    mark(marks, i);
                    launched.launch(i, stream);
                }
                mark(marks, steps);
                if (slots.size() == 1) {
                    copySrc(cudaMemcpyDeviceToHost);
                }
            });
            events = marks;
        } catch (Throwable failure) {
            Resources.closeAfter(failure, made);
            throw failure;
        }
        graph = made;
        if (plan.steps().get(0).kernels() == 0) {
            plan = plan.withKernels(network.all().stream().map(step -> stream.kernels(() -> step.launch().on(stream))).toList());
        }
    }

    private void mark(StepEvents marks, int event) {
        if (marks != null) {
            marks.record(event, stream.handle());
        }
    }

    @Override
    public void profile(boolean on) {
        Cuda.use(ordinal);
        dropGraph();
        profiled = on;
    }

    @Override
    public List<ExecutionPlan.Time> stepTimes() {
        Cuda.use(ordinal);
        return graph == null || events == null
                ? Collections.nCopies(network.all().size(), new ExecutionPlan.Time(0, List.of()))
                : events.times(network.all());
    }

    /** Microseconds that each step takes, in a graph of {@code copies} of it. All slots must be bound. Changes the activations. */
    double[] stepMicros(int copies) {
        Cuda.use(ordinal);
        return network.all().stream().mapToDouble(step -> stream.micros(step.launch(), copies)).toArray();
    }

    private void copySrc(int direction) {
        if (hostSrc == 0) {
            return;
        }
        boolean in = direction == cudaMemcpyHostToDevice;
        Pointer from = new At(hostSrc);
        Cuda.check(cudaMemcpyAsync(in ? srcMemory : from, in ? from : srcMemory, schedule.src().bytes(), direction, stream.handle()),
                "copy the source");
    }

    /** What the device reads of memory that it cannot reach: a destination too, where a residual adds to what it holds. */
    private void copyIn() {
        for (int slot = 0; slot < host.length; slot++) {
            if (host[slot] != null && read[slot]) {
                Pointer.memcpy(pinned[slot], host[slot], slots.get(slot).bytes());
            }
        }
    }

    private long address(View view) {
        TensorBuffer buffer = view.buffer();
        long base = buffer.external() ? device[slots.indexOf(buffer)] : arena.address() + arenaPlan.offsets().get(buffer.id());
        return base + view.offset();
    }

    private void dropGraph() {
        if (graph != null) {
            graph.close();
            graph = null;
        }
    }

    @Override
    public void close() {
        Cuda.useForRelease(ordinal);
        resources.close();
    }
}
