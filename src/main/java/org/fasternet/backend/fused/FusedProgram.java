package org.fasternet.backend.fused;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.LongBuffer;
import java.util.ArrayList;
import java.util.List;
import org.fasternet.backend.spi.Program;
import org.fasternet.compute.ExecutionPlan;
import org.fasternet.internal.Buffers;
import org.fasternet.internal.abi.Binding;
import org.fasternet.internal.abi.Bindings;
import org.fasternet.schedule.ProgramSpec;
import org.fasternet.schedule.Schedule;
import org.fasternet.schedule.Scheduler;
import org.fasternet.schedule.TensorBuffer;
import org.fasternet.tensor.Shape;

/** A network or kernel for one size of input, run by the engine. */
final class FusedProgram implements Program {
    private final Binding binding = Bindings.current();
    private final TensorBuffer src;
    private final List<TensorBuffer> dsts;
    private final PackedModel model;
    private final long handle;
    private final ExecutionPlan plan;

    private final long srcRowBytes;
    private long srcAddress;
    /** Where the engine reads the destinations' addresses; in place there is one, the source's. */
    private final LongBuffer dstAddresses;
    private final long dstsAddress;
    /** Where the engine writes the times of steps; null unless they are taken. */
    private ByteBuffer times;

    private FusedProgram(ProgramSpec spec, Schedule schedule, PackedModel model) {
        this.src = schedule.src();
        this.dsts = schedule.dsts();
        this.model = model;
        srcRowBytes = (long) src.layout().strideH() * src.type().bytes();
        ByteBuffer addresses = ByteBuffer.allocateDirect(Long.BYTES * Math.max(1, dsts.size())).order(ByteOrder.nativeOrder());
        dstAddresses = addresses.asLongBuffer();
        dstsAddress = binding.address(addresses);
        handle = binding.createProgram(model.handle(), Ports.src(spec), spec.src(), spec.threads(), spec.spinMicros());
        try {
            plan = plan(spec);
        } catch (Throwable failure) {
            binding.destroyProgram(handle);
            throw failure;
        }
    }

    static FusedProgram compile(ProgramSpec spec) {
        // The engine has steps of its own: of the schedule only the checks and the caller's buffers are wanted.
        Schedule schedule = Scheduler.schedule(spec);
        PackedModel model = PackedModel.acquire(spec);
        try {
            return new FusedProgram(spec, schedule, model);
        } catch (Throwable failure) {
            model.release();
            throw failure;
        }
    }

    private ExecutionPlan plan(ProgramSpec spec) {
        String isa = binding.isaName(model.isa());
        List<ExecutionPlan.Step> steps = new ArrayList<>();
        Shape read = spec.src();
        for (Binding.Step step : binding.steps(handle)) {
            String label = model.layerName(step.layer()) + " " + step.name();
            steps.add(new ExecutionPlan.Step(label, "fused:" + isa, read, step.dst(), step.multiplyAdds(), 0));
            read = step.dst();
        }
        return new ExecutionPlan("fused", isa, binding.name(), spec.precision(), spec.threads(), binding.arenaBytes(handle),
                model.bytes(), steps);
    }

    @Override
    public TensorBuffer src() {
        return src;
    }

    @Override
    public List<TensorBuffer> dsts() {
        return dsts;
    }

    @Override
    public ExecutionPlan plan() {
        return plan;
    }

    @Override
    public void bind(int slot, long address) {
        if (slot == 0) {
            srcAddress = address;
        }
        if (slot > 0 || dsts.isEmpty()) {
            dstAddresses.put(Math.max(0, slot - 1), address);
        }
    }

    @Override
    public void run() {
        binding.run(handle, srcAddress, srcRowBytes, dstsAddress);
    }

    @Override
    public void profile(boolean on) {
        times = on ? Buffers.bytes((long) plan.steps().size() * (1 + plan.threads()) * Long.BYTES) : null;
        binding.profile(handle, on);
    }

    @Override
    public List<ExecutionPlan.Time> stepTimes() {
        binding.stepTimes(handle, binding.address(times));
        LongBuffer rows = times.asLongBuffer();
        List<ExecutionPlan.Time> steps = new ArrayList<>();
        while (rows.hasRemaining()) {
            long nanos = rows.get();
            Long[] busy = new Long[plan.threads()];
            for (int thread = 0; thread < busy.length; thread++) {
                busy[thread] = rows.get();
            }
            steps.add(new ExecutionPlan.Time(nanos, List.of(busy)));
        }
        return steps;
    }

    @Override
    public void close() {
        binding.destroyProgram(handle);
        model.release();
    }
}
